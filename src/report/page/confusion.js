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

/** As much of a name as a header holds. */
const headed = (name) => {
  const letters = Array.from(name);
  return letters.length > 40 ? `${letters.slice(0, 39).join('')}\u2026` : name;
};

/** One cell takes the focus; the arrow keys go from there to all others. */
function confusionTable(rows, says) {
  const size = rows.length;
  const buttons = [];  // row by row
  let current = 0;
  const shade = (share) => `rgba(var(--heat), ${share === 0 ? 0.04 : 0.12 + 0.6 * Math.sqrt(share)})`;
  const tell = (at) => {
    const row = rows[Math.floor(at / size)];
    says.textContent = sentence(row, at % size, numberOf(row, at % size));
  };
  const stand = (at) => {
    buttons[current].tabIndex = -1;
    buttons[at].tabIndex = 0;
    current = at;
    tell(at);
  };
  const cell = (row, predicted) => {
    const number = numberOf(row, predicted);
    const at = buttons.length;
    const button = make('button', {type: 'button', tabindex: at === current ? '0' : '-1', 'aria-label': sentence(row, predicted, number)}, number ? String(number) : '');
    button.style.background = shade(row.images ? number / row.images : 0);
    button.addEventListener('pointerenter', () => tell(at));
    button.addEventListener('focus', () => stand(at));
    buttons.push(button);
    return make('td', {class: predicted === row.label ? 'hit' : null}, button);
  };
  const grid = make('table', {class: 'confusion', role: 'grid', 'aria-label': 'Confusion matrix'},
    make('thead', {}, make('tr', {}, make('td', {}), rows.map((row) => make('th', {scope: 'col', title: row.name}, make('span', {}, headed(row.name)))))),
    make('tbody', {}, rows.map((row) => make('tr', {}, make('th', {scope: 'row', title: row.name}, headed(row.name)), rows.map((_, predicted) => cell(row, predicted))))));
  onKeys(grid, () => {
    const column = current % size;
    return {
      ArrowLeft: column > 0 && -1, ArrowRight: column < size - 1 && 1,
      ArrowUp: current >= size && -size, ArrowDown: current + size < buttons.length && size,
      Home: -column, End: size - 1 - column,
    };
  }, (move) => buttons[current + Number(move)].focus());
  return make('div', {class: 'scroll'}, grid);
}

const numberOf = (row, predicted) => row.taken.find(([other]) => other === predicted)?.[1] ?? 0;

/** `act` on what `moves()` has for the key that is pressed. */
function onKeys(element, moves, act) {
  element.addEventListener('keydown', (event) => {
    const known = moves();
    if (event.ctrlKey || event.altKey || event.metaKey || !(event.key in known)) return;
    event.preventDefault();
    act(known[event.key]);
  });
}

function paint(canvas, rows) {
  const context = canvas.getContext('2d');
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = color('--accent');
  for (const row of rows) {
    for (const [predicted, number] of row.taken) {
      context.globalAlpha = 0.43 + 0.57 * Math.sqrt(number / row.images);
      context.fillRect(predicted, row.label, 1, 1);
    }
  }
}

/** The cell that is not empty nearest to one, as [class, which of what it was taken for]; null: none in reach. */
function nearestCell(rows, label, predicted) {
  const reach = Math.ceil(rows.length / 120);  // a finger is wider than a cell
  const near = rows.slice(Math.max(0, label - reach), label + reach + 1).flatMap((row) => row.taken
    .map(([other, number], place) => ({at: [row.label, place], number, far: Math.abs(row.label - label) + Math.abs(other - predicted)})))
    .filter(({far}) => far <= reach).sort((a, b) => a.far - b.far || b.number - a.number)[0];
  return near?.at ?? null;
}

/** A pixel for each pair of classes; `show` goes to a class. */
function confusionCanvas(rows, says) {
  const size = rows.length;
  const known = rows.filter((row) => row.taken.length);
  let label = known[0].label;
  let place = 0;  // in what the class was taken for, most first
  const canvas = make('canvas', {class: 'matrix', width: size, height: size, tabindex: '0', role: 'application', 'aria-roledescription': 'confusion matrix',
    'aria-label': 'Confusion matrix. Up and down: the class. Right and left: what it was taken for, most first.'});
  const mark = make('i', {class: 'mark', hidden: '', 'aria-hidden': 'true'});
  const point = (row, predicted, number) => {
    mark.hidden = false;
    mark.style.left = `${100 * (predicted + 0.5) / size}%`;
    mark.style.top = `${100 * (row + 0.5) / size}%`;
    says.textContent = sentence(rows[row], predicted, number);
  };
  const go = (toLabel, toPlace) => {
    [label, place] = [toLabel, toPlace];
    point(label, ...rows[label].taken[place]);
  };
  const show = (to) => (rows[to].taken.length ? go(to, 0) : point(to, to, 0));
  const tell = (event) => {
    const box = canvas.getBoundingClientRect();
    const at = (offset, extent) => Math.max(0, Math.min(size - 1, Math.floor(size * offset / extent)));
    const row = at(event.clientY - box.top, box.height);
    const predicted = at(event.clientX - box.left, box.width);
    const near = nearestCell(rows, row, predicted);
    if (near) go(...near);
    else point(row, predicted, 0);
  };
  canvas.addEventListener('pointermove', tell);
  canvas.addEventListener('pointerdown', tell);
  canvas.addEventListener('focus', () => mark.hidden && show(label));
  onKeys(canvas, () => {
    const from = known.indexOf(rows[label]);
    const row = (index) => [known[Math.max(0, Math.min(known.length - 1, index))].label, 0];
    return {
      ArrowUp: row(from - 1), ArrowDown: row(from + 1), PageUp: row(from - 25), PageDown: row(from + 25), Home: row(0), End: row(known.length - 1),
      ArrowLeft: [label, Math.max(0, place - 1)], ArrowRight: [label, Math.min(rows[label].taken.length - 1, place + 1)],
    };
  }, (to) => go(...to));
  paint(canvas, rows);
  whenColorsChange(() => paint(canvas, rows));
  return {box: make('div', {class: 'matrix-box'}, canvas, mark), show};
}

/** For matrices too large to read: a class's row in words. */
function classPicker(rows, chosen) {
  const result = make('div', {'aria-live': 'polite'});
  const select = make('select', {'aria-label': 'Class'}, rows.map((row) => make('option', {value: row.label}, row.name)));
  const show = () => {
    const row = rows[select.value];
    result.replaceChildren(row.images === 0 ? 'no images' : bars(row.taken.slice(0, 10).map(([predicted, number]) =>
      ({name: classes[predicted], share: number / row.images, right: predicted === row.label}))));
  };
  select.addEventListener('change', () => {
    show();
    chosen(Number(select.value));
  });
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
  const says = make('p', {class: 'says', 'aria-live': 'polite'}, 'Point at a cell, or use the arrow keys.');
  const large = rows.length > 24 ? confusionCanvas(rows, says) : null;
  section('Confusion',
    make('p', {class: 'soft'}, 'Rows are what the images are, columns what they were taken for.'),
    says, large ? large.box : confusionTable(rows, says),
    confusedPairs(rows), large ? classPicker(rows, large.show) : null);
}
