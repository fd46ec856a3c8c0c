/** Distances and similarities of pairs of vectors. */
import type { Tensor } from '../tensor.ts';
import { withDefaults } from './check.ts';
import { cosineSimilarity, pairwiseDistance } from './functional/distance.ts';
import { Module } from './module.ts';

/** The cosine of the angle between vectors along `dim` (torch.nn.CosineSimilarity). */
export class CosineSimilarity extends Module {
  readonly dim: number;
  readonly eps: number;

  /** @param options `dim`: default 1; `eps`, the least product of lengths: default 1e-8 */
  constructor(options: { dim?: number; eps?: number } = {}, ...surplus: never[]) {
    super();
    const { dim, eps } = withDefaults('CosineSimilarity', { dim: 1, eps: 1e-8 }, options, ...surplus);
    this.dim = dim;
    this.eps = eps;
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, this.dim, this.eps);
  }
}

/** The p-norm of `x1 - x2 + eps` over the last dimension (torch.nn.PairwiseDistance). */
export class PairwiseDistance extends Module {
  readonly p: number;
  readonly eps: number;
  readonly keepdim: boolean;

  /** @param options `p`: default 2; `eps`: default 1e-6; `keepdim`: default false */
  constructor(options: { p?: number; eps?: number; keepdim?: boolean } = {}, ...surplus: never[]) {
    super();
    const { p, eps, keepdim } = withDefaults(
      'PairwiseDistance',
      { p: 2, eps: 1e-6, keepdim: false },
      options,
      ...surplus,
    );
    this.p = p;
    this.eps = eps;
    this.keepdim = keepdim;
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, this.p, this.eps, this.keepdim);
  }
}
