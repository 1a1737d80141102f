"use strict";
// Asks the server: for its models, and what they say of a picture.

let models = [];
let picture = null;     // { file, name } that the page is about
let allClasses = false; // wanted of that picture
let latest = 0;         // the request whose answer is wanted

/// Whether it could.
async function loadModels() {
  at("problem").hidden = true;
  const loaded = await request("v1/models", {}, () => true);
  if (!loaded) {
    at("about").textContent = "";
    return false;
  }
  models = loaded.models;
  at("model").replaceChildren(...models.map((model) => new Option(model.name, model.name)));
  at("model-choice").hidden = models.length < 2;
  at("compare").hidden = !models.some(({ lpips }) => lpips);
  describeModel();
  return true;
}

function currentModel() {
  return models.find((model) => model.name === at("model").value);
}

function describeModel() {
  const { name, network, input, classes } = currentModel();
  const count = classes.length;
  const some = classes.slice(0, 5).join(", ");
  at("about").textContent =
    `${name} (${network}, ${input.slice(1).join(" × ")}) tells ${count} classes apart: ${some}${count > 5 ? ", …" : ""}`;
  showDrawings(currentModel());
}

/// About the picture, as the settings are. What was said of it before stays until the answer comes.
async function ask() {
  if (!picture) return;
  const { file, name } = picture;
  const number = ++latest;
  const classes = currentModel()?.classes.length ?? 0;
  at("problem").hidden = true;
  at("result").classList.add("waiting");
  at("status").classList.remove("unseen");
  at("status").textContent = `Looking at ${name} …`;
  const query = new URLSearchParams({ top: allClasses ? classes : fewClasses, explain: at("explain").checked });
  if (at("model").value) query.set("model", at("model").value);
  const begin = performance.now();
  const answer = await request(`v1/predict?${query}`,
    { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file },
    () => number === latest, name);
  if (!answer) return;
  at("result").classList.remove("waiting");
  showAnswer(name, answer, { classes, explain: at("explain").checked, roundTrip: performance.now() - begin });
}

async function lookAt(file, name) {
  const show = at("picture");
  if (show.src) URL.revokeObjectURL(show.src);
  show.src = URL.createObjectURL(file);
  show.alt = `The picture that was sent: ${name}`;
  at("result").hidden = true;
  picture = { file, name };
  allClasses = false;
  await ask();
  at("result").scrollIntoView({ block: "nearest" });
}

function lookAtFirst(files) {
  const file = [...files].find((one) => one.type.startsWith("image/")) ?? files[0];
  if (file) lookAt(file, file.name || "the pasted picture");
}

function takeFiles(input) {
  input.addEventListener("change", () => {
    lookAtFirst(input.files);
    input.value = "";  // so that the same file can be chosen again
  });
}

function listenToSettings() {
  at("settings").addEventListener("submit", (event) => event.preventDefault());
  at("model").addEventListener("change", () => {
    describeModel();
    ask();
  });
  at("explain").addEventListener("change", () => {
    if (at("explain").checked) ask();
    else at("heat-figure").hidden = true;
  });
  at("all").addEventListener("click", () => {
    allClasses = !allClasses;
    ask();
  });
  at("token-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    at("token-form").hidden = true;
    if (await loadModels()) ask();
  });
}

function listenToPictures() {
  at("choose").addEventListener("click", () => at("file").click());
  at("photograph").addEventListener("click", () => at("camera").click());
  at("photograph").hidden = !("capture" in HTMLInputElement.prototype);  // there where a camera opens
  takeFiles(at("file"));
  takeFiles(at("camera"));
  document.addEventListener("paste", (event) => lookAtFirst(event.clipboardData.files));
  const drop = at("drop");
  for (const kind of ["dragover", "dragenter"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    lookAtFirst(event.dataTransfer.files);
  });
}

function showDrawings(model) {
  const fitting = drawingsFor(model.classes);
  at("examples").hidden = fitting.length === 0;
  at("drawings").replaceChildren(...fitting.map(([name, draw]) => {
    const button = document.createElement("button");
    button.type = "button";
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 112;
    draw(canvas.getContext("2d"), canvas.width);
    canvas.setAttribute("aria-hidden", "true");
    button.append(canvas, name);
    button.addEventListener("click", () => canvas.toBlob((file) => lookAt(file, `drawing of ${name}`)));
    return button;
  }));
}

listenToSettings();
listenToPictures();
loadModels();
