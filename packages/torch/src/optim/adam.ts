/** The Adam family: steps scaled by running averages of the gradient and of its square. */
import {
  type Algorithm,
  betas,
  betasOf,
  commonDefaults,
  commonRules,
  flag,
  notNegative,
  numberOf,
  type Settings,
} from './algorithm.ts';

const adamRules = { ...commonRules, betas, eps: notNegative, amsgrad: flag };

function adamSlots(settings: Settings): readonly string[] {
  return settings.amsgrad ? ['exp_avg', 'exp_avg_sq', 'max_exp_avg_sq'] : ['exp_avg', 'exp_avg_sq'];
}

function adamSettings(settings: Settings, step: number): readonly number[] {
  const [beta1, beta2] = betasOf(settings);
  return [
    numberOf(settings, 'lr'),
    numberOf(settings, 'weight_decay'),
    beta1,
    beta2,
    numberOf(settings, 'eps'),
    step,
    numberOf(settings, 'maximize'),
  ];
}

/**
 * AdamW: Adam whose weight decay does not pass through the running averages (Loshchilov & Hutter, "Decoupled Weight
 * Decay Regularization", 2019; torch.optim.AdamW).
 *
 * θ ← θ - lr·weight_decay·θ;  m ← β₁m + (1 - β₁)g;  v ← β₂v + (1 - β₂)g²;
 * θ ← θ - lr · m/(1 - β₁ᵗ) / (√(v/(1 - β₂ᵗ)) + ε), with the largest v so far for `amsgrad`
 */
export const adamW: Algorithm = {
  name: 'AdamW',
  defaults: {
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weight_decay: 1e-2,
    amsgrad: false,
    capturable: false,
    fused: null,
    ...commonDefaults,
  },
  rules: adamRules,
  slots: adamSlots,
  kernel: (settings) => (settings.amsgrad ? 'adamw_amsgrad' : 'adamw'),
  kernelSettings: adamSettings,
};
