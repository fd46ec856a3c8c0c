/** Steps of one size in the direction of an interpolated momentum. */
import { type AlgorithmInfo, decayOf, numberOf, pairOf, signOf, zeroSlots } from './algorithm.ts';
import { betas, commonDefaults, commonRules } from './rules.ts';

const SLOTS = zeroSlots('exp_avg');

/**
 * Lion (Chen et al., "Symbolic discovery of optimization algorithms", 2023):
 *
 * θ ← θ - lr·weight_decay·θ - lr·sign(β₁m + (1 - β₁)g);  m ← β₂m + (1 - β₂)g
 */
export const lion: AlgorithmInfo = {
  name: 'Lion',
  defaults: { lr: 1e-4, betas: [0.9, 0.99], weight_decay: 0, ...commonDefaults },
  rules: { ...commonRules, betas },
  savesStep: false,
  slots: () => SLOTS,
  kernel: {
    name: () => 'lion',
    constants(settings) {
      const [beta1, beta2] = pairOf(settings);
      const { keep } = decayOf(settings, true);
      return [signOf(settings), keep, numberOf(settings, 'lr'), beta1, 1 - beta1, beta2, 1 - beta2];
    },
  },
};
