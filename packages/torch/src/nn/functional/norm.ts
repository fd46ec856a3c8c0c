/** Normalisation as functions. */
import { ops } from '../../operators.ts';
import type { Tensor } from '../../tensor.ts';
import { checkCount, withDefaults } from '../check.ts';
import { pad } from './pad.ts';

export interface BatchNormFunctionOptions {
  runningMean?: Tensor | null;
  runningVar?: Tensor | null;
  weight?: Tensor | null;
  bias?: Tensor | null;
  /** Measure the batch and update the running values, instead of using them. Default false. */
  training?: boolean;
  /** Share of the new measurement in the running values. Default 0.1. */
  momentum?: number;
  /** Default 1e-5. */
  eps?: number;
}

const BATCH_NORM: Required<BatchNormFunctionOptions> = {
  runningMean: null,
  runningVar: null,
  weight: null,
  bias: null,
  training: false,
  momentum: 0.1,
  eps: 1e-5,
};

/**
 * Mean 0 and variance 1 for each channel of (batch, channels, …).
 *
 * @throws RangeError when a single value a channel is to be measured in training
 */
export function batchNorm(input: Tensor, options: BatchNormFunctionOptions = {}): Tensor {
  const { runningMean, runningVar, weight, bias, training, momentum, eps } = withDefaults(
    'batchNorm',
    BATCH_NORM,
    options,
  );
  if (training && perChannel(input) === 1)
    throw new RangeError(
      `batchNorm: in training each channel needs more than one value, found shape [${input.shape.join(', ')}]; ` +
        'use a larger batch or eval()',
    );
  return ops.batchNorm(input, weight, bias, runningMean, runningVar, training, momentum, eps, true);
}

function perChannel(input: Tensor): number {
  return input.shape.reduce((product, size, dim) => (dim === 1 ? product : product * size), 1);
}

/** Mean 0 and variance 1 over the last dimensions, which have sizes `normalizedShape`. */
export function layerNorm(
  input: Tensor,
  normalizedShape: readonly number[],
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  eps = 1e-5,
): Tensor {
  return ops.layerNorm(input, normalizedShape, weight, bias, eps);
}

/** Mean 0 and variance 1 over each of `numGroups` blocks of channels of (batch, channels, …). */
export function groupNorm(
  input: Tensor,
  numGroups: number,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  eps = 1e-5,
): Tensor {
  return ops.groupNorm(input, numGroups, weight, bias, eps);
}

/**
 * `x / (k + alpha · mean of x² over size neighbouring channels)^beta` for (batch, channels, …), as in Krizhevsky et
 * al., 2012.
 */
export function localResponseNorm(
  input: Tensor,
  size: number,
  options: { alpha?: number; beta?: number; k?: number } = {},
): Tensor {
  const { alpha, beta, k } = withDefaults('localResponseNorm', { alpha: 1e-4, beta: 0.75, k: 1 }, options);
  checkCount('localResponseNorm', 'size', size);
  const squares = input.square().flatten(2).unsqueeze(1);
  const padded = pad(squares, [0, 0, Math.floor(size / 2), Math.floor((size - 1) / 2)]);
  const mean = ops.avgPool2d(padded, [size, 1], [1, 1]).reshape(input.shape);
  return input.div(mean.mul(alpha).add(k).pow(beta));
}

/** Divides by the p-norm along `dim`, which is taken to be at least `eps`. */
export function normalize(input: Tensor, options: { p?: number; dim?: number; eps?: number } = {}): Tensor {
  const { p, dim, eps } = withDefaults('normalize', { p: 2, dim: 1, eps: 1e-12 }, options);
  return input.div(input.norm(p, [dim], true).clampMin(eps));
}
