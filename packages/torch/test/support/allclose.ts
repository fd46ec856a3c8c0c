/** Compares numbers at the golden data's tolerances: 1e-5 relative or 1e-6 absolute, whichever allows more. */
import { expect } from 'vitest';

export function expectClose(
  found: ArrayLike<number | bigint>,
  expected: ArrayLike<number>,
  what: string,
  { relative = 1e-5, absolute = 1e-6 }: { relative?: number; absolute?: number } = {},
): void {
  expect(found.length, `${what}: number of values`).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(Number(found[i]) - (expected[i] as number));
    const allowed = Math.max(absolute, relative * Math.abs(expected[i] as number));
    if (!(difference <= allowed)) expect.fail(`${what}[${i}]: found ${found[i]}, expected ${expected[i]}`);
  }
}
