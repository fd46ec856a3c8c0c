/** Lines over steps, drawn with characters. */
import type { Paint } from './paint.ts';
import { shortNumber } from './table.ts';

export interface Line {
  readonly name: string;
  readonly values: readonly number[];
}

const MARKS = 'ox+*#%@&=~';
const STYLES = ['cyan', 'yellow', 'green', 'magenta', 'red', 'blue'] as const;

/** @param size of the part that lines are drawn in, in characters. */
export function chartLines(
  lines: readonly Line[],
  { width, height }: { readonly width: number; readonly height: number },
  paint: Paint,
): string[] {
  const all = lines.flatMap(({ values }) => values);
  const low = Math.min(0, minimum(all));
  const high = maximum(all);
  const span = high > low ? high - low : 1;
  const grid = Array.from({ length: height }, () => new Array<string>(width).fill(' '));
  // The last line is drawn first, so that the first is on top.
  for (const [index, { values }] of [...lines.entries()].reverse()) {
    for (let column = 0; column < width; column++) {
      const step = Math.round((column / Math.max(1, width - 1)) * (values.length - 1));
      const row = height - 1 - Math.round(((values[step]! - low) / span) * (height - 1));
      grid[row]![column] = markOf(index, paint);
    }
  }
  return [...withAxis(grid, low, high, (lines[0]?.values.length ?? 1) - 1), ...legend(lines, paint)];
}

const minimum = (values: readonly number[]) => values.reduce((least, value) => Math.min(least, value), 0);
const maximum = (values: readonly number[]) =>
  values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);

function markOf(index: number, paint: Paint): string {
  return paint[STYLES[index % STYLES.length]!](MARKS[index % MARKS.length]!);
}

function withAxis(grid: readonly (readonly string[])[], low: number, high: number, lastStep: number): string[] {
  const labels = [shortNumber(high), shortNumber(low)];
  const margin = Math.max(...labels.map(({ length }) => length));
  const bottom = grid.length - 1;
  const body = grid.map((cells, row) => {
    const label = row === 0 ? labels[0]! : row === bottom ? labels[1]! : '';
    return `${label.padStart(margin)} |${cells.join('').trimEnd()}`;
  });
  const width = grid[0]?.length ?? 0;
  const end = String(lastStep);
  return [
    ...body,
    `${' '.repeat(margin)} +${'-'.repeat(width)}`,
    `${' '.repeat(margin)}  0${end.padStart(Math.max(1, width - 1))}`,
  ];
}

function legend(lines: readonly Line[], paint: Paint): string[] {
  return lines.map(({ name, values }, index) => {
    const [first, last] = [values[0], values.at(-1)].map(shortNumber);
    return `  ${markOf(index, paint)} ${name}: ${first} → ${last}`;
  });
}
