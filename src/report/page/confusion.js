'use strict';
// Accuracy of each class, and what classes are taken for.

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
