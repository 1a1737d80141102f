'use strict';
// The page of a training run.

const {run, network, evaluation} = data;
const classes = network ? network.classes : [];
const lastEpoch = run.epochs[run.epochs.length - 1];
const lastStep = run.steps[run.steps.length - 1];

function reload() {
  if (data.reload_seconds) setTimeout(() => location.reload(), 1000 * data.reload_seconds);
}

// ---- what it is

function state() {
  const steps = Math.max(lastEpoch?.step ?? 0, lastStep?.step ?? 0);
  if (run.finished) return `finished after ${count(steps)} steps`;
  const so = `at step ${count(steps)}, epoch ${lastStep?.epoch ?? lastEpoch?.epoch ?? 1}`;
  return data.reload_seconds ? `under way: ${so}; this page follows it` : `not finished: ${so}`;
}

function head() {
  add(make('h1', {}, run.name),
    make('p', {class: 'soft'}, `${run.model} on ${run.data}; ${state()}`));
  for (const note of data.notes) add(make('p', {class: 'note', role: 'note'}, note));
  const best = run.epochs.filter((epoch) => epoch.best).pop();
  add(tiles([
    evaluation ? ['top-1', percent(evaluation.top1, 2)] : ['best validation top-1', best ? percent(best.validation_top1, 2) : null],
    evaluation ? ['top-5', percent(evaluation.top5, 2)] : ['latest loss', lastStep ? lastStep.loss.toFixed(4) : null],
    evaluation ? ['loss', evaluation.loss.toFixed(4)] : ['latest accuracy', lastStep ? percent(lastStep.accuracy) : null],
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

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function line(label, values, axis, variable, more = {}) {
  return {
    label, yAxisID: axis, borderColor: color(variable), backgroundColor: color(variable),
    data: values.filter(({y}) => y !== null && y !== undefined), borderWidth: 2, pointRadius: 0,
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
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    charts.forEach((drawn) => drawn.destroy());
    charts = drawCurves(boxes);
  });
}

function epochTable() {
  return table([['epoch', 'number'], ['step', 'number'], ['loss', 'number'], ['accuracy', 'number'], ['validation loss', 'number'], ['top-1', 'number'], ['top-5', 'number'], ['seconds', 'number'], ['', '']],
    run.epochs.map((e) => [e.epoch, count(e.step), e.loss.toFixed(4), percent(e.accuracy, 2), e.validation_loss.toFixed(4), percent(e.validation_top1, 2), percent(e.validation_top5, 2), e.seconds.toFixed(1), e.best ? 'best' : '']));
}

// ---- classes

/** Of each class: its images, and which it was taken for, most first. */
function classRows() {
  const rows = classes.map((name, label) => ({name, label, images: 0, right: 0, taken: []}));
  for (const [label, predicted, number] of evaluation.confusion) {
    rows[label].images += number;
    if (label === predicted) rows[label].right = number;
    rows[label].taken.push([predicted, number]);
  }
  rows.forEach((row) => row.taken.sort((a, b) => b[1] - a[1]));
  return rows;
}

function classAccuracy(rows) {
  const known = rows.filter((row) => row.images > 0).sort((a, b) => a.right / a.images - b.right / b.images);
  const entry = (row) => ({name: row.name, share: row.right / row.images, title: `${row.name}: ${row.right} of ${row.images}`});
  const few = known.length <= 40;
  section('Accuracy of each class',
    make('p', {class: 'soft'}, 'Share of a class\u2019s images that are recognised, worst first.'),
    bars((few ? known : known.slice(0, 20)).map(entry)),
    few ? null : make('details', {}, make('summary', {}, `All ${count(known.length)} classes`), bars(known.map(entry))));
}

function sentence(row, predicted, number) {
  const share = row.images ? percent(number / row.images) : '\u2013';
  return predicted === row.label
    ? `${row.name}: ${count(number)} of ${count(row.images)} recognised (${share})`
    : `${row.name} taken for ${classes[predicted]}: ${count(number)} of ${count(row.images)} (${share})`;
}

function confusionTable(rows, says) {
  const shade = (share) => `rgba(var(--heat), ${share === 0 ? 0.04 : 0.12 + 0.6 * Math.sqrt(share)})`;
  const cell = (row, predicted) => {
    const number = row.taken.find(([other]) => other === predicted)?.[1] ?? 0;
    const button = make('button', {type: 'button', tabindex: number ? null : '-1', 'aria-label': sentence(row, predicted, number)}, number ? String(number) : '');
    button.style.background = shade(row.images ? number / row.images : 0);
    for (const event of ['pointerenter', 'focus', 'click']) button.addEventListener(event, () => { says.textContent = sentence(row, predicted, number); });
    return make('td', {class: predicted === row.label ? 'hit' : null}, button);
  };
  return make('div', {class: 'scroll'}, make('table', {class: 'confusion'},
    make('thead', {}, make('tr', {}, make('td', {}), rows.map((row) => make('th', {scope: 'col', title: row.name}, make('span', {}, row.name))))),
    make('tbody', {}, rows.map((row) => make('tr', {}, make('th', {scope: 'row', title: row.name}, row.name), rows.map((_, predicted) => cell(row, predicted)))))));
}

/** A pixel for each pair of classes. */
function confusionCanvas(rows, says) {
  const size = rows.length;
  const canvas = make('canvas', {class: 'matrix', width: size, height: size, role: 'img', tabindex: '0',
    'aria-label': 'Confusion matrix: a row for each class, a column for each prediction. The list below says the same.'});
  const heat = color('--heat').split(',').map(Number);
  const context = canvas.getContext('2d');
  const pixels = context.createImageData(size, size);
  for (const row of rows) {
    for (const [predicted, number] of row.taken) {
      const shade = 110 + 145 * Math.sqrt(number / row.images);
      pixels.data.set([...heat, shade], 4 * (row.label * size + predicted));
    }
  }
  context.putImageData(pixels, 0, 0);
  const reach = Math.ceil(size / 120);  // a finger is wider than a cell
  const tell = (event) => {
    const box = canvas.getBoundingClientRect();
    const at = (offset, extent) => Math.max(0, Math.min(size - 1, Math.floor(size * offset / extent)));
    const label = at(event.clientY - box.top, box.height);
    const predicted = at(event.clientX - box.left, box.width);
    const near = rows.slice(Math.max(0, label - reach), label + reach + 1).flatMap((row) => row.taken
      .map(([other, number]) => ({row, other, number, far: Math.abs(row.label - label) + Math.abs(other - predicted)})))
      .filter(({far}) => far <= reach).sort((a, b) => a.far - b.far || b.number - a.number)[0];
    says.textContent = near ? sentence(near.row, near.other, near.number) : sentence(rows[label], predicted, 0);
  };
  canvas.addEventListener('pointermove', tell);
  canvas.addEventListener('pointerdown', tell);
  return canvas;
}

/** For matrices too large to read: a class's row in words. */
function classPicker(rows) {
  const result = make('div', {'aria-live': 'polite'});
  const select = make('select', {'aria-label': 'Class'}, rows.map((row) => make('option', {value: row.label}, row.name)));
  const show = () => {
    const row = rows[select.value];
    result.replaceChildren(row.images === 0 ? 'no images' : bars(row.taken.slice(0, 10).map(([predicted, number]) =>
      ({name: classes[predicted], share: number / row.images, right: predicted === row.label}))));
  };
  select.addEventListener('change', show);
  show();
  return make('div', {}, make('h3', {}, 'What a class is taken for'), select, result);
}

function confusedPairs(rows) {
  const pairs = rows.flatMap((row) => row.taken.filter(([predicted]) => predicted !== row.label)
    .map(([predicted, number]) => ({row, predicted, number})));
  pairs.sort((a, b) => b.number - a.number);
  return make('div', {}, make('h3', {}, 'Most often confused'),
    pairs.length ? make('ol', {}, pairs.slice(0, 10).map(({row, predicted, number}) => make('li', {}, sentence(row, predicted, number))))
      : make('p', {}, 'No mistakes.'));
}

function confusion(rows) {
  const says = make('p', {class: 'says', 'aria-live': 'polite'}, 'Point at a cell.');
  const small = rows.length <= 24;
  section('Confusion',
    make('p', {class: 'soft'}, 'Rows are what the images are, columns what they were taken for.'),
    says, small ? confusionTable(rows, says) : confusionCanvas(rows, says),
    confusedPairs(rows), small ? null : classPicker(rows));
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

reload();
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
