/** Adam with a rectified variance, which needs no warm-up. */
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

/** r·√(1 - β₂ᵗ); undefined while the variance cannot be told yet. */
function rectification(beta2: number, step: number): number | undefined {
  const correction = biasCorrection(beta2, step);
  const limit = 2 / (1 - beta2) - 1;
  const length = limit - (2 * step * beta2 ** step) / correction;
  if (length <= 5) return undefined;
  const ratio = ((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length);
  return Math.sqrt(ratio * correction);
}

/** The size of a step of RAdam, and whether the variance counts in it. */
export function radamStep(settings: Settings, step: number): { size: number; rectified: boolean } {
  const [beta1, beta2] = pairOf(settings);
  const factor = rectification(beta2, step);
  const size = numberOf(settings, 'lr') / biasCorrection(beta1, step);
  return { size: size * (factor ?? 1), rectified: factor !== undefined };
}

/**
 * RAdam (Liu et al., "On the variance of the adaptive learning rate and beyond", 2020; torch.optim.RAdam):
 *
 * m, v as Adam;  ρ∞ = 2/(1 - β₂) - 1;  ρ = ρ∞ - 2tβ₂ᵗ/(1 - β₂ᵗ);
 * θ ← θ - lr · m/(1 - β₁ᵗ) · r·√(1 - β₂ᵗ)/(√v + ε) with r = √((ρ - 4)(ρ - 2)ρ∞ / ((ρ∞ - 4)(ρ∞ - 2)ρ)) where ρ > 5,
 * θ ← θ - lr · m/(1 - β₁ᵗ) before
 */
export const radam: AlgorithmInfo = {
  name: 'RAdam',
  defaults: {
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weight_decay: 0,
    decoupled_weight_decay: false,
    capturable: false,
    ...commonDefaults,
  },
  rules: { ...commonRules, betas, eps: notNegative, decoupled_weight_decay: flag },
  slots: () => SLOTS,
  kernel: {
    name: () => 'radam',
    constants(settings, { step }) {
      const [beta1, beta2] = pairOf(settings);
      const { l2, keep } = decayOf(settings);
      const { size, rectified } = radamStep(settings, step);
      const eps = numberOf(settings, 'eps');
      return [signOf(settings), l2, keep, beta1, 1 - beta1, beta2, 1 - beta2, size, Number(rectified), eps];
    },
  },
};
