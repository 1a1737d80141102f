"use strict";
// Asks the server how different two pictures look.

const places = ["reference", "image"];
const files = {};  // of both places
let latest = 0;    // the request whose answer is wanted

/// Whether there is one.
async function loadModels() {
  at("problem").hidden = true;
  const loaded = await request("v1/models", {}, () => true);
  at("about").textContent = "";
  if (!loaded) return false;
  const models = loaded.models.filter(({ lpips }) => lpips);
  if (models.length === 0) {
    showProblem("LPIPS needs torchvision's AlexNet for RGB images, and this server has no such model.");
    return false;
  }
  at("about").textContent = "LPIPS compares what AlexNet makes of them, which agrees with people.";
  at("model").replaceChildren(...models.map(({ name }) => new Option(name, name)));
  at("model-choice").hidden = models.length < 2;
  return true;
}

function layerRow(distance, index, layers) {
  const row = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  name.textContent = `convolution ${index + 1}`;
  const number = document.createElement("td");
  number.className = "number";
  number.textContent = distance.toFixed(4);
  const bar = document.createElement("td");
  bar.className = "bar";
  const meter = document.createElement("meter");
  meter.max = Math.max(...layers) || 1;
  meter.value = distance;
  meter.setAttribute("aria-hidden", "true");  // the number beside it says the same
  bar.append(meter);
  row.append(name, number, bar);
  return row;
}

function showAnswer(answer, roundTrip) {
  at("answer").textContent = `LPIPS ${answer.distance.toFixed(4)}`;
  at("version").textContent = answer.version;
  at("answered-by").textContent = answer.model;
  at("heat").src = `data:image/png;base64,${answer.map.overlay}`;
  at("scale-colours").src = `data:image/png;base64,${answer.map.scale}`;
  at("maximum").textContent = answer.map.maximum.toPrecision(3);
  at("layers").replaceChildren(...answer.layers.map(layerRow));
  const { decode, queue, compute } = answer.milliseconds;
  at("time").textContent =
    `${roundTrip.toFixed(0)} ms in all; on the server ${decode.toFixed(1)} ms to read the pictures, ` +
    `${queue.toFixed(1)} ms in line, ${compute.toFixed(1)} ms to compute.`;
  at("status").textContent = at("answer").textContent;  // to be read aloud
  at("status").classList.add("unseen");
  at("result").hidden = false;
}

async function ask() {
  if (!places.every((place) => files[place]) || !at("model").value) return;
  const number = ++latest;
  at("problem").hidden = true;
  at("result").classList.add("waiting");
  at("status").classList.remove("unseen");
  at("status").textContent = "Comparing …";
  const body = new FormData();
  for (const place of places) body.append(place, files[place]);
  const query = new URLSearchParams({ map: true, model: at("model").value });
  const begin = performance.now();
  const answer = await request(`v1/lpips?${query}`, { method: "POST", body }, () => number === latest);
  if (!answer) return;
  at("result").classList.remove("waiting");
  showAnswer(answer, performance.now() - begin);
}

function take(place, file) {
  if (!file) return;
  files[place] = file;
  at(`${place}-name`).textContent = file.name;
  const show = at(place);
  if (show.src) URL.revokeObjectURL(show.src);
  show.src = URL.createObjectURL(file);
  show.alt = `The ${place}: ${file.name}`;
  ask();
}

function listenTo(place) {
  at(`${place}-choose`).addEventListener("click", () => at(`${place}-file`).click());
  at(`${place}-file`).addEventListener("change", (event) => {
    take(place, event.target.files[0]);
    event.target.value = "";  // so that the same file can be chosen again
  });
  const drop = at(`${place}-drop`);
  drop.addEventListener("dragover", () => drop.classList.add("over"));
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    drop.classList.remove("over");
    take(place, event.dataTransfer.files[0]);
  });
}

function showShare() {
  at("image").style.clipPath = `inset(0 0 0 ${at("share").value}%)`;
}

for (const place of places) listenTo(place);
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => event.preventDefault());  // the browser would show the file
}
at("settings").addEventListener("submit", (event) => event.preventDefault());
at("model").addEventListener("change", ask);
at("share").addEventListener("input", showShare);
at("token-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("token-form").hidden = true;
  if (await loadModels()) ask();
});
showShare();
loadModels();
