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

function head() {
  add(make('h1', {}, run.name),
    make('p', {class: 'soft'}, `${run.model} on ${run.data}; ${state()}`),
    data.reload_seconds ? make('p', {class: 'soft'}, 'This page follows the run. ', follow()) : null);
  for (const note of data.notes) add(make('p', {class: 'note', role: 'note'}, note));
  const best = run.epochs.filter((epoch) => epoch.best).pop();
  add(tiles([
    evaluation ? ['top-1', percent(evaluation.top1, 2)] : ['best validation top-1', best ? percent(best.validation_top1, 2) : null],
    evaluation ? ['top-5', percent(evaluation.top5, 2)] : ['latest loss', lastStep ? fixed(lastStep.loss, 4) : null],
    evaluation ? ['loss', fixed(evaluation.loss, 4)] : ['latest accuracy', lastStep ? percent(lastStep.accuracy) : null],
    ['best epoch', best ? `${best.epoch} of ${run.epochs.length}` : null],
    ['training', lastStep ? `${count(Math.round(lastStep.images_per_second))} images/s` : null],
    ['parameters', network ? count(network.parameters) : null],
  ]));
  if (evaluation) {
    add(make('p', {class: 'soft'}, `Accuracies, mistakes and pictures are of ${imagesName()}, by the weights of ${weightsName()}.`));
  }
}

/** "2,000 of the 3,000 validation images of fashion-mnist" */
function imagesName() {
  const {of: whole, split, data: name} = evaluation.set;
  const part = evaluation.images < whole ? `${count(evaluation.images)} of the ` : 'the ';
  return `${part}${count(whole)} ${split} images of ${name}`;
}

function weightsName() {
  const {epoch, step} = network.provenance;
  return epoch ? `epoch ${epoch}, the best on the validation set` : `step ${count(step ?? 0)}`;
}

// ---- curves

function line(label, values, axis, variable, more = {}) {
  return {
    label, yAxisID: axis, borderColor: color(variable), backgroundColor: color(variable),
    data: values.filter(({y}) => y !== null && y !== undefined), borderWidth: 2, pointRadius: values.length === 1 ? 3 : 0,
    pointHitRadius: 12, ...more,
  };
}

const over = (lines, key) => lines.map((entry) => ({x: entry.step, y: entry[key]}));
const dots = {pointRadius: 4, pointStyle: 'circle', clip: false};

function axis(title, more = {}) {
  return {
    title: {display: true, text: title, color: color('--soft')},
    ticks: {color: color('--soft')}, grid: {color: color('--line')}, ...more,
  };
}

function chart(label, datasets, y, share) {
  const canvas = make('canvas', {role: 'img', 'aria-label': label});
  const show = share ? percent : (value) => value.toPrecision(4);
  const drawn = new Chart(canvas, {
    type: 'line',
    data: {datasets},
    options: {
      animation: false, responsive: true, maintainAspectRatio: false, parsing: false, normalized: true,
      interaction: {mode: 'nearest', axis: 'x', intersect: false},
      scales: {
        x: axis('step', {type: 'linear', ticks: {color: color('--soft'), maxTicksLimit: 6}}),
        y: axis(y, share ? {max: 1, ticks: {color: color('--soft'), callback: (v) => percent(v, 0)}} : {beginAtZero: true}),
        rate: axis('learning rate', {position: 'right', min: 0, grid: {drawOnChartArea: false}}),
      },
      plugins: {
        legend: {labels: {color: color('--text'), usePointStyle: true, pointStyle: 'line'}},
        tooltip: {callbacks: {
          title: (items) => `step ${count(items[0].parsed.x)}`,
          label: ({dataset, parsed}) => `${dataset.label}: ${dataset.yAxisID === 'rate' ? parsed.y.toPrecision(3) : show(parsed.y)}`,
        }},
      },
    },
  });
  return {drawn, canvas};
}

function drawCurves(boxes) {
  const rate = () => line('learning rate', over(run.steps, 'learning_rate'), 'rate', '--line', {borderColor: color('--soft'), borderDash: [3, 4], borderWidth: 1});
  const charts = [
    chart('Loss over steps', [
      line('training loss', over(run.steps, 'loss'), 'y', '--accent'),
      line('validation loss', over(run.epochs, 'validation_loss'), 'y', '--second', dots), rate()], 'loss', false),
    chart('Accuracy over steps', [
      line('training accuracy', over(run.steps, 'accuracy'), 'y', '--accent'),
      line('validation top-1', over(run.epochs, 'validation_top1'), 'y', '--second', dots),
      line('validation top-5', over(run.epochs, 'validation_top5'), 'y', '--third', {...dots, borderDash: [6, 4]}), rate()], 'accuracy', true),
  ];
  charts.forEach(({canvas}, i) => boxes[i].replaceChildren(canvas));
  return charts.map(({drawn}) => drawn);
}

