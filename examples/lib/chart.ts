/** A bar a contender, for a terminal. */
import { type Measure, mean, standardDeviation, written } from './tally.ts';

export interface Bar {
  readonly name: string;
  readonly values: readonly number[];
}

const EIGHTHS = ' ▏▎▍▌▋▊▉';

/** Bars of the mean with one standard deviation, on an axis from just below the least to just above the most. */
export function barChart(bars: readonly Bar[], measure: Measure, width = 44): string {
  const spans = bars.map(({ values }) => [mean(values), standardDeviation(values)] as const);
  const low = Math.floor(20 * Math.min(...spans.map(([centre, spread]) => centre - spread)) - 0.5) / 20;
  const high = Math.max(...spans.map(([centre, spread]) => centre + spread));
  const label = Math.max(...bars.map(({ name }) => name.length));
  const at = (value: number) => Math.max(0, ((value - low) / (high - low)) * width);
  const lines = bars.map(({ name }, index) => {
    const [centre, spread] = spans[index]!;
    return `${name.padStart(label)} ${spanText(at(centre), at(centre + spread))}`;
  });
  const [least, most] = [low, high].map((value) => written(value, measure)) as [string, string];
  const axis = ' '.repeat(label + 1) + least.padEnd(width - Math.floor(most.length / 2)) + most;
  return [...lines, axis].join('\n');
}

/** The bar up to the mean, and a line from it to one standard deviation above. */
function spanText(centre: number, high: number): string {
  const whole = Math.floor(centre);
  const part = EIGHTHS[Math.floor(8 * (centre - whole))]!;
  const bar = '█'.repeat(whole) + (part === ' ' ? '' : part);
  return bar + '─'.repeat(Math.max(0, Math.round(high) - [...bar].length));
}
