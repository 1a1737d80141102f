'use strict';
// What the pages share. Text only ever enters the page as text, never as HTML.

const data = JSON.parse(document.getElementById('data').textContent);
const page = document.getElementById('page');
page.textContent = '';

/** An element with attributes, and children that are elements or text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function add(...children) {
  page.append(...children.filter(Boolean));
}

let sections = 0;

function section(title, ...children) {
  const id = `section-${++sections}`;
  add(make('section', {'aria-labelledby': id}, make('h2', {id}, title), ...children));
}

const count = (number) => Number(number).toLocaleString('en');
/** What is not a finite number is null in JSON. */
const fixed = (number, digits) => number?.toFixed(digits) ?? '\u2013';
const percent = (share, digits = 1) => (share == null ? '\u2013' : (100 * share).toFixed(digits) + '\u202f%');
/** A difference of probabilities. */
const points = (share) => (100 * share).toFixed(1) + ' points';

/** Bars for shares: [{name, share, right}]. */
function bars(rows) {
  return make('div', {class: 'bars'}, rows.flatMap(({name, share, right, title}) => {
    const mark = right ? ' right' : '';
    const fill = make('i');
    fill.style.width = `${100 * Math.max(0, Math.min(1, share))}%`;
    return [
      make('span', {class: 'name' + mark, title: title ?? name}, name),
      make('span', {class: 'bar' + mark, 'aria-hidden': 'true'}, fill),
      make('span', {class: 'value' + mark}, percent(share)),
    ];
  }));
}

/** A table; columns are [title, 'number' or '']. */
function table(columns, rows, foot = []) {
  const cells = (row, tag) => row.map((value, i) => make(tag, {class: columns[i][1] || null}, value ?? ''));
  return make('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'table'},
    make('table', {},
      make('thead', {}, make('tr', {}, columns.map(([title, kind]) =>
        make('th', {scope: 'col', class: kind || null}, title)))),
      make('tbody', {}, rows.map((row) => make('tr', {}, cells(row, 'td')))),
      foot.length ? make('tfoot', {}, make('tr', {}, cells(foot, 'td'))) : null));
}

function tiles(pairs) {
  return make('dl', {class: 'tiles'}, pairs.filter(([, value]) => value !== null).map(([name, value]) =>
    make('div', {}, make('dt', {}, name), make('dd', {}, value))));
}

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
/** For what is drawn in colours of its own making. */
const whenColorsChange = (draw) => matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);

const baseName = (path) => path.replace(/\/+$/, '').split('/').pop();
/** Without the instructions that it has: they follow a comma. */
const processorName = (processor) => (processor ?? '').split(',')[0];
