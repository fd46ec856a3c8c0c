/** Draws the plots of `docs/benchmarks.md` and writes its tables, from the results that are there. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { barPlot } from './lib/bars.ts';
import type { Row } from './lib/harness.ts';
import { type Result, ratioCells, rowCells } from './lib/report.ts';

const docs = join(import.meta.dirname, '../docs');
const NAMES = ['step', 'plan', 'calls', 'train', 'memory'];

/** One plot for each work of a result; memory is drawn by its peaks. */
export function plots(results: string): void {
  const page = join(docs, 'benchmarks.md');
  let text = readFileSync(page, 'utf8');
  for (const name of NAMES) {
    const path = join(results, `${name}.json`);
    if (!existsSync(path)) continue;
    const result = JSON.parse(readFileSync(path, 'utf8')) as Result;
    draw(name, result);
    text = replaced(text, name, tables(result));
  }
  writeFileSync(page, text);
}

function draw(name: string, { rows }: Result): void {
  const folder = join(docs, 'images');
  mkdirSync(folder, { recursive: true });
  const panels = worksOf(rows).map((work) => ({
    title: work,
    bars: rows.filter((row) => row.work === work && row.median_ms !== null).map(bar),
  }));
  const unit = isMemory(rows) ? 'MiB' : 'ms';
  writeFileSync(join(folder, `bench-${name}.svg`), barPlot(panels, unit));
}

const bar = ({ who, median_ms, peak_mib }: Row) => ({
  label: who,
  value: peak_mib ?? median_ms ?? 0,
  isOurs: who.startsWith('Paramwise'),
});

const isMemory = (rows: readonly Row[]) => rows.some(({ peak_mib }) => peak_mib !== undefined);

const worksOf = (rows: readonly Row[]) => [...new Set(rows.map(({ work }) => work))];

function tables({ machine, versions, rows, ratios }: Result): string {
  const about = Object.entries(versions).map(
    ([what, version]) => `${what} ${version.split(' ').slice(0, 2).join(' ')}`,
  );
  const settings = Object.entries(machine.environment ?? {}).map(([name, value]) => `, ${name}=${value}`);
  const where = `${machine.cpu}, ${machine.cores} cores, ${machine.threads} ${machine.threads === 1 ? 'thread' : 'threads'} each, ${machine.date}, load before ${machine.load_before}${settings.join('')}; ${about.join(', ')}.`;
  const times = worksOf(rows).map((work) =>
    table([work, 'median ms', 'least ms', 'runs', ''], rows.filter((row) => row.work === work).map(rowCells)),
  );
  const shares = table(['ours', 'to', 'ratio'], ratios.map(ratioCells));
  const rule = isMemory(rows)
    ? 'Ours divided by theirs:'
    : 'Ours divided by theirs, median of the ratios of each round:';
  return [where, ...times, rule, shares].join('\n\n');
}

/** A Markdown table; numbers stand right. */
function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...lines].map((cells) => cells[column]!.length)));
  const isNumeric = (column: number) => lines.every((cells) => /^[\d.–]+$/.test(cells[column]!));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (isNumeric(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join(' | ')} |`;
  const rule = widths.map((width, column) => (isNumeric(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(head), line(rule), ...lines.map(line)].join('\n');
}

/** Puts the tables between the marks `<!-- NAME -->` and `<!-- /NAME -->`. */
function replaced(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has no marks ${start} … ${end}`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}
