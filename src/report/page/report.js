'use strict';
// The page of a training run.

const {run, network, evaluation} = data;
const classes = network ? network.classes : [];
const lastEpoch = run.epochs[run.epochs.length - 1];
const lastStep = run.steps[run.steps.length - 1];

/** Loads the page again and again, but not under the hands of whoever reads it; a button that stops that. */
function follow() {
  const isUsed = () => document.querySelector('details[open], :focus-visible');
  const begin = () => setInterval(() => isUsed() || location.reload(), 1000 * data.reload_seconds);
  let timer = begin();
  const button = make('button', {type: 'button'}, 'Pause');
  button.addEventListener('click', () => {
    if (!timer) location.reload();
    clearInterval(timer);
    timer = null;
    button.textContent = 'Go on';
  });
  return button;
}

// ---- what it is

const runName = baseName(run.data);
const best = run.epochs.filter((epoch) => epoch.best).pop();

function state() {
  const steps = Math.max(lastEpoch?.step ?? 0, lastStep?.step ?? 0);
  if (run.finished) return `finished after ${count(steps)} steps`;
  const so = `not finished: at step ${count(steps)}, epoch ${lastStep?.epoch ?? lastEpoch?.epoch ?? 1}`;
  return run.last_figures ? `${so}; last figures at ${clock(run.last_figures)}` : so;
}

/** Local time, with the date where it is not today's. */
function clock(seconds) {
  const time = new Date(1000 * seconds);
  const today = time.toDateString() === new Date().toDateString();
  return today ? time.toLocaleTimeString('en-GB') : time.toLocaleString('en-GB');
}

const date = (time) => new Date(time).toLocaleString('en-GB', {dateStyle: 'medium', timeStyle: 'short'});

function duration(seconds) {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${whole % 60} s` : `${seconds.toFixed(1)} s`;
}

/** Of all epochs, and of the one that is under way. */
function trainingSeconds() {
  let seconds = run.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  let step = lastEpoch?.step ?? 0;
  for (const line of run.steps.filter((one) => one.step > step)) {
    seconds += (line.step - step) * run.config.batch_size / line.images_per_second;
    step = line.step;
  }
  return seconds;
}

/** When, how long, where and by what. */
function circumstances() {
  const {time, processor, processors, alexnet} = run.config.made_with ?? {};
  const seconds = trainingSeconds();
  const machine = processorName(processor);
  const threads = run.config.threads || processors;
  return [
    time ? `begun ${date(time)}` : null,
    seconds ? `trained for ${duration(seconds)}` : null,
    lastStep ? `${count(Math.round(lastStep.images_per_second))} images/s` : null,
    machine ? `${machine}, ${threads} thread${threads === 1 ? '' : 's'}` : null,
    alexnet ? `alexnet ${alexnet}` : null,
  ].filter(Boolean).join(' \u00b7 ');
}

/** Of what is newest: the last epoch, or steps after it. */
function trainingTiles() {
  const newest = lastEpoch && lastEpoch.step >= (lastStep?.step ?? 0) ? lastEpoch : lastStep;
  if (!newest) return [];
  const when = newest === lastEpoch ? `epoch\u00a0${newest.epoch}` : `step\u00a0${count(newest.step)}`;
  return [[`training loss, ${when}`, fixed(newest.loss, 4)], [`training accuracy, ${when}`, percent(newest.accuracy)]];
}

function validationTiles() {
  const tile = (epoch, title) => (epoch?.validation_top1 == null ? [] : [[`${title}, epoch\u00a0${epoch.epoch}`, percent(epoch.validation_top1, 2)]]);
  const last = best === lastEpoch ? [] : tile(lastEpoch, 'validation top\u20111');
  return [...tile(best, 'best validation top\u20111'), ...last];
}

function evaluationTiles() {
  if (!evaluation) return [];
  return [['top-1', percent(evaluation.top1, 2)], ['top-5', percent(evaluation.top5, 2)], ['loss', fixed(evaluation.loss, 4)]];
}

function head() {
  add(make('h1', {}, run.name),
    make('p', {class: 'soft wide'}, `${run.model} on ${runName}; ${state()}`, make('br'), circumstances()),
    data.reload_seconds ? make('p', {class: 'soft'}, 'This page follows the run. ', follow()) : null);
  for (const note of data.notes) add(make('p', {class: 'note', role: 'note'}, note));
  if (evaluation) {
    add(tiles(evaluationTiles()),
      make('p', {class: 'soft'}, `Accuracies, mistakes and pictures are of ${imagesName()}, by the weights of ${weightsName()}.`));
  }
  add(tiles([
    ...validationTiles(), ...trainingTiles(),
    ...(run.epochs.length ? [['epochs', run.epochs.length]] : []),
    ...(network ? [['parameters', count(network.parameters)]] : []),
  ]));
}

/** "2,000 of the 3,000 validation images of fashion-mnist" */
function imagesName() {
  const {of: whole, split, data: name} = evaluation.set;
  const part = evaluation.images < whole ? `${count(evaluation.images)} of the ` : 'the ';
  return `${part}${count(whole)} ${split} images of ${baseName(name)}`;
}

function weightsName() {
  const {epoch, step} = network.provenance;
  return epoch ? `epoch ${epoch}, the best on the validation set` : `step ${count(step ?? 0)}`;
}

// ---- pictures

function topBars(image) {
  return bars(image.top.map(({class: index, probability}) => ({name: classes[index], share: probability, right: index === image.label})));
}

function mistakeCard(image) {
  return make('figure', {class: 'card', style: 'margin:0'},
    make('div', {class: 'side'},
      make('img', {class: 'main pixels', src: image.picture, alt: classes[image.label], title: image.name}),
      make('figcaption', {}, make('strong', {}, classes[image.label]), ` taken for ${classes[image.top[0].class]}`, make('br'),
        `its class got ${percent(image.label_probability, image.label_probability < 0.001 ? 3 : 1)}`, make('br'), baseName(image.name))),
    topBars(image));
}

function mistakes() {
  if (!data.worst.length) {
    section('Mistakes', make('p', {}, 'None among these images.'));
    return;
  }
  section('Mistakes',
    make('h3', {}, 'Most confident'), make('p', {class: 'soft'}, 'The wrong class got the highest probability.'),
    make('div', {class: 'cards'}, data.confident.map(mistakeCard)),
    make('details', {}, make('summary', {}, 'Worst: the right class got the lowest probability'),
      make('div', {class: 'cards'}, data.worst.map(mistakeCard))));
}

function neighbour(image, label) {
  const same = image.label === label;
  return make('figure', {class: same ? 'same' : 'other'},
    make('img', {class: 'pixels', src: image.picture, alt: classes[image.label], title: `${classes[image.label]}, distance ${image.distance.toFixed(2)}, ${image.name}`}),
    make('figcaption', {}, classes[image.label]));
}

function exampleCard(image) {
  return make('div', {class: 'card'},
    make('div', {class: 'side'},
      make('div', {}, make('img', {class: 'main pixels', src: image.picture, alt: classes[image.label], title: image.name}),
        make('div', {class: 'title'}, make('strong', {}, classes[image.label]))),
      topBars(image)),
    image.neighbours.length ? make('div', {class: 'row'}, image.neighbours.map((other) => neighbour(other, image.label))) : null);
}

function examples() {
  const nearest = data.examples.some((image) => image.neighbours.length);
  section('Examples and their neighbours',
    make('p', {class: 'soft'}, 'Images of the set with the five most probable classes (green: the right one)' +
      (nearest ? `, and the nearest of ${count(data.neighbours_among)} training images in the last hidden layer, framed green where they are of the same class. The 2012 paper's figure 4.` : '.')),
    make('div', {class: 'cards wide'}, data.examples.map(exampleCard)));
}

