/** Adam for the rows of an embedding table that a batch looked up. */

import { betas, commonRules, flag, positive } from '../rules.ts';
import { type Algorithm, biasCorrection, numberOf, pairOf, zeroSlots } from './algorithm.ts';

/**
 * SparseAdam (torch.optim.SparseAdam; "lazy" Adam): for the entries that a sparse gradient holds
 *
 * m ← β₁m + (1 - β₁)g;  v ← β₂v + (1 - β₂)g²;  θ ← θ - lr·√(1 - β₂ᵗ)/(1 - β₁ᵗ) · m/(√v + ε)
 *
 * and nothing for the others: their averages do not decay.
 */
export const sparseAdam: Algorithm = {
  name: 'SparseAdam',
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, maximize: false },
  rules: { ...commonRules, lr: positive, eps: positive, betas, maximize: flag },
  sparse: 'demanded',
  slots: () => zeroSlots('exp_avg', 'exp_avg_sq'),
  reference(settings, { param, grad, slots, step }) {
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
  },
};
