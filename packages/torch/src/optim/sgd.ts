/** Gradient descent with optional momentum. */
import { type Algorithm, anyNumber, commonDefaults, commonRules, flag, notNegative, numberOf } from './algorithm.ts';

/**
 * Stochastic gradient descent (torch.optim.SGD; momentum after Sutskever et al., "On the importance of initialization
 * and momentum in deep learning", 2013).
 *
 * g ← ∇ + weight_decay·θ;  b ← momentum·b + (1 - dampening)·g, and b ← g in the first step;
 * θ ← θ - lr·b, or with Nesterov θ ← θ - lr·(g + momentum·b)
 */
export const sgd: Algorithm = {
  name: 'SGD',
  defaults: { lr: 1e-3, momentum: 0, dampening: 0, weight_decay: 0, nesterov: false, ...commonDefaults },
  rules: { ...commonRules, momentum: notNegative, dampening: anyNumber, nesterov: flag },
  conflict: (settings) =>
    settings.nesterov && (numberOf(settings, 'momentum') <= 0 || numberOf(settings, 'dampening') !== 0)
      ? 'nesterov needs a momentum above 0 and a dampening of 0'
      : undefined,
  slots: (settings) => (settings.momentum === 0 ? [] : ['momentum_buffer']),
  kernel: (settings) => (settings.momentum === 0 ? 'sgd' : 'sgd_momentum'),
  kernelSettings: (settings, _step, fresh) => [
    numberOf(settings, 'lr'),
    numberOf(settings, 'weight_decay'),
    numberOf(settings, 'momentum'),
    numberOf(settings, 'dampening'),
    numberOf(settings, 'nesterov'),
    Number(fresh),
    numberOf(settings, 'maximize'),
  ],
};
