/** Adam for the rows of an embedding table that a batch looked up. */
import { type AlgorithmInfo, zeroSlots } from './algorithm.ts';
import { betas, commonRules, flag, positive } from './rules.ts';

const SLOTS = zeroSlots('exp_avg', 'exp_avg_sq');

/**
 * SparseAdam (torch.optim.SparseAdam; "lazy" Adam): for the entries that a sparse gradient holds
 *
 * m ← β₁m + (1 - β₁)g;  v ← β₂v + (1 - β₂)g²;  θ ← θ - lr·√(1 - β₂ᵗ)/(1 - β₁ᵗ) · m/(√v + ε)
 *
 * and nothing for the others: their averages do not decay.
 */
export const sparseAdam: AlgorithmInfo = {
  name: 'SparseAdam',
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, maximize: false },
  rules: { ...commonRules, lr: positive, eps: positive, betas, maximize: flag },
  sparse: 'demanded',
  slots: () => SLOTS,
};
