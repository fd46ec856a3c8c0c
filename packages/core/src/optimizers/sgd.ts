/** Gradient descent with optional momentum. */
import { type AlgorithmInfo, numberOf, type Settings, signOf, zeroSlots } from './algorithm.ts';
import { anyNumber, commonDefaults, commonRules, flag, notNegative } from './rules.ts';

const NO_SLOTS = zeroSlots();
const MOMENTUM = zeroSlots('momentum_buffer');

/** What SGD and LARS ask of Nesterov's momentum. */
export const nesterovConflict = (settings: Settings) =>
  settings.nesterov && (numberOf(settings, 'momentum') <= 0 || numberOf(settings, 'dampening') !== 0)
    ? 'nesterov needs a momentum above 0 and a dampening of 0'
    : undefined;

/** State of SGD and LARS. */
export const momentumSlots = (settings: Settings) => (settings.momentum === 0 ? NO_SLOTS : MOMENTUM);

/**
 * Stochastic gradient descent (torch.optim.SGD; momentum after Sutskever et al., "On the importance of initialization
 * and momentum in deep learning", 2013).
 *
 * g ← ∇ + weight_decay·θ;  b ← momentum·b + (1 - dampening)·g, and b ← g in the first step;
 * θ ← θ - lr·b, or with Nesterov θ ← θ - lr·(g + momentum·b)
 */
export const sgd: AlgorithmInfo = {
  name: 'SGD',
  defaults: { lr: 1e-3, momentum: 0, dampening: 0, weight_decay: 0, nesterov: false, ...commonDefaults, fused: null },
  rules: { ...commonRules, momentum: notNegative, dampening: anyNumber, nesterov: flag },
  conflict: nesterovConflict,
  sparse: 'densified',
  savesStep: false,
  slots: momentumSlots,
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
};
