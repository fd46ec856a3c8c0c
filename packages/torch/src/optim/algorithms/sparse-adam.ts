/** Adam for the rows of an embedding table that a batch looked up. */
import { biasCorrection, numberOf, pairOf } from '@paramwise/core/internal';
import { withReference } from './algorithm.ts';

export const sparseAdam = withReference('SparseAdam', (settings, { param, grad, slots, step }) => {
  const [beta1, beta2] = pairOf(settings);
  // Each entry once: the update is not linear in the gradient.
  const once = grad.coalesce();
  const at = once._indices().unbind(0);
  const g = settings.maximize ? once._values().neg() : once._values();
  const m = slots.exp_avg!.index(at).lerp_(g, 1 - beta1);
  const v = slots.exp_avg_sq!.index(at).lerp_(g.square(), 1 - beta2);
  slots.exp_avg!.indexPut_(at, m);
  slots.exp_avg_sq!.indexPut_(at, v);
  const size = (numberOf(settings, 'lr') * Math.sqrt(biasCorrection(beta2, step))) / biasCorrection(beta1, step);
  param.indexPut_(at, m.div(v.sqrt().add_(numberOf(settings, 'eps'))).mul_(-size), true);
});
