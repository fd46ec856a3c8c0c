/**
 * The picture of README: accuracy against the number of labelled images. Each row of few-labels.json is what
 * `npm start -- --per-class N` printed, mean and standard deviation over ten seeds.
 *
 *   npx tsx examples/fashion-mnist/figure.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAMES = ['param-wise', 'one rate', 'frozen backbone'] as const;
type Name = (typeof NAMES)[number];
type Spread = readonly [mean: number, deviation: number];
export type Row = Readonly<Record<Name, Spread>> & { readonly perClass: number };

const WIDTH = 760;
const HEIGHT = 340;
const PLOT = { left: 60, right: 560, top: 60, bottom: 280 };
/** Side by side, so that spreads do not hide each other. */
const ASIDE: Readonly<Record<Name, number>> = { 'param-wise': 0, 'one rate': -10, 'frozen backbone': 10 };
const CLASS: Readonly<Record<Name, string>> = { 'param-wise': 'ours', 'one rate': 'one', 'frozen backbone': 'frozen' };

const STYLE = `
  .ground { fill: #ffffff; } .text { fill: #1f2328; } .grid { stroke: #d8dee4; }
  .ours { color: #0b6bcb; } .one { color: #b35900; } .frozen { color: #6e7781; }
  .line { stroke: currentColor; fill: none; stroke-width: 2; } .spread { stroke: currentColor; opacity: 0.6; }
  .dot, .name { fill: currentColor; }
  .one .line { stroke-dasharray: 7 4; } .frozen .line { stroke-dasharray: 2 4; }
  text { font: 13px system-ui, sans-serif; } .title, .name { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #161b22; } .text { fill: #e6edf3; } .grid { stroke: #30363d; }
    .ours { color: #58a6ff; } .one { color: #f0a35e; } .frozen { color: #9198a1; }
  }`;

const rounded = (value: number) => value.toFixed(1);

/** @param rows at least two, from few labels to many */
export function fewLabels(rows: readonly Row[]): string {
  const ends = rows.flatMap((row) =>
    NAMES.flatMap((name) => [row[name][0] - row[name][1], row[name][0] + row[name][1]]),
  );
  const [low, high] = [5 * Math.floor(Math.min(...ends) / 5), 5 * Math.ceil(Math.max(...ends) / 5)];
  const x = (index: number) => PLOT.left + 40 + (index * (PLOT.right - PLOT.left - 80)) / (rows.length - 1);
  const y = (value: number) => PLOT.bottom - ((value - low) / (high - low)) * (PLOT.bottom - PLOT.top);
  const ticks = Array.from({ length: (high - low) / 5 + 1 }, (_, i) => low + 5 * i);
  const title = 'Accuracy on 10,000 test images after 25 steps, by labelled images of each class';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>${title}: ${rows.map(said).join('; ')}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${WIDTH}" height="${HEIGHT}" rx="8"/>`,
    `<text class="text title" x="16" y="30">${title}</text>`,
    ...ticks.map((tick) => gridLine(tick, y(tick))),
    ...rows.map(({ perClass }, i) => centred(x(i), PLOT.bottom + 22, String(perClass))),
    centred(
      (PLOT.left + PLOT.right) / 2,
      PLOT.bottom + 44,
      'labelled images of each class; mean ± standard deviation of ten seeds',
    ),
    ...NAMES.map((name) => series(name, rows, x, y)),
    '</svg>\n',
  ].join('\n');
}

const said = (row: Row) => `${row.perClass}: ${NAMES.map((name) => `${name} ${rounded(row[name][0])} %`).join(', ')}`;

const centred = (x: number, y: number, text: string) =>
  `<text class="text" x="${rounded(x)}" y="${y}" text-anchor="middle">${text}</text>`;

const gridLine = (tick: number, y: number) =>
  `<path class="grid" d="M${PLOT.left} ${rounded(y)}H${PLOT.right}"/>` +
  `<text class="text" x="${PLOT.left - 8}" y="${rounded(y + 4)}" text-anchor="end">${tick} %</text>`;

function series(name: Name, rows: readonly Row[], x: (index: number) => number, y: (value: number) => number): string {
  const points = rows.map((row, i) => ({ x: x(i) + ASIDE[name], mean: row[name][0], deviation: row[name][1] }));
  const line = points.map((point) => `${rounded(point.x)},${rounded(y(point.mean))}`).join(' ');
  const spreads = points.map(
    (point) =>
      `<path class="spread" d="M${rounded(point.x)} ${rounded(y(point.mean - point.deviation))}V${rounded(y(point.mean + point.deviation))}"/>` +
      `<circle class="dot" cx="${rounded(point.x)}" cy="${rounded(y(point.mean))}" r="4"/>`,
  );
  const last = points.at(-1)!;
  const label = `<text class="name" x="${PLOT.right + 4}" y="${rounded(labelHeight(name, rows.at(-1)!, y))}">${name} ${rounded(last.mean)} %</text>`;
  return `<g class="${CLASS[name]}"><polyline class="line" points="${line}"/>${spreads.join('')}${label}</g>`;
}

/** Names at the ends of the lines, at least a line of text apart. */
function labelHeight(name: Name, row: Row, y: (value: number) => number): number {
  const order = [...NAMES].sort((a, b) => row[b][0] - row[a][0]);
  let height = Number.NEGATIVE_INFINITY;
  for (const each of order) {
    height = Math.max(y(row[each][0]) + 4, height + 18);
    if (each === name) break;
  }
  return height;
}

export const measured = JSON.parse(readFileSync(join(import.meta.dirname, 'few-labels.json'), 'utf8')) as Row[];

if (process.argv[1] === import.meta.filename)
  writeFileSync(join(import.meta.dirname, '../../docs/images/few-labels.svg'), fewLabels(measured));
