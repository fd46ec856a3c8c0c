/** Gradient descent whose iterates are averaged. */
import { type AlgorithmInfo, numberOf, type Settings, signOf, zeroSlots } from './algorithm.ts';
import { anyNumber, commonDefaults, commonRules, notNegative } from './rules.ts';

const SLOTS = zeroSlots('ax');

/** 1 - λη: what a step of ASGD multiplies the parameter by. */
export const asgdDecay = (settings: Settings, eta: number) => 1 - numberOf(settings, 'lambd') * eta;

/**
 * Averaged stochastic gradient descent (Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992;
 * torch.optim.ASGD):
 *
 * g ← ∇ + weight_decay·θ;  θ ← (1 - λη)θ - ηg;  a ← a + μ(θ - a);
 * then η ← lr/(1 + λ·lr·t)^α and μ ← 1/max(1, t - t0)
 *
 * λ = `lambd`, α = `alpha`. State: `ax` is the average a, to be read at the end; `eta`, `mu`.
 */
export const asgd: AlgorithmInfo = {
  name: 'ASGD',
  defaults: {
    lr: 1e-2,
    lambd: 1e-4,
    alpha: 0.75,
    t0: 1e6,
    weight_decay: 0,
    capturable: false,
    ...commonDefaults,
  },
  rules: { ...commonRules, lambd: notNegative, alpha: anyNumber, t0: anyNumber },
  slots: () => SLOTS,
  scalars: {
    first: (settings) => ({ eta: numberOf(settings, 'lr'), mu: 1 }),
    next(settings, { step }) {
      const lr = numberOf(settings, 'lr');
      return {
        eta: lr / (1 + numberOf(settings, 'lambd') * lr * step) ** numberOf(settings, 'alpha'),
        mu: 1 / Math.max(1, step - numberOf(settings, 't0')),
      };
    },
  },
  kernel: {
    name: () => 'asgd',
    constants: (settings, { scalars }) => [
      signOf(settings),
      numberOf(settings, 'weight_decay'),
      asgdDecay(settings, scalars.eta!),
      scalars.eta!,
      scalars.mu!,
    ],
  },
};
