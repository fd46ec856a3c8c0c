/** MMPretrain's Lamb: LAMB with its gradients clipped first, by the norm of all of them. */
import { AS_IT_IS, type GradientReading } from '@paramwise/core/internal';
import { noGrad } from '../autograd.ts';
import { gradNorm } from '../gradients.ts';
import { tidy } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { Settings } from './algorithms/algorithm.ts';
import { lambOfMmpretrain } from './algorithms/lamb.ts';
import type { ParamsInput } from './groups.ts';
import { Optimizer } from './optimizer.ts';
import type { StepPath } from './step-path.ts';
import type { Reading } from './stepping-optimizer.ts';

/**
 * LAMB with gradients that are scaled down where the norm of all of them is above `max_grad_norm`. Configs of MMPretrain
 * name it; `LAMB` leaves clipping to `clip_grad`.
 *
 * Defaults: those of LAMB · `grad_averaging` true (false adds a gradient to the running average whole) · `max_grad_norm` 1
 * (> 0), that of the optimizer for all groups. Parameters of any shape.
 *
 * Source: You et al., 2020; MMPretrain 1's Lamb, after timm.
 *
 * @throws ConfigError for an unknown option, a value out of range, or a parameter that stands in two groups.
 */
export class Lamb extends Optimizer {
  constructor(params: ParamsInput, options: Settings = {}, how: { path?: StepPath } = {}) {
    super(lambOfMmpretrain, params, options, how);
  }

  override step<T>(closure?: () => T, reading?: Reading): T | undefined {
    return super.step(closure, (params) => {
      const read = typeof reading === 'function' ? reading(params) : (reading ?? AS_IT_IS);
      return read && scaledDown(params, read, Number(this.defaults.max_grad_norm));
    });
  }
}

function scaledDown(params: readonly Tensor[], read: GradientReading, largest: number): GradientReading {
  const norm = normAsRead(params, read);
  const scale = norm > largest ? largest / norm : 1;
  return { factor: read.factor * scale, limit: read.limit * scale };
}

function normAsRead(params: readonly Tensor[], { factor, limit }: GradientReading): number {
  if (limit === Number.POSITIVE_INFINITY) return (gradNorm(params, 2) ?? 0) * factor;
  return noGrad(() =>
    tidy(() => {
      const squares = params
        .flatMap(({ grad }) => grad ?? [])
        .map((grad) => {
          const norm = Number(grad.mul(factor).clamp(-limit, limit).norm().item());
          return norm * norm;
        });
      return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    }),
  );
}
