"use strict";
const at = (id) => document.getElementById(id);
let models = [];
let latest = 0;  // the request whose answer is wanted

const headers = () => (at("token").value ? { Authorization: `Bearer ${at("token").value}` } : {});

async function explainFailure(response, name) {
  if (response.status === 401) {
    at("token-field").hidden = false;
    at("token").focus();
    return "This server asks for a token. Type it above, then try again.";
  }
  try {
    return (await response.json()).detail.replace(/^image 1 /, `${name} `);
  } catch {
    return `The server answered ${response.status}.`;
  }
}

function showProblem(text) {
  at("status").textContent = "";
  at("problem").textContent = text;
  at("problem").hidden = false;
}

function currentModel() {
  return models.find((model) => model.name === at("model").value);
}

const unreachable = "The server cannot be reached. Is it still running?";

async function fetchModels() {
  try {
    const response = await fetch("v1/models", { headers: headers() });
    if (!response.ok) throw new Error(await explainFailure(response));
    return (await response.json()).models;
  } catch (error) {
    at("about").textContent = "";
    showProblem(error instanceof TypeError ? unreachable : error.message);  // TypeError: fetch's
    return null;
  }
}

async function loadModels() {
  const loaded = await fetchModels();
  if (!loaded) return;
  at("problem").hidden = true;
  models = loaded;
  at("model").replaceChildren(...models.map((model) => new Option(model.name, model.name)));
  at("model-choice").hidden = models.length < 2;
  describeModel();
}

function describeModel() {
  const { name, network, input, classes } = currentModel();
  const count = classes.length;
  const some = classes.slice(0, 5).join(", ");
  at("about").textContent =
    `${name} (${network}, ${input.slice(1).join(" × ")}) tells ${count} classes apart: ${some}${count > 5 ? ", …" : ""}`;
  showDrawings(currentModel());
}

const percent = (share) => (100 * share).toFixed(share > 0 && share < 0.0005 ? 3 : 1) + " %";

function classRow({ label, probability }) {
  const row = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  name.textContent = label;
  const number = document.createElement("td");
  number.className = "number";
  number.textContent = percent(probability);
  const bar = document.createElement("td");
  bar.className = "bar";
  const meter = document.createElement("meter");
  meter.value = probability;
  meter.setAttribute("aria-hidden", "true");  // the number beside it says the same
  bar.append(meter);
  row.append(name, number, bar);
  return row;
}

function showAnswer(name, answer, roundTrip) {
  const { top, explanation } = answer.predictions[0];
  at("answer").textContent = `${top[0].label}, ${percent(top[0].probability)}`;
  at("picture-name").textContent = name;
  at("classes").replaceChildren(...top.map(classRow));
  at("heat-figure").hidden = !explanation;
  if (explanation) {
    at("heat").src = `data:image/png;base64,${explanation.overlay}`;
    at("heat").alt = `The part that the network sees, with a heat map of what speaks for ${explanation.label}`;
    at("heat-label").textContent = explanation.label;
  }
  const { decode, queue, compute } = answer.milliseconds;
  at("time").textContent =
    `${roundTrip.toFixed(0)} ms in all; on the server ${decode.toFixed(1)} ms to read the picture, ` +
    `${queue.toFixed(1)} ms in line, ${compute.toFixed(1)} ms to compute.`;
  at("status").textContent = `${name}: ${at("answer").textContent}`;  // to be read aloud
  at("status").classList.add("unseen");
  at("result").hidden = false;
  at("result").scrollIntoView({ block: "nearest" });
}

async function predict(file, name) {
  const number = ++latest;
  at("problem").hidden = true;
  at("result").hidden = true;
  at("status").classList.remove("unseen");
  at("status").textContent = `Looking at ${name} …`;
  const show = at("picture");
  if (show.src) URL.revokeObjectURL(show.src);
  show.src = URL.createObjectURL(file);
  show.alt = `The picture that was sent: ${name}`;
  const query = new URLSearchParams({ top: 5, explain: at("explain").checked });
  if (at("model").value) query.set("model", at("model").value);
  const begin = performance.now();
  try {
    const response = await fetch(`v1/predict?${query}`, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream", ...headers() },
      body: file,
    });
    if (number !== latest) return;
    const failure = response.ok ? null : await explainFailure(response, name);
    const answer = response.ok ? await response.json() : null;
    if (number !== latest) return;  // another was sent while this one's answer came
    failure ? showProblem(failure) : showAnswer(name, answer, performance.now() - begin);
  } catch {
    if (number === latest) showProblem(unreachable);
  }
}

function predictFirst(files) {
  const file = [...files].find((one) => one.type.startsWith("image/")) ?? files[0];
  if (file) predict(file, file.name || "the pasted picture");
}

function takeFiles(input) {
  input.addEventListener("change", () => {
    predictFirst(input.files);
    input.value = "";  // so that the same file can be chosen again
  });
}

function listen() {
  at("choose").addEventListener("click", () => at("file").click());
  at("photograph").addEventListener("click", () => at("camera").click());
  takeFiles(at("file"));
  takeFiles(at("camera"));
  at("model").addEventListener("change", describeModel);
  at("token").addEventListener("change", loadModels);
  at("settings").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("paste", (event) => predictFirst(event.clipboardData.files));
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
    predictFirst(event.dataTransfer.files);
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
    button.addEventListener("click", () => canvas.toBlob((file) => predict(file, `drawing of ${name}`)));
    return button;
  }));
}

listen();
loadModels();
