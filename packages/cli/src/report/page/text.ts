/** Numbers and shapes as text. */

const MAX_PLAIN = 9;

/** Six digits, as everywhere in paramwise; with an exponent where there would be more zeros than digits. */
export function numberText(value: number | null): string {
  if (value === null) return 'default';
  const short = Number(value.toPrecision(6));
  return String(short).length > MAX_PLAIN && Math.abs(short) < 1 ? short.toExponential() : String(short);
}

export const countText = (count: number): string => count.toLocaleString('en-US');

/** `30.9 M`: three digits and a unit. */
export function roughCount(count: number): string {
  const [divisor, unit] =
    count >= 1e9 ? [1e9, ' B'] : count >= 1e6 ? [1e6, ' M'] : count >= 1e3 ? [1e3, ' k'] : [1, ''];
  return `${Number((count / divisor).toPrecision(3))}${unit}`;
}

export const shapeText = (shape: readonly number[]): string => (shape.length === 0 ? 'scalar' : shape.join('×'));

/** Custom keys without the field that they stand in: `custom_keys["head"]` is `"head"`. */
export const shortRule = (rule: string): string => rule.replace(/custom_keys\[("(?:[^"\\]|\\.)*")\]/g, '$1');

/** `1 group`, `2 groups`. */
export const plural = (count: number, noun: string): string => `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
