/** Gradient descent whose iterates are averaged. */

import { anyNumber, commonDefaults, commonRules, notNegative } from '../rules.ts';
import { type Algorithm, gradientOf, numberOf, type Settings, signOf, zeroSlots } from './algorithm.ts';

const SLOTS = zeroSlots('ax');

const decayAt = (settings: Settings, eta: number) => 1 - numberOf(settings, 'lambd') * eta;

/**
 * Averaged stochastic gradient descent (Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992;
 * torch.optim.ASGD):
 *
 * g ← ∇ + weight_decay·θ;  θ ← (1 - λη)θ - ηg;  a ← a + μ(θ - a);
 * then η ← lr/(1 + λ·lr·t)^α and μ ← 1/max(1, t - t0)
 *
 * λ = `lambd`, α = `alpha`. State: `ax` is the average a, to be read at the end; `eta`, `mu`.
 */
export const asgd: Algorithm = {
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
      decayAt(settings, scalars.eta!),
      scalars.eta!,
      scalars.mu!,
    ],
  },
  reference(settings, update) {
    const { param, slots, scalars } = update;
    const { eta, mu } = scalars as { eta: number; mu: number };
    const g = gradientOf(settings, update);
    param.mul_(decayAt(settings, eta)).add_(g, { alpha: -eta });
    const mean = slots.ax!;
    if (mu === 1) mean.copy_(param);
    else mean.add_(param.sub(mean).mul_(mu));
  },
};
