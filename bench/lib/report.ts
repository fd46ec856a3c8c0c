/** A benchmark's result: as a file, and as text. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Findings, Ratio, Row } from './harness.ts';
import type { Machine } from './machine.ts';

export interface Result extends Findings {
  machine: Machine;
  versions: Record<string, string>;
}

export function writeResult(folder: string, name: string, result: Result): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.json`);
  writeFileSync(path, `${JSON.stringify(result, rounded, 2)}\n`);
  return path;
}

/** Five digits say all there is to say. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}

const number = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** A table's lines with every column as wide as its widest cell; numbers stand right. */
function alignColumns(lines: readonly (readonly string[])[], leftColumns: number): string[] {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  const pad = (cell: string, column: number) =>
    column < leftColumns ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return lines.map((cells) => cells.map(pad).join('  ').trimEnd());
}

export function rowCells({ who, median_ms, min_ms, runs, peak_mib, note }: Row): string[] {
  if (median_ms === null || min_ms === null) return [who, '–', '–', '0', note ?? 'not here'];
  const remark = peak_mib === undefined ? (note ?? '') : `${peak_mib.toFixed(0)} MiB`;
  return [who, number(median_ms), number(min_ms), String(runs), remark];
}

export const ratioCells = ({ work, ours_to, ratio }: Ratio): string[] => [work, ours_to, ratio.toFixed(3)];

export function resultText(name: string, { machine, versions, rows, ratios }: Result): string {
  const about = Object.entries(versions).map(([what, version]) => `${what} ${version}`);
  const works = [...new Set(rows.map(({ work }) => work))];
  const tables = works.flatMap((work) => {
    const cells = rows.filter((row) => row.work === work).map(rowCells);
    return [
      '',
      work,
      ...alignColumns([['', 'median ms', 'least ms', 'runs', ''], ...cells], 1).map((line) => `  ${line}`),
    ];
  });
  const shares = alignColumns([['ours', 'to', 'ratio'], ...ratios.map(ratioCells)], 2);
  return [
    `${name}: ${machine.cpu}, ${machine.cores} cores, ${machine.threads} ${machine.threads === 1 ? 'thread' : 'threads'} each, load before ${machine.load_before}`,
    about.join(' · '),
    ...tables,
    '',
    ...shares,
    '',
  ].join('\n');
}
