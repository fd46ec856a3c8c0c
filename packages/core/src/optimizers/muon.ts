/** Momentum made orthogonal, for the matrices of hidden layers. */
import { type AlgorithmInfo, zeroSlots } from './algorithm.ts';
import {
  anyNumber,
  atLeast,
  commonDefaults,
  commonRules,
  decayRate,
  flag,
  oneOf,
  orNull,
  positive,
  type Rule,
} from './rules.ts';

const SLOTS = zeroSlots('momentum_buffer');

const coefficients: Rule = {
  allowed: 'three numbers',
  holds: (value) => Array.isArray(value) && value.length === 3 && value.every(anyNumber.holds),
};

/**
 * Muon (Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; defaults and options of
 * torch.optim.Muon), for matrices; a weight of more dimensions counts as (first, all others), a convolution so as
 * (output channels, inputs of a position):
 *
 * b ← momentum·b + (1 - momentum)·g;  u = (1 - momentum)·g + momentum·b with Nesterov, b otherwise;
 * θ ← θ - lr·weight_decay·θ - lr·scale·orthogonalize(u)
 *
 * scale, by `adjust_lr_fn`: √max(1, rows/columns) for `original` (and null), 0.2·√max(rows, columns) for
 * `match_rms_adamw` (Liu et al., "Muon is scalable for LLM training", 2025), which lets it take AdamW's rate and decay.
 */
export const muon: AlgorithmInfo = {
  name: 'Muon',
  defaults: {
    lr: 1e-3,
    weight_decay: 0.1,
    momentum: 0.95,
    nesterov: true,
    ns_coefficients: [3.4445, -4.775, 2.0315],
    eps: 1e-7,
    ns_steps: 5,
    adjust_lr_fn: null,
    ...commonDefaults,
  },
  rules: {
    ...commonRules,
    momentum: decayRate,
    nesterov: flag,
    ns_coefficients: coefficients,
    eps: positive,
    ns_steps: atLeast(1),
    adjust_lr_fn: orNull(oneOf('original', 'match_rms_adamw')),
  },
  refuses: (shape) =>
    shape.length >= 2
      ? undefined
      : {
          found: `shape [${shape.join(', ')}]`,
          allowed: 'matrices and weights of more dimensions; put this one into a group with algorithm: "AdamW"',
        },
  savesStep: false,
  slots: () => SLOTS,
};
