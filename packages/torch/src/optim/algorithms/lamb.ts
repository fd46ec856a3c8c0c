/** Adam with a rate a layer, for very large batches. */
import { biasCorrection, numberOf, pairOf } from '@paramwise/core/internal';
import type { Tensor } from '../../tensor.ts';
import {
  average,
  averageOfSquares,
  gradientOf,
  normOf,
  type Reference,
  type Settings,
  withReference,
} from './algorithm.ts';

/** ‖θ‖/‖r‖, and 1 where either is 0 or the layer is not to be scaled. */
function trustRatio(settings: Settings, param: Tensor, direction: Tensor): number {
  if (numberOf(settings, 'weight_decay') === 0 && !settings.always_adapt) return 1;
  const [size, length] = [normOf(param), normOf(direction)];
  const ratio = size > 0 && length > 0 ? size / length : 1;
  return settings.trust_clip ? Math.min(ratio, 1) : ratio;
}

const reference: Reference = (settings, update) => {
  const { param, slots, step } = update;
  const [beta1, beta2] = pairOf(settings);
  const g = gradientOf(settings, update, 0);
  const m = settings.grad_averaging === false ? sum(slots.exp_avg!, g, beta1) : average(slots.exp_avg!, g, beta1);
  const v = averageOfSquares(slots.exp_avg_sq!, g, beta2);
  const [c1, c2] = settings.bias_correction ? [biasCorrection(beta1, step), biasCorrection(beta2, step)] : [1, 1];
  const denominator = v.div(c2).sqrt_().add_(numberOf(settings, 'eps'));
  const direction = m
    .div(c1)
    .div_(denominator)
    .add_(param, { alpha: numberOf(settings, 'weight_decay') });
  param.add_(direction, { alpha: -numberOf(settings, 'lr') * trustRatio(settings, param, direction) });
};

/** m ← β·m + g, in place. */
function sum(slot: Tensor, grad: Tensor, beta: number): Tensor {
  return slot.mul_(beta).add_(grad);
}

export const lamb = withReference('LAMB', reference);
/** Its gradients are scaled down before, by the optimizer. */
export const lambOfMmpretrain = withReference('Lamb', reference);
