/** Steps by the sign of the gradient alone. */

import { commonDefaults, commonRules, etas, stepSizes } from '../rules.ts';
import { type Algorithm, gradientOf, numberOf, pairOf, signOf } from './algorithm.ts';

/**
 * Resilient propagation, for full batches (Riedmiller & Braun, "A direct adaptive method for faster backpropagation
 * learning: the RPROP algorithm", 1993; torch.optim.Rprop). p is the gradient of the step before, [η⁻, η⁺] = `etas`:
 *
 * s ← clamp(s·η, `step_sizes`) with η = η⁺ where g·p > 0, η⁻ where g·p < 0, 1 otherwise;
 * g ← 0 where g·p < 0;  θ ← θ - sign(g)·s.  s begins as lr.
 */
export const rprop: Algorithm = {
  name: 'Rprop',
  defaults: { lr: 1e-2, etas: [0.5, 1.2], step_sizes: [1e-6, 50], capturable: false, ...commonDefaults },
  rules: { ...commonRules, etas, step_sizes: stepSizes },
  slots: (settings) => ({ prev: 0, step_size: numberOf(settings, 'lr') }),
  kernel: {
    name: () => 'rprop',
    constants: (settings) => [signOf(settings), ...pairOf(settings, 'etas'), ...pairOf(settings, 'step_sizes')],
  },
  reference(settings, update) {
    const { param, slots } = update;
    const [shrink, grow] = pairOf(settings, 'etas');
    const g = gradientOf(settings, update, 0);
    const product = g.mul(slots.prev!);
    const [same, turned] = [product.gt(0), product.lt(0)];
    const factor = product.fill_(1).maskedFill_(same, grow).maskedFill_(turned, shrink);
    const size = slots.step_size!.mul_(factor).clamp_(...pairOf(settings, 'step_sizes'));
    const taken = g.maskedFill(turned, 0);
    param.addcmul_(taken.sign(), size, { value: -1 });
    slots.prev!.copy_(taken);
  },
};
