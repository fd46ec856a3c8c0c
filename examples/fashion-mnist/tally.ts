/** What several seeds say together. */

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample: divided by one less than there are; 0 for a single value. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** `71.7 ± 1.5 %` */
export function percent(values: readonly number[]): string {
  return `${(100 * mean(values)).toFixed(1)} ± ${(100 * standardDeviation(values)).toFixed(1)} %`;
}

/** `+3.0 ± 1.8, better in 10 of 10`: seed by seed, as both had the same images. */
export function paired(ours: readonly number[], theirs: readonly number[]): string {
  const gains = ours.map((value, seed) => value - theirs[seed]!);
  const sign = mean(gains) < 0 ? '' : '+';
  const spread = (100 * standardDeviation(gains)).toFixed(1);
  return `${sign}${(100 * mean(gains)).toFixed(1)} ± ${spread} points, better in ${wins(ours, theirs)} of ${gains.length} seeds`;
}

export function wins(ours: readonly number[], theirs: readonly number[]): number {
  return ours.filter((value, seed) => value > theirs[seed]!).length;
}
