/** Gradient descent with a rate a layer, for very large batches. */
import type { AlgorithmInfo } from './algorithm.ts';
import { anyNumber, commonDefaults, commonRules, flag, notNegative } from './rules.ts';
import { momentumSlots, nesterovConflict } from './sgd.ts';

/**
 * LARS (You, Gitman & Ginsburg, "Large batch training of convolutional networks", 2017; settings as in MMPretrain):
 *
 * λ = η·‖θ‖/(‖g‖ + weight_decay·‖θ‖ + ε), and 1 for a group with `lars_exclude` (biases, norms);
 * b ← momentum·b + (1 - dampening)·lr·λ·(g + weight_decay·θ), undampened in the first step;  θ ← θ - b
 */
export const lars: AlgorithmInfo = {
  name: 'LARS',
  defaults: {
    lr: 1e-3,
    momentum: 0,
    dampening: 0,
    weight_decay: 0,
    eta: 1e-3,
    nesterov: false,
    eps: 1e-8,
    lars_exclude: false,
    ...commonDefaults,
  },
  rules: {
    ...commonRules,
    momentum: notNegative,
    dampening: anyNumber,
    eta: notNegative,
    nesterov: flag,
    eps: notNegative,
    lars_exclude: flag,
  },
  conflict: nesterovConflict,
  savesStep: false,
  slots: momentumSlots,
  mayHold: ['momentum_buffer'],
};
