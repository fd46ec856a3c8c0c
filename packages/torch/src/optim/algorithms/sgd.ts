/** Gradient descent with optional momentum. */

import { anyNumber, commonDefaults, commonRules, flag, notNegative } from '../rules.ts';
import { type Algorithm, gradientOf, numberOf, signOf, zeroSlots } from './algorithm.ts';

const NO_SLOTS = zeroSlots();
const MOMENTUM = zeroSlots('momentum_buffer');

/**
 * Stochastic gradient descent (torch.optim.SGD; momentum after Sutskever et al., "On the importance of initialization
 * and momentum in deep learning", 2013).
 *
 * g ← ∇ + weight_decay·θ;  b ← momentum·b + (1 - dampening)·g, and b ← g in the first step;
 * θ ← θ - lr·b, or with Nesterov θ ← θ - lr·(g + momentum·b)
 */
export const sgd: Algorithm = {
  name: 'SGD',
  defaults: { lr: 1e-3, momentum: 0, dampening: 0, weight_decay: 0, nesterov: false, ...commonDefaults, fused: null },
  rules: { ...commonRules, momentum: notNegative, dampening: anyNumber, nesterov: flag },
  conflict: (settings) =>
    settings.nesterov && (numberOf(settings, 'momentum') <= 0 || numberOf(settings, 'dampening') !== 0)
      ? 'nesterov needs a momentum above 0 and a dampening of 0'
      : undefined,
  sparse: 'densified',
  savesStep: false,
  slots: (settings) => (settings.momentum === 0 ? NO_SLOTS : MOMENTUM),
  mayHold: ['momentum_buffer'],
  kernel: {
    name: (settings) => (settings.momentum === 0 ? 'sgd' : 'sgd_momentum'),
    constants: (settings, { fresh }) => [
      signOf(settings),
      numberOf(settings, 'weight_decay'),
      numberOf(settings, 'lr'),
      numberOf(settings, 'momentum'),
      fresh ? 1 : 1 - numberOf(settings, 'dampening'),
      numberOf(settings, 'nesterov'),
    ],
  },
  reference(settings, update) {
    const [lr, momentum] = [numberOf(settings, 'lr'), numberOf(settings, 'momentum')];
    const g = gradientOf(settings, update);
    const { param, slots, fresh } = update;
    const buffer = slots.momentum_buffer;
    if (!buffer) {
      param.add_(g, { alpha: -lr });
      return;
    }
    buffer.mul_(momentum).add_(g, { alpha: fresh ? 1 : 1 - numberOf(settings, 'dampening') });
    param.add_(settings.nesterov ? g.add(buffer, { alpha: momentum }) : buffer, { alpha: -lr });
  },
};
