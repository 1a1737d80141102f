"use strict";
// Shows what a model says of a picture.

const fewClasses = 5;

function percent(share) {
  if (share > 0 && share < 0.000005) return "< 0.001 %";
  return (100 * share).toFixed(share > 0 && share < 0.0005 ? 3 : 1) + " %";
}

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

function showHeat(explanation, model) {
  at("heat-figure").hidden = !explanation;
  if (!explanation) return;
  const { label, maximum, overlay, scale } = explanation;
  at("heat").hidden = at("scale").hidden = maximum === 0;
  at("heat").src = `data:image/png;base64,${overlay}`;
  at("scale-colours").src = `data:image/png;base64,${scale}`;
  at("heat").alt = `The part that the network sees, with a heat map of what speaks for ${label}`;
  at("heat-caption").textContent = maximum === 0
    ? `The map of where ${model} looks (Grad\u2011CAM) is empty: no place speaks for ${label}.`
    : `Where ${model} looks for ${label} (Grad\u2011CAM)`;
}

/// Of a model with so many classes.
function showClasses(top, count) {
  at("classes").replaceChildren(...top.map(classRow));
  const all = top.length === count;
  at("all").hidden = count <= fewClasses;
  at("all").textContent = all ? "The most probable classes only" : `All ${count.toLocaleString("en")} classes`;
  at("all").setAttribute("aria-expanded", all);
}

function showTimes({ decode, queue, compute }, roundTrip) {
  at("time").textContent =
    `${roundTrip.toFixed(0)} ms in all; on the server ${decode.toFixed(1)} ms to read the picture, ` +
    `${queue.toFixed(1)} ms in line, ${compute.toFixed(1)} ms to compute.`;
}

/// `answer`: of /v1/predict, by a model with so many classes; `explain`: a heat map is wanted still.
function showAnswer(name, answer, { classes, explain, roundTrip }) {
  const { top, explanation, transparent } = answer.predictions[0];
  at("answer").textContent = `${top[0].label}, ${percent(top[0].probability)}`;
  at("answered-by").textContent = answer.model;
  at("picture-name").textContent =
    transparent ? `${name}. In its transparent parts the network sees the colours that are stored there.` : name;
  showHeat(explain ? explanation : null, answer.model);
  showClasses(top, classes);
  showTimes(answer.milliseconds, roundTrip);
  at("status").textContent = `${name}: ${at("answer").textContent}`;  // to be read aloud
  at("status").classList.add("unseen");
  at("result").hidden = false;
}
