/** Small pieces of wording that several texts share. */

/** Six digits are enough to read: 0.1 × 0.1 is 0.01. */
export function formatNumber(value: unknown): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value);
}

/** The first few, and how many more there are. */
export function listSome(names: readonly string[], limit = 8): string {
  const more = names.length - limit;
  return names.slice(0, limit).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
