/** Adam and AdamW: steps scaled by running averages of the gradient and of its square. */
import {
  type AlgorithmInfo,
  biasCorrection,
  decayOf,
  numberOf,
  pairOf,
  type Settings,
  signOf,
  zeroSlots,
} from './algorithm.ts';
import { betas, commonDefaults, commonRules, flag, notNegative } from './rules.ts';

const SLOTS = zeroSlots('exp_avg', 'exp_avg_sq');
const AMSGRAD = zeroSlots('exp_avg', 'exp_avg_sq', 'max_exp_avg_sq');

const defaults = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 0,
  amsgrad: false,
  capturable: false,
  fused: null,
  ...commonDefaults,
};

function constants(settings: Settings, step: number, decoupled: boolean): readonly number[] {
  const [beta1, beta2] = pairOf(settings);
  const { l2, keep } = decayOf(settings, decoupled);
  return [
    signOf(settings),
    l2,
    keep,
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    numberOf(settings, 'lr') / biasCorrection(beta1, step),
    1 / Math.sqrt(biasCorrection(beta2, step)),
    numberOf(settings, 'eps'),
  ];
}

/** The record of Adam with the decay that `decoupled` chooses. */
function adamLike(name: string, own: Settings, decoupled: (settings: Settings) => boolean): AlgorithmInfo {
  return {
    name,
    defaults: { ...defaults, ...own },
    rules: { ...commonRules, betas, eps: notNegative, amsgrad: flag, decoupled_weight_decay: flag },
    slots: (settings) => (settings.amsgrad ? AMSGRAD : SLOTS),
    mayHold: ['max_exp_avg_sq'],
    kernel: {
      name: (settings) => (settings.amsgrad ? 'adam_amsgrad' : 'adam'),
      constants: (settings, { step }) => constants(settings, step, decoupled(settings)),
    },
  };
}

/**
 * Adam (Kingma & Ba, "Adam: a method for stochastic optimization", 2015; AMSGrad: Reddi, Kale & Kumar, "On the
 * convergence of Adam and beyond", 2018; torch.optim.Adam). t is the number of the parameter's step:
 *
 * g ← ∇ + weight_decay·θ;  m ← β₁m + (1 - β₁)g;  v ← β₂v + (1 - β₂)g²;
 * θ ← θ - lr · m/(1 - β₁ᵗ) / (√(v/(1 - β₂ᵗ)) + ε), with the largest v so far for `amsgrad`
 */
export const adam: AlgorithmInfo = adamLike('Adam', { decoupled_weight_decay: false }, (settings) =>
  Boolean(settings.decoupled_weight_decay),
);

/**
 * AdamW: Adam whose weight decay does not pass through the running averages (Loshchilov & Hutter, "Decoupled Weight
 * Decay Regularization", 2019; torch.optim.AdamW):
 *
 * θ ← θ - lr·weight_decay·θ, then as Adam without decay
 */
export const adamW: AlgorithmInfo = adamLike('AdamW', { weight_decay: 1e-2 }, () => true);
