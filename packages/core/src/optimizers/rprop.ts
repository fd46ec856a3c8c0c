/** Steps by the sign of the gradient alone. */
import { type AlgorithmInfo, numberOf, pairOf, signOf } from './algorithm.ts';
import { commonDefaults, commonRules, etas, stepSizes } from './rules.ts';

/**
 * Resilient propagation, for full batches (Riedmiller & Braun, "A direct adaptive method for faster backpropagation
 * learning: the RPROP algorithm", 1993; torch.optim.Rprop). p is the gradient of the step before, [η⁻, η⁺] = `etas`:
 *
 * s ← clamp(s·η, `step_sizes`) with η = η⁺ where g·p > 0, η⁻ where g·p < 0, 1 otherwise;
 * g ← 0 where g·p < 0;  θ ← θ - sign(g)·s.  s begins as lr.
 */
export const rprop: AlgorithmInfo = {
  name: 'Rprop',
  defaults: { lr: 1e-2, etas: [0.5, 1.2], step_sizes: [1e-6, 50], capturable: false, ...commonDefaults },
  rules: { ...commonRules, etas, step_sizes: stepSizes },
  slots: (settings) => ({ prev: 0, step_size: numberOf(settings, 'lr') }),
  kernel: {
    name: () => 'rprop',
    constants: (settings) => [signOf(settings), ...pairOf(settings, 'etas'), ...pairOf(settings, 'step_sizes')],
  },
};
