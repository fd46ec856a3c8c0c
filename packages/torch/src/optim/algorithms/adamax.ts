/** Adam with the infinity norm. */

import { betas, commonDefaults, commonRules, notNegative } from '../rules.ts';
import {
  type Algorithm,
  average,
  biasCorrection,
  gradientOf,
  numberOf,
  pairOf,
  signOf,
  zeroSlots,
} from './algorithm.ts';

const SLOTS = zeroSlots('exp_avg', 'exp_inf');

/**
 * Adamax (Kingma & Ba, "Adam: a method for stochastic optimization", 2015, section 7.1; torch.optim.Adamax):
 *
 * g ← ∇ + weight_decay·θ;  m ← β₁m + (1 - β₁)g;  u ← max(β₂u, |g| + ε);  θ ← θ - lr/(1 - β₁ᵗ) · m/u
 */
export const adamax: Algorithm = {
  name: 'Adamax',
  defaults: { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0, capturable: false, ...commonDefaults },
  rules: { ...commonRules, betas, eps: notNegative },
  slots: () => SLOTS,
  kernel: {
    name: () => 'adamax',
    constants(settings, { step }) {
      const [beta1, beta2] = pairOf(settings);
      return [
        signOf(settings),
        numberOf(settings, 'weight_decay'),
        beta1,
        1 - beta1,
        beta2,
        numberOf(settings, 'lr') / biasCorrection(beta1, step),
        numberOf(settings, 'eps'),
      ];
    },
  },
  reference(settings, update) {
    const { param, slots, step } = update;
    const [beta1, beta2] = pairOf(settings);
    const g = gradientOf(settings, update);
    const m = average(slots.exp_avg!, g, beta1);
    const u = slots.exp_inf!;
    u.copy_(u.mul(beta2).maximum(g.abs().add_(numberOf(settings, 'eps'))));
    param.addcdiv_(m, u, { value: -numberOf(settings, 'lr') / biasCorrection(beta1, step) });
  },
};
