/** Line charts as SVG, each with a table of what its curves amount to. */
import { type ScaleContinuousNumeric, scaleLinear, scaleSymlog } from 'd3-scale';
import type { Chart, Series } from '../charts.ts';
import { distinctColours } from './colours.ts';
import { byId, make, makeSvg, makeSwatch, showTip } from './dom.ts';
import type { Store } from './store.ts';
import { numberText, shortRule } from './text.ts';

const MARGIN = { left: 56, right: 12, top: 10, bottom: 34 };
const HEIGHT = 230;
const MAX_IN_TIP = 12;
const MAX_DOTS = 24;

type Scale = ScaleContinuousNumeric<number, number>;

export function startCharts(store: Store, charts: readonly Chart[]): void {
  for (const section of ['schedule', 'run'] as const) {
    const own = charts.filter((chart) => chart.section === section);
    byId(section).hidden = own.length === 0;
    byId(section)
      .querySelector('.charts')!
      .replaceChildren(...own.map((chart) => makeChart(store, chart)));
  }
}

function makeChart(store: Store, chart: Chart): HTMLElement {
  const svg = makeSvg('svg', { role: 'img', 'aria-label': summaryOf(chart) });
  const legend = make('div', { class: 'series', tabindex: 0, role: 'group', 'aria-label': `${chart.title}: values` });
  const head = make('div', { class: 'chart-head' }, make('h3', {}, chart.title));
  let isLog = false;
  const palette = distinctColours(Math.max(...chart.series.map(({ colour }) => colour)) + 1);
  const colourOf = ({ colour }: Series) => palette[colour]![store.get().theme];

  const draw = () => {
    const { width } = svg.getBoundingClientRect();
    if (width > 0) drawChart(svg, chart, { width, isLog, colourOf });
  };
  if (wantsLog(chart)) {
    const button = make('button', { type: 'button', class: 'quiet', 'aria-pressed': 'false' }, 'Log scale');
    button.addEventListener('click', () => {
      isLog = !isLog;
      button.setAttribute('aria-pressed', String(isLog));
      draw();
    });
    head.append(button);
  }
  store.watch(['theme'], () => {
    legend.replaceChildren(valuesTable(chart, colourOf));
    draw();
  });
  new ResizeObserver(draw).observe(svg);
  return make('figure', { class: 'chart' }, head, svg, legend);
}

/** Whether values differ so much that small ones vanish on a linear scale. */
function wantsLog({ series }: Chart): boolean {
  const tops = series.map(({ y }) => Math.max(...y.map((value) => value ?? 0))).filter((top) => top > 0);
  return Math.max(...tops) > 5 * Math.min(...tops);
}

interface Drawing {
  readonly width: number;
  readonly isLog: boolean;
  readonly colourOf: (series: Series) => string;
}

function drawChart(svg: SVGSVGElement, chart: Chart, { width, isLog, colourOf }: Drawing): void {
  const xs = chart.series.flatMap(({ x }) => [x[0] ?? 0, x.at(-1) ?? 1]);
  const [low, high] = extent(chart.series);
  const x = scaleLinear([Math.min(...xs), Math.max(...xs)], [MARGIN.left, width - MARGIN.right]);
  const range = [HEIGHT - MARGIN.bottom, MARGIN.top];
  const y: Scale = isLog
    ? scaleSymlog([low, high], range).constant(smallest(chart.series))
    : scaleLinear([low, high], range).nice(5);
  const curves = chart.series.flatMap((series) => {
    const stroke = colourOf(series);
    const raw = { d: pathOf(series.x, series.y, x, y), stroke, class: series.smooth === undefined ? '' : 'raw' };
    const smooth = series.smooth && { d: pathOf(series.x, series.smooth, x, y), stroke };
    const dots = series.y.length > MAX_DOTS ? [] : dotsOf(series, x, y, stroke);
    return [makeSvg('path', raw), ...(smooth === undefined ? [] : [makeSvg('path', smooth)]), ...dots];
  });
  const pointer = makeSvg('line', { class: 'axis', y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom, visibility: 'hidden' });
  svg.replaceChildren(...axes(chart, x, y, { width, isLog }), ...curves, pointer);
  svg.onmousemove = (event) => point(event, chart, { x, pointer, colourOf, left: svg.getBoundingClientRect().left });
  svg.onmouseleave = () => {
    pointer.setAttribute('visibility', 'hidden');
    showTip(undefined);
  };
}

