/** Adam with a rate a layer, for very large batches. */
import { type AlgorithmInfo, zeroSlots } from './algorithm.ts';
import { betas, commonDefaults, commonRules, flag, notNegative, positive } from './rules.ts';

const SLOTS = zeroSlots('exp_avg', 'exp_avg_sq');

/**
 * LAMB (You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", 2020):
 *
 * m, v as Adam;  r = m/(1 - β₁ᵗ) / (√(v/(1 - β₂ᵗ)) + ε) + weight_decay·θ;  θ ← θ - lr·‖θ‖/‖r‖·r
 *
 * As in the code that is in use (NVIDIA Apex, timm), a parameter without weight decay is not scaled (‖θ‖/‖r‖ → 1)
 * unless `always_adapt`; `trust_clip` limits the ratio to 1. Clipping the gradients is left to `clip_grad`.
 */
export const lamb: AlgorithmInfo = {
  name: 'LAMB',
  defaults: {
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-6,
    weight_decay: 1e-2,
    bias_correction: true,
    trust_clip: false,
    always_adapt: false,
    ...commonDefaults,
  },
  rules: { ...commonRules, betas, eps: notNegative, bias_correction: flag, trust_clip: flag, always_adapt: flag },
  slots: () => SLOTS,
};

/**
 * MMPretrain's Lamb, which is that of older timm: LAMB with gradients that are scaled down first where the norm of all of
 * them is above `max_grad_norm`. Without `grad_averaging` a gradient is added to m whole, not (1 - β₁) of it.
 */
export const lambOfMmpretrain: AlgorithmInfo = {
  ...lamb,
  name: 'Lamb',
  defaults: { ...lamb.defaults, grad_averaging: true, max_grad_norm: 1 },
  rules: { ...lamb.rules, grad_averaging: flag, max_grad_norm: positive },
  readsAll: true,
};
