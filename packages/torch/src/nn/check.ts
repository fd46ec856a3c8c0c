/** Checks of what callers hand to layers: an error names the layer and the argument, what was found, what is allowed. */
import type { Tensor } from '../tensor.ts';

export { checkOptions, withDefaults } from '../options.ts';

/** One size for every spatial dimension, or one for each. */
export type Size = number | readonly number[];

/** @throws RangeError unless `value` is a whole number of at least `least` */
export function checkCount(where: string, name: string, value: number, least = 1): void {
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${where}: ${name} must be a whole number of at least ${least}, found ${value}`);
}

/** @throws RangeError unless `divisor` divides `value` */
export function checkDivisible(where: string, name: string, value: number, by: string, divisor: number): void {
  if (value % divisor !== 0)
    throw new RangeError(`${where}: ${name} (${value}) must be divisible by ${by} (${divisor})`);
}

/** @throws RangeError unless `value` is from `least` to `most` */
export function checkRange(where: string, name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most))
    throw new RangeError(`${where}: ${name} must be from ${least} to ${most}, found ${value}`);
}

/** @throws RangeError unless `value` is one of `allowed` */
export function checkChoice<T extends string>(where: string, name: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value))
    throw new RangeError(`${where}: ${name} must be one of ${allowed.join(', ')}, found ${JSON.stringify(value)}`);
}

/**
 * A size for each of `count` dimensions.
 *
 * @throws RangeError for another number of sizes, or one that is no whole number of at least `least`
 */
export function sizesOf(where: string, name: string, value: Size, count: number, least = 1): number[] {
  const sizes = typeof value === 'number' ? new Array<number>(count).fill(value) : [...value];
  if (sizes.length !== count)
    throw new RangeError(`${where}: ${name} must be a number or ${count} numbers, found [${sizes.join(', ')}]`);
  for (const size of sizes) checkCount(where, name, size, least);
  return sizes;
}

/**
 * @param layout the dimensions in words, such as `(batch, channels, length)`
 * @throws RangeError unless `input` has one of the numbers of dimensions in `ranks`
 */
export function checkRank(where: string, input: Tensor, ranks: readonly number[], layout: string): void {
  const { shape } = input;
  if (!ranks.includes(shape.length))
    throw new RangeError(
      `${where}: the input must have ${ranks.join(' or ')} dimensions, ${layout}; found shape [${shape.join(', ')}]`,
    );
}

/** @throws RangeError unless dimension `dim` of `input` has size `expected`, which is called `name` */
export function checkSize(where: string, input: Tensor, dim: number, name: string, expected: number): void {
  const { shape } = input;
  if (shape.at(dim) !== expected)
    throw new RangeError(
      `${where}: dimension ${dim} of the input must be ${name} (${expected}); found shape [${shape.join(', ')}]`,
    );
}
