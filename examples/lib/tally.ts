/** What several seeds say together. */

/** How a number is written, and which way is better. */
export interface Measure {
  readonly times: number;
  readonly digits: number;
  readonly unit: string;
  /** Of a difference. */
  readonly gain: string;
  readonly lessIsBetter: boolean;
}

/** Of 0 to 1, as per cent. */
export const ACCURACY: Measure = { times: 100, digits: 1, unit: ' %', gain: ' points', lessIsBetter: false };

/** Cross entropy of a character. */
export const LOSS: Measure = { times: 1, digits: 3, unit: ' nats', gain: ' nats', lessIsBetter: true };

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample: divided by one less than there are; 0 for a single value. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** `71.7 %` */
export function written(value: number, { times, digits, unit }: Measure): string {
  return `${(times * value).toFixed(digits)}${unit}`;
}

/** `71.7 ± 1.5 %` */
export function spread(values: readonly number[], measure: Measure): string {
  return `${(measure.times * mean(values)).toFixed(measure.digits)} ± ${written(standardDeviation(values), measure)}`;
}

/** `+3.0 ± 1.8 points, better in 10 of 10 seeds`: seed by seed, as both had the same images. */
export function paired(ours: readonly number[], theirs: readonly number[], measure: Measure): string {
  const gains = ours.map((value, seed) => value - theirs[seed]!);
  const sign = mean(gains) < 0 ? '' : '+';
  const of = `better in ${wins(ours, theirs, measure)} of ${gains.length} seeds`;
  return `${sign}${spread(gains, { ...measure, unit: measure.gain })}, ${of}`;
}

export function wins(ours: readonly number[], theirs: readonly number[], measure: Measure): number {
  return ours.filter((value, seed) => isBetter(value, theirs[seed]!, measure)).length;
}

/** The try with the best value. */
export function best<T extends { readonly value: number }>(tries: readonly T[], measure: Measure): T {
  return tries.reduce((found, one) => (isBetter(one.value, found.value, measure) ? one : found));
}

const isBetter = (a: number, b: number, { lessIsBetter }: Measure) => (lessIsBetter ? a < b : a > b);
