/** Distances and similarities of pairs of vectors as functions. */
import { ops } from '../../operators.ts';
import type { Tensor } from '../../tensor.ts';

/** The cosine of the angle between vectors along `dim`; the product of lengths is taken to be at least `eps`. */
export function cosineSimilarity(x1: Tensor, x2: Tensor, dim = 1, eps = 1e-8): Tensor {
  return ops.cosineSimilarity(x1, x2, dim, eps);
}

/** The p-norm of `x1 - x2 + eps` over the last dimension. */
export function pairwiseDistance(x1: Tensor, x2: Tensor, p = 2, eps = 1e-6, keepdim = false): Tensor {
  return ops.pairwiseDistance(x1, x2, p, eps, keepdim);
}