function curves() {
  if (!lastStep && !lastEpoch) {
    section('Curves', make('p', {}, 'Nothing has been logged yet: a line comes every so many steps.'));
    return;
  }
  const boxes = [make('div', {class: 'chart'}), make('div', {class: 'chart'})];
  const thinned = run.steps_in_file > run.steps.length ? ` ${count(run.steps.length)} of ${count(run.steps_in_file)} lines are drawn.` : '';
  section('Curves',
    make('div', {class: 'charts'}, boxes),
    make('p', {class: 'soft'}, `Training figures are means since the line before, with dropout and augmentation; a dot is an epoch's end.${thinned}`),
    run.epochs.length ? make('details', {}, make('summary', {}, 'Epochs as a table'), epochTable()) : null);
  let charts = drawCurves(boxes);
  whenColorsChange(() => {
    charts.forEach((drawn) => drawn.destroy());
    charts = drawCurves(boxes);
  });
}

function epochTable() {
  return table([['epoch', 'number'], ['step', 'number'], ['loss', 'number'], ['accuracy', 'number'], ['validation loss', 'number'], ['top-1', 'number'], ['top-5', 'number'], ['seconds', 'number'], ['', '']],
    run.epochs.map((e) => [e.epoch, count(e.step), fixed(e.loss, 4), percent(e.accuracy, 2), fixed(e.validation_loss, 4), percent(e.validation_top1, 2), percent(e.validation_top5, 2), e.seconds.toFixed(1), e.best ? 'best' : '']));
}

// ---- pictures

/** A file's name; images of sets without files have numbers. */
const imageName = (name) => (/^\d+$/.test(name) ? `no. ${count(name)}` : baseName(name));

function topBars(image) {
  return bars(image.top.map(({class: index, probability}) => ({name: classes[index], share: probability, right: index === image.label})));
}

function mistakeCard(image) {
  return make('figure', {class: 'card', style: 'margin:0'},
    make('div', {class: 'side'},
      make('img', {class: 'main pixels', src: image.picture, alt: classes[image.label], title: image.name}),
      make('figcaption', {}, make('strong', {}, classes[image.label]), ` taken for ${classes[image.top[0].class]}`, make('br'),
        `its class got ${percent(image.label_probability, image.label_probability < 0.001 ? 3 : 1)}`, make('br'), imageName(image.name))),
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

function layers() {
  const timed = network.layers.some((layer) => layer.ms !== undefined);
  const columns = [['layer', ''], ['kind', ''], ['settings', ''], ['output', ''], ['parameters', 'number'], ['multiply-adds', 'number']];
  if (timed) columns.push(['ms an image', 'number'], ['computed by', '']);
  const row = (layer) => {
    const cells = [layer.name, layer.kind, layer.settings, layer.output.join('\u202f\u00d7\u202f'), layer.parameters ? count(layer.parameters) : '', layer.multiply_adds ? count(layer.multiply_adds) : ''];
    return timed ? [...cells, layer.ms ? layer.ms.toFixed(3) : '', layer.implementation] : cells;
  };
  const sum = (key) => network.layers.reduce((total, layer) => total + (layer[key] ?? 0), 0);
  const foot = ['total', '', '', '', count(sum('parameters')), count(sum('multiply_adds'))];
  if (timed) foot.push(sum('ms').toFixed(3), '');
  section('Layers',
    make('p', {class: 'soft'}, `Input ${network.input.join('\u202f\u00d7\u202f')}.` + (timed ? ' Times were measured while these images were evaluated, in batches.' : '')),
    table(columns, network.layers.map(row), foot));
}

function made() {
  section('How it was made',
    run.command ? make('pre', {class: 'wrap'}, run.command) : make('p', {class: 'soft'}, 'The command was not recorded.'),
    make('details', {}, make('summary', {}, 'config.json'), make('pre', {}, JSON.stringify(run.config, null, 2))));
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
