/** Adam with Nesterov momentum. */
import {
  type AlgorithmInfo,
  biasCorrection,
  decayOf,
  type Moment,
  numberOf,
  pairOf,
  type Settings,
  signOf,
  zeroSlots,
} from './algorithm.ts';
import { betas, commonDefaults, commonRules, flag, notNegative } from './rules.ts';

const SLOTS = zeroSlots('exp_avg', 'exp_avg_sq');

/** μ of a step: momentum that rises towards β₁. */
function momentumAt(settings: Settings, step: number): number {
  return pairOf(settings)[0] * (1 - 0.5 * 0.96 ** (step * numberOf(settings, 'momentum_decay')));
}

/** The factors of g and of m in a step of NAdam. */
export function nadamFactors(settings: Settings, { step, scalars }: Moment): { ofGradient: number; ofAverage: number } {
  const lr = numberOf(settings, 'lr');
  const [now, next] = [momentumAt(settings, step), momentumAt(settings, step + 1)];
  const product = scalars.mu_product! * now;
  return { ofGradient: (lr * (1 - now)) / (1 - product), ofAverage: (lr * next) / (1 - product * now * next) };
}

/**
 * NAdam (Dozat, "Incorporating Nesterov momentum into Adam", 2016; torch.optim.NAdam), ψ = `momentum_decay`:
 *
 * μₜ = β₁(1 - ½·0.96^(tψ));  m, v as Adam;
 * θ ← θ - lr · ((1 - μₜ)/(1 - μ₁…μₜ)·g + μₜ₊₁/(1 - μ₁…μₜ·μₜ·μₜ₊₁)·m) / (√(v/(1 - β₂ᵗ)) + ε)
 *
 * The second μₜ of the last product is that of PyTorch 1.12 to 1.13, whose results are the reference here; the paper
 * and PyTorch 2 have it once. State: `mu_product` = μ₁…μₜ.
 */
export const nadam: AlgorithmInfo = {
  name: 'NAdam',
  defaults: {
    lr: 2e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weight_decay: 0,
    momentum_decay: 4e-3,
    decoupled_weight_decay: false,
    capturable: false,
    ...commonDefaults,
  },
  rules: { ...commonRules, betas, eps: notNegative, momentum_decay: notNegative, decoupled_weight_decay: flag },
  slots: () => SLOTS,
  scalars: {
    first: () => ({ mu_product: 1 }),
    next: (settings, { step, scalars }) => ({ mu_product: scalars.mu_product! * momentumAt(settings, step) }),
  },
  kernel: {
    name: () => 'nadam',
    constants(settings, moment) {
      const [beta1, beta2] = pairOf(settings);
      const { l2, keep } = decayOf(settings);
      const { ofGradient, ofAverage } = nadamFactors(settings, moment);
      const root = 1 / Math.sqrt(biasCorrection(beta2, moment.step));
      const eps = numberOf(settings, 'eps');
      return [signOf(settings), l2, keep, beta1, 1 - beta1, beta2, 1 - beta2, ofGradient, ofAverage, root, eps];
    },
  },
};
