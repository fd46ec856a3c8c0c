/**
 * Dropout as functions: elements or whole channels set to zero with probability `p`, the rest scaled by 1 / (1 - p).
 * Without `training` they are the identity.
 */
import { ops } from '../../operators.ts';
import type { Tensor } from '../../tensor.ts';
import { checkRange, checkRank } from '../check.ts';

/** Drops single elements. */
export function dropout(input: Tensor, p = 0.5, training = true): Tensor {
  checkRange('dropout', 'p', p, 0, 1);
  return ops.dropout(input, p, training);
}

/** Drops channels of ([batch,] channels, length). */
export function dropout1d(input: Tensor, p = 0.5, training = true): Tensor {
  checkRange('dropout1d', 'p', p, 0, 1);
  checkRank('dropout1d', input, [2, 3], '([batch,] channels, length)');
  return batched(input, 3, (each) => ops.featureDropout(each, p, training));
}

/** Drops channels of (batch, channels, height, width); three dimensions are taken as (batch, channels, length). */
export function dropout2d(input: Tensor, p = 0.5, training = true): Tensor {
  checkRange('dropout2d', 'p', p, 0, 1);
  checkRank('dropout2d', input, [3, 4], '(batch, channels, [height,] width)');
  return ops.featureDropout(input, p, training);
}

/** Drops channels of ([batch,] channels, depth, height, width). */
export function dropout3d(input: Tensor, p = 0.5, training = true): Tensor {
  checkRange('dropout3d', 'p', p, 0, 1);
  checkRank('dropout3d', input, [4, 5], '([batch,] channels, depth, height, width)');
  return batched(input, 5, (each) => ops.featureDropout(each, p, training));
}

/** Sets elements to the negative saturation of SELU and keeps mean and variance (Klambauer et al., 2017). By default off. */
export function alphaDropout(input: Tensor, p = 0.5, training = false): Tensor {
  checkRange('alphaDropout', 'p', p, 0, 1);
  return ops.alphaDropout(input, p, training);
}

/** As `alphaDropout`, for whole channels of (batch, channels, …). By default off. */
export function featureAlphaDropout(input: Tensor, p = 0.5, training = false): Tensor {
  checkRange('featureAlphaDropout', 'p', p, 0, 1);
  return ops.featureAlphaDropout(input, p, training);
}

function batched(input: Tensor, ndim: number, fn: (batch: Tensor) => Tensor): Tensor {
  return input.ndim === ndim ? fn(input) : fn(input.unsqueeze(0)).squeeze(0);
}
