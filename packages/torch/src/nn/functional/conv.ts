/** Convolutions as functions. Every size is a number or one for each spatial dimension. */
import { callOperator } from '../../dispatch.ts';
import type { Tensor } from '../../tensor.ts';
import { type Size, withDefaults } from '../check.ts';

export interface ConvFunctionOptions {
  /** Default 1. */
  stride?: Size;
  /** Added on both sides of each spatial dimension; `same` keeps the size (stride 1 only), `valid` is 0. Default 0. */
  padding?: Size | 'same' | 'valid';
  /** Distance between the points of the kernel. Default 1. */
  dilation?: Size;
  /** Blocks of channels that are convolved apart. Default 1. */
  groups?: number;
}

export interface ConvTransposeFunctionOptions {
  /** Default 1. */
  stride?: Size;
  /** Rows and columns to cut from the border of the output. Default 0. */
  padding?: Size;
  /** Rows and columns to add at the end of the output. Default 0. */
  outputPadding?: Size;
  /** Default 1. */
  groups?: number;
  /** Default 1. */
  dilation?: Size;
}

export const CONV: Required<ConvFunctionOptions> = { stride: 1, padding: 0, dilation: 1, groups: 1 };

export const CONV_TRANSPOSE: Required<ConvTransposeFunctionOptions> = {
  stride: 1,
  padding: 0,
  outputPadding: 0,
  groups: 1,
  dilation: 1,
};

function conv(dims: number, input: Tensor, weight: Tensor, bias: Tensor | null, options: ConvFunctionOptions): Tensor {
  const { stride, padding, dilation, groups } = withDefaults(`conv${dims}d`, CONV, options);
  return callOperator(`aten::conv${dims}d`, input, weight, bias, stride, padding, dilation, groups) as Tensor;
}

function convTranspose(
  dims: number,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvTransposeFunctionOptions,
): Tensor {
  const { stride, padding, outputPadding, groups, dilation } = withDefaults(
    `convTranspose${dims}d`,
    CONV_TRANSPOSE,
    options,
  );
  const settings = [stride, padding, outputPadding, groups, dilation];
  return callOperator(`aten::conv_transpose${dims}d`, input, weight, bias, ...settings) as Tensor;
}

/** (batch, in, length), weight (out, in / groups, kernel) → (batch, out, length'). */
export function conv1d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvFunctionOptions = {},
): Tensor {
  return conv(1, input, weight, bias, options);
}

/** (batch, in, height, width), weight (out, in / groups, ...kernel) → (batch, out, height', width'). */
export function conv2d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvFunctionOptions = {},
): Tensor {
  return conv(2, input, weight, bias, options);
}

/** (batch, in, depth, height, width), weight (out, in / groups, ...kernel) → (batch, out, depth', height', width'). */
export function conv3d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvFunctionOptions = {},
): Tensor {
  return conv(3, input, weight, bias, options);
}

/** The gradient of `conv1d` as a layer: weight (in, out / groups, kernel). */
export function convTranspose1d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTransposeFunctionOptions = {},
): Tensor {
  return convTranspose(1, input, weight, bias, options);
}

/** The gradient of `conv2d` as a layer: weight (in, out / groups, ...kernel). */
export function convTranspose2d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTransposeFunctionOptions = {},
): Tensor {
  return convTranspose(2, input, weight, bias, options);
}

/** The gradient of `conv3d` as a layer: weight (in, out / groups, ...kernel). */
export function convTranspose3d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTransposeFunctionOptions = {},
): Tensor {
  return convTranspose(3, input, weight, bias, options);
}
