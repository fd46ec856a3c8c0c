/** Adam with the infinity norm. */
import { type AlgorithmInfo, biasCorrection, numberOf, pairOf, signOf, zeroSlots } from './algorithm.ts';
import { betas, commonDefaults, commonRules, notNegative } from './rules.ts';

const SLOTS = zeroSlots('exp_avg', 'exp_inf');

/**
 * Adamax (Kingma & Ba, "Adam: a method for stochastic optimization", 2015, section 7.1; torch.optim.Adamax):
 *
 * g ← ∇ + weight_decay·θ;  m ← β₁m + (1 - β₁)g;  u ← max(β₂u, |g| + ε);  θ ← θ - lr/(1 - β₁ᵗ) · m/u
 */
export const adamax: AlgorithmInfo = {
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
};