function kernels() {
  const sheet = network.kernels;
  if (!sheet) return;
  const image = make('img', {class: 'pixels sheet', src: sheet.picture, alt: `${sheet.count} kernels of ${sheet.side} by ${sheet.side} pixels`});
  image.style.width = `${sheet.columns * (sheet.side + 1) * 4}px`;
  section('First kernels',
    make('p', {class: 'soft'}, `The ${sheet.count} kernels of ${sheet.layer}, ${sheet.side}\u202f\u00d7\u202f${sheet.side} ${sheet.inputs === 3 ? 'in colour' : 'in grey'}; middle grey is zero. The 2012 paper's figure 3.`), image);
}

// ---- layers, and how it was made

/** Of times that differ a thousandfold. */
const microseconds = (time) => (time < 10 ? time.toPrecision(2) : count(Math.round(time)));

function layers() {
  const timed = network.layers.some((layer) => layer.microseconds !== undefined);
  const columns = [['layer', ''], ['kind', ''], ['settings', 'wrap'], ['output', ''], ['parameters', 'number'], ['multiply-adds', 'number']];
  if (timed) columns.push(['\u00b5s an image', 'number'], ['computed by', 'wrap']);
  const row = (layer) => {
    const cells = [layer.name, layer.kind, layer.settings, layer.output.join('\u202f\u00d7\u202f'), layer.parameters ? count(layer.parameters) : '', layer.multiply_adds ? count(layer.multiply_adds) : ''];
    return timed ? [...cells, layer.microseconds ? microseconds(layer.microseconds) : '', layer.implementation] : cells;
  };
  const sum = (key) => network.layers.reduce((total, layer) => total + (layer[key] ?? 0), 0);
  const foot = ['total', '', '', '', count(sum('parameters')), count(sum('multiply_adds'))];
  if (timed) foot.push(microseconds(sum('microseconds')), '');
  const where = processorName(data.made.processor);
  section('Layers',
    make('p', {class: 'soft'}, `Input ${network.input.join('\u202f\u00d7\u202f')}.` + (timed ? ` Times were measured while these images were evaluated in batches for this page${where ? `, on ${where}` : ''}.` : '')),
    table(columns, network.layers.map(row), foot));
}

function made() {
  section('How it was made',
    run.command ? make('pre', {class: 'wrap'}, run.command) : make('p', {class: 'soft'}, 'The command was not recorded.'),
    make('p', {class: 'soft'}, 'Of absolute paths only the last part is shown here; the run\u2019s config.json has all of them.'),
    make('details', {}, make('summary', {}, 'config.json'), make('pre', {}, JSON.stringify(run.config, null, 2))),
    make('p', {class: 'soft'}, `This page was made ${date(data.made.time)} by alexnet ${data.made.alexnet}.`));
}

head();
curves();
if (evaluation) {
  const rows = classRows();
  classAccuracy(rows);
  confusion(rows);
  mistakes();
  examples();
}
if (network) {
  kernels();
  layers();
}
made();
