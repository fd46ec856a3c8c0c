/** Curves of the page as plain data, thinned to what a screen can show. */

export interface Series {
  readonly name: string;
  /** What it stands for, where the name alone does not say. */
  readonly about?: string;
  /** Which colour; series of one name have the same in every chart. */
  readonly colour: number;
  readonly x: readonly number[];
  /** `null` is a gap. */
  readonly y: readonly (number | null)[];
  /** A moving average of `y`, where `y` is noisy. */
  readonly smooth?: readonly (number | null)[];
}

export interface Chart {
  readonly section: 'schedule' | 'run';
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly Series[];
}

const MAX_BUCKETS = 300;

/**
 * Indices of the values to draw: all, or the first, the last, and of each of 300 equal stretches the lowest and the
 * highest, so that no spike is lost.
 */
function thinnedIndices(values: readonly (number | null)[]): number[] {
  if (values.length <= 2 * MAX_BUCKETS) return values.map((_, index) => index);
  const kept = new Set([0, values.length - 1]);
  for (let bucket = 0; bucket < MAX_BUCKETS; bucket++) {
    const start = Math.floor((bucket * values.length) / MAX_BUCKETS);
    const end = Math.floor(((bucket + 1) * values.length) / MAX_BUCKETS);
    for (const index of extremes(values, start, end)) kept.add(index);
  }
  return [...kept].sort((a, b) => a - b);
}

function extremes(values: readonly (number | null)[], start: number, end: number): [number, number] {
  let low = start;
  let high = start;
  for (let index = start; index < end; index++) {
    const value = values[index];
    if (value === null || value === undefined) continue;
    if (value < (values[low] ?? Number.POSITIVE_INFINITY)) low = index;
    if (value > (values[high] ?? Number.NEGATIVE_INFINITY)) high = index;
  }
  return [low, high];
}

/** Six digits: more cannot be seen, and doubles written in full are most of a page. */
function shortNumber(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(6));
}

/** A series with the points that `thinnedIndices` keeps. */
export function thinSeries({ x, y, smooth, ...rest }: Series): Series {
  const kept = thinnedIndices(y);
  const pick = (values: readonly (number | null)[]) => kept.map((index) => shortNumber(values[index] ?? null));
  return {
    ...rest,
    x: kept.map((index) => x[index]!),
    y: pick(y),
    ...(smooth !== undefined && { smooth: pick(smooth) }),
  };
}

/** Exponential moving average over about `span` values, corrected for its start; gaps stay gaps. */
export function movingAverage(values: readonly (number | null)[], span: number): (number | null)[] {
  const decay = 1 - 2 / (span + 1);
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = decay * sum + (1 - decay) * value;
    weight = decay * weight + (1 - decay);
    return sum / weight;
  });
}