function extent(series: readonly Series[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { y } of series) {
    for (const value of y) {
      if (value === null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return [0, 1];
  // From zero, unless the curves are all far from it.
  const from = low >= 0 && low < 0.5 * high ? 0 : low;
  return from === high ? [Math.min(0, from), from === 0 ? 1 : Math.max(0, 1.2 * from)] : [from, high];
}

/** The smallest peak: on the log scale, values well below it are drawn as good as linearly, so that zero has a place. */
function smallest(series: readonly Series[]): number {
  const tops = series.map(({ y }) => Math.max(...y.map((value) => Math.abs(value ?? 0)))).filter((top) => top > 0);
  return tops.length === 0 ? 1 : Math.min(...tops) / 20;
}

function pathOf(xs: readonly number[], ys: readonly (number | null)[], x: Scale, y: Scale): string {
  let isOpen = false;
  return xs
    .map((value, index) => {
      const height = ys[index] ?? null;
      const command = height === null ? '' : `${isOpen ? 'L' : 'M'}${x(value).toFixed(1)} ${y(height).toFixed(1)}`;
      isOpen = height !== null;
      return command;
    })
    .join('');
}

/** Points of a short series, which may be one alone. */
function dotsOf({ x: xs, y: ys }: Series, x: Scale, y: Scale, fill: string): SVGElement[] {
  return ys.flatMap((value, index) =>
    value === null ? [] : [makeSvg('circle', { cx: x(xs[index]!), cy: y(value), r: 3, fill })],
  );
}

function axes(
  { xLabel }: Chart,
  x: Scale,
  y: Scale,
  { width, isLog }: { width: number; isLog: boolean },
): SVGElement[] {
  const bottom = HEIGHT - MARGIN.bottom;
  const heights = isLog ? logTicks(y) : y.ticks(5);
  const rows = heights.flatMap((value) => [
    makeSvg('line', { class: 'rule', x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }),
    makeSvg('text', { x: MARGIN.left - 8, y: y(value) + 4, 'text-anchor': 'end' }, tickText(value)),
  ]);
  const columns = x
    .ticks(Math.max(2, Math.floor(width / 90)))
    .map((value) =>
      makeSvg('text', { x: x(value), y: bottom + 16, 'text-anchor': 'middle' }, value.toLocaleString('en-US')),
    );
  return [
    ...rows,
    makeSvg('line', { class: 'axis', x1: MARGIN.left, x2: width - MARGIN.right, y1: bottom, y2: bottom }),
    ...columns,
    makeSvg('text', { x: width - MARGIN.right, y: bottom + 31, 'text-anchor': 'end' }, xLabel),
  ];
}

/** Zero and the powers of ten that are far enough apart to read. */
function logTicks(y: Scale): number[] {
  const [low = 0, high = 1] = y.domain();
  const ticks = low <= 0 ? [0] : [low];
  for (let power = Math.floor(Math.log10(high)); power > -12 && 10 ** power > low; power--) ticks.push(10 ** power);
  const chosen: number[] = [];
  for (const tick of ticks) if (chosen.every((other) => Math.abs(y(other) - y(tick)) > 16)) chosen.push(tick);
  return chosen;
}

const tickText = (value: number) =>
  value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)
    ? value.toExponential(2).replace(/\.?0+e\+?/, 'e')
    : numberText(value);

interface Pointing {
  readonly x: Scale;
  readonly pointer: SVGElement;
  readonly colourOf: (series: Series) => string;
  readonly left: number;
}

function point(event: MouseEvent, { series, xLabel }: Chart, { x, pointer, colourOf, left }: Pointing): void {
  const [first = 0, last = 1] = x.domain();
  const step = Math.min(last, Math.max(first, Math.round(x.invert(event.clientX - left))));
  for (const name of ['x1', 'x2']) pointer.setAttribute(name, String(x(step)));
  pointer.setAttribute('visibility', 'visible');
  const lines = series.slice(0, MAX_IN_TIP).map((one) => {
    const value = valueAt(one, step);
    return make(
      'div',
      {},
      makeSwatch(colourOf(one)),
      make('span', {}, one.name),
      make('span', { class: 'value' }, value === null ? '–' : tickText(Number(value.toPrecision(4)))),
    );
  });
  const more = series.length > MAX_IN_TIP ? [make('div', {}, `and ${series.length - MAX_IN_TIP} more`)] : [];
  showTip(
    { x: event.clientX, y: event.clientY },
    make('b', {}, `${xLabel} ${step.toLocaleString('en-US')}`),
    ...lines,
    ...more,
  );
}

/** The value drawn nearest to a step; the average where there is one. */
function valueAt({ x, y, smooth }: Series, step: number): number | null {
  let low = 0;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! < step) low = middle + 1;
    else high = middle;
  }
  const before = Math.max(0, low - 1);
  const nearest = step - x[before]! < x[low]! - step ? before : low;
  return (smooth ?? y)[nearest] ?? null;
}

function valuesTable({ series, xLabel }: Chart, colourOf: (series: Series) => string): HTMLElement {
  const heading = (text: string) => make('th', { scope: 'col' }, text);
  const rows = series.map((one) => {
    const values = one.y.filter((value) => value !== null);
    const ends = [values[0], values.at(-1), Math.min(...values), Math.max(...values)];
    return make(
      'tr',
      {},
      make('th', { scope: 'row' }, makeSwatch(colourOf(one)), ...nameOf(one)),
      ...ends.map((value) =>
        make('td', {}, value === undefined || !Number.isFinite(value) ? '–' : tickText(Number(value.toPrecision(4)))),
      ),
    );
  });
  return make(
    'table',
    {},
    make('thead', {}, make('tr', {}, ...[`by ${xLabel}`, 'first', 'last', 'lowest', 'highest'].map(heading))),
    make('tbody', {}, ...rows),
  );
}

function nameOf({ name, about }: Series): (HTMLElement | string)[] {
  return about === undefined ? [name] : [name, make('small', { title: about }, shortRule(about))];
}

function summaryOf({ title, xLabel, series }: Chart): string {
  const steps = series[0]?.x.at(-1) ?? 0;
  const names = series.slice(0, 5).map(({ name }) => name);
  return `${title} over ${steps.toLocaleString('en-US')} ${xLabel}s: ${names.join('; ')}${series.length > 5 ? '; and more' : ''}. Values in the table below.`;
}
