/** Pooling as functions. Every size is a number or one for each spatial dimension. */
import { callOperator } from '../../dispatch.ts';
import type { Tensor } from '../../tensor.ts';
import { type Size, withDefaults } from '../check.ts';

export interface MaxPoolFunctionOptions {
  /** Default: the kernel's size. */
  stride?: Size | null;
  /** Default 0. */
  padding?: Size;
  /** Default 1. */
  dilation?: Size;
  /** Round output sizes up. Default false. */
  ceilMode?: boolean;
}

export interface AvgPoolFunctionOptions {
  /** Default: the kernel's size. */
  stride?: Size | null;
  /** Default 0. */
  padding?: Size;
  /** Round output sizes up. Default false. */
  ceilMode?: boolean;
  /** Count padding zeros in the average. Default true. */
  countIncludePad?: boolean;
  /** What to divide the sum by, instead of the number of values; not in one dimension. Default null. */
  divisorOverride?: number | null;
}

/** Output sizes; null keeps the size of the input. */
export type AdaptiveSize = number | readonly (number | null)[];

export const MAX_POOL: Required<MaxPoolFunctionOptions> = { stride: null, padding: 0, dilation: 1, ceilMode: false };

export const AVG_POOL: Required<AvgPoolFunctionOptions> = {
  stride: null,
  padding: 0,
  ceilMode: false,
  countIncludePad: true,
  divisorOverride: null,
};

/** What the functions of one to three dimensions share. */
export function maxPool(dims: number, input: Tensor, kernelSize: Size, options: MaxPoolFunctionOptions): Tensor {
  const { stride, padding, dilation, ceilMode } = withDefaults(`maxPool${dims}d`, MAX_POOL, options);
  const name = `aten::max_pool${dims}d`;
  return callOperator(name, input, kernelSize, stride ?? [], padding, dilation, ceilMode) as Tensor;
}

export function avgPool(dims: number, input: Tensor, kernelSize: Size, options: AvgPoolFunctionOptions): Tensor {
  const given = withDefaults(`avgPool${dims}d`, AVG_POOL, options);
  const settings: unknown[] = [given.stride ?? [], given.padding, given.ceilMode, given.countIncludePad];
  if (dims > 1) settings.push(given.divisorOverride);
  else if (given.divisorOverride !== null) throw new RangeError('avgPool1d: divisorOverride needs 2 or 3 dimensions');
  return callOperator(`aten::avg_pool${dims}d`, input, kernelSize, ...settings) as Tensor;
}

function adaptiveSizes(dims: number, input: Tensor, outputSize: AdaptiveSize): number[] {
  const { shape } = input;
  const sizes = typeof outputSize === 'number' ? new Array<number>(dims).fill(outputSize) : outputSize;
  return sizes.map((size, i) => size ?? (shape[shape.length - dims + i] as number));
}

export function adaptiveAvgPool(dims: number, input: Tensor, outputSize: AdaptiveSize): Tensor {
  return callOperator(`aten::adaptive_avg_pool${dims}d`, input, adaptiveSizes(dims, input, outputSize)) as Tensor;
}

/** The maxima, and where in the input each was found. */
export function adaptiveMaxPool(dims: number, input: Tensor, outputSize: AdaptiveSize): [Tensor, Tensor] {
  const sizes = adaptiveSizes(dims, input, outputSize);
  return callOperator(`aten::adaptive_max_pool${dims}d`, input, sizes) as [Tensor, Tensor];
}

/** The largest value in each window of ([batch,] channels, length). */
export function maxPool1d(input: Tensor, kernelSize: Size, options: MaxPoolFunctionOptions = {}): Tensor {
  return maxPool(1, input, kernelSize, options);
}

/** The largest value in each window of ([batch,] channels, height, width). */
export function maxPool2d(input: Tensor, kernelSize: Size, options: MaxPoolFunctionOptions = {}): Tensor {
  return maxPool(2, input, kernelSize, options);
}

/** The largest value in each window of ([batch,] channels, depth, height, width). */
export function maxPool3d(input: Tensor, kernelSize: Size, options: MaxPoolFunctionOptions = {}): Tensor {
  return maxPool(3, input, kernelSize, options);
}

/** The mean of each window of ([batch,] channels, length). */
export function avgPool1d(input: Tensor, kernelSize: Size, options: AvgPoolFunctionOptions = {}): Tensor {
  return avgPool(1, input, kernelSize, options);
}

/** The mean of each window of ([batch,] channels, height, width). */
export function avgPool2d(input: Tensor, kernelSize: Size, options: AvgPoolFunctionOptions = {}): Tensor {
  return avgPool(2, input, kernelSize, options);
}

/** The mean of each window of ([batch,] channels, depth, height, width). */
export function avgPool3d(input: Tensor, kernelSize: Size, options: AvgPoolFunctionOptions = {}): Tensor {
  return avgPool(3, input, kernelSize, options);
}

/** The means of `outputSize` windows of ([batch,] channels, length). */
export function adaptiveAvgPool1d(input: Tensor, outputSize: AdaptiveSize): Tensor {
  return adaptiveAvgPool(1, input, outputSize);
}

/** The means of `outputSize` windows of ([batch,] channels, height, width). */
export function adaptiveAvgPool2d(input: Tensor, outputSize: AdaptiveSize): Tensor {
  return adaptiveAvgPool(2, input, outputSize);
}

/** The means of `outputSize` windows of ([batch,] channels, depth, height, width). */
export function adaptiveAvgPool3d(input: Tensor, outputSize: AdaptiveSize): Tensor {
  return adaptiveAvgPool(3, input, outputSize);
}

/** The largest values of `outputSize` windows of ([batch,] channels, length). */
export function adaptiveMaxPool1d(input: Tensor, outputSize: AdaptiveSize): Tensor {
  return adaptiveMaxPool(1, input, outputSize)[0];
}

/** The largest values of `outputSize` windows of ([batch,] channels, height, width). */
export function adaptiveMaxPool2d(input: Tensor, outputSize: AdaptiveSize): Tensor {
  return adaptiveMaxPool(2, input, outputSize)[0];
}

/** The largest values of `outputSize` windows of ([batch,] channels, depth, height, width). */
export function adaptiveMaxPool3d(input: Tensor, outputSize: AdaptiveSize): Tensor {
  return adaptiveMaxPool(3, input, outputSize)[0];
}
