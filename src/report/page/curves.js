'use strict';
// Loss and accuracy of a run over its steps.

function line(label, values, axis, variable, more = {}) {
  return {
    label, yAxisID: axis, borderColor: color(variable), backgroundColor: color(variable),
    data: values.filter(({y}) => y !== null && y !== undefined), borderWidth: 2, pointHitRadius: 12,
    ...(values.length === 1 ? dots : {pointRadius: 0, pointStyle: 'line'}), ...more,
  };
}

const over = (lines, key) => lines.map((entry) => ({x: entry.step, y: entry[key]}));
const dots = {pointRadius: 4, pointStyle: 'circle', clip: false};
/** Dots that lie on a curve of their own. */
const epochMeans = () => ({...dots, pointStyle: 'rectRot', pointRadius: 5, showLine: run.steps.length === 0});

function axis(title, more = {}) {
  return {
    title: {display: true, text: title, color: color('--soft')},
    ticks: {color: color('--soft')}, grid: {color: color('--line')}, ...more,
  };
}

const wholePercent = (share) => `${Number((100 * share).toFixed(2))}\u202f%`;

function chart(label, datasets, y, share) {
  const canvas = make('canvas', {role: 'img', 'aria-label': label});
  const show = share ? percent : (value) => value.toPrecision(4);
  const drawn = new Chart(canvas, {
    type: 'line',
    data: {datasets: datasets.filter((one) => one.data.length)},
    options: {
      animation: false, responsive: true, maintainAspectRatio: false, parsing: false, normalized: true,
      interaction: {mode: 'nearest', axis: 'x', intersect: false},
      scales: {
        x: axis('step', {type: 'linear', min: 0, max: Math.max(lastEpoch?.step ?? 0, lastStep?.step ?? 0), ticks: {color: color('--soft'), maxTicksLimit: 6, precision: 0}}),
        y: axis(y, share ? {max: 1, ticks: {color: color('--soft'), callback: wholePercent}} : {beginAtZero: true}),
        rate: axis('learning rate', {position: 'right', min: 0, display: run.steps.length > 0, grid: {drawOnChartArea: false}}),
      },
      plugins: {
        legend: {labels: {color: color('--text'), usePointStyle: true, boxHeight: 7}},
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
      line('mean of an epoch', over(run.epochs, 'loss'), 'y', '--accent', epochMeans()),
      line('validation loss', over(run.epochs, 'validation_loss'), 'y', '--second', dots), rate()], 'loss', false),
    chart('Accuracy over steps', [
      line('training accuracy', over(run.steps, 'accuracy'), 'y', '--accent'),
      line('mean of an epoch', over(run.epochs, 'accuracy'), 'y', '--accent', epochMeans()),
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
    make('p', {class: 'soft'}, `Training figures are means of the steps since the point before, or of an epoch, with dropout and augmentation; those of validation are of an epoch's end.${thinned}`),
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
