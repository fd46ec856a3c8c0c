/** Momentum made orthogonal, for the matrices of hidden layers. */
import type { Tensor } from '../../tensor.ts';
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
} from '../rules.ts';
import { type Algorithm, gradientOf, numberOf, type Settings, zeroSlots } from './algorithm.ts';

const coefficients: Rule = {
  allowed: 'three numbers',
  holds: (value) => Array.isArray(value) && value.length === 3 && value.every(anyNumber.holds),
};

/**
 * The orthogonal matrix nearest to a matrix, roughly: singular values end near 1 (within about 0.7 … 1.2 for the
 * default coefficients). A Newton–Schulz iteration of degree five: X ← aX + (bA + cA²)X with A = XXᵀ, from X/‖X‖.
 *
 * @param matrix (rows, columns)
 */
export function orthogonalize(
  matrix: Tensor,
  { coefficients = [3.4445, -4.775, 2.0315], steps = 5, eps = 1e-7 } = {},
): Tensor {
  const [a, b, c] = coefficients as [number, number, number];
  const [rows = 0, columns = 0] = matrix.shape;
  const isTall = rows > columns;
  const wide = isTall ? matrix.t() : matrix;
  let x = wide.div(wide.norm().clampMin(eps));
  for (let step = 0; step < steps; step++) {
    const gram = x.matmul(x.t());
    const polynomial = gram.addmm(gram, gram, { beta: b, alpha: c });
    x = x.addmm(polynomial, x, { beta: a });
  }
  return isTall ? x.t() : x;
}

/** The rate for a matrix of this shape. */
function adjustedRate(settings: Settings, [rows, columns]: readonly [number, number]): number {
  const lr = numberOf(settings, 'lr');
  if (settings.adjust_lr_fn === 'match_rms_adamw') return lr * 0.2 * Math.sqrt(Math.max(rows, columns));
  return lr * Math.sqrt(Math.max(1, rows / columns));
}

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
export const muon: Algorithm = {
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
  refuses: (param) =>
    param.ndim >= 2
      ? undefined
      : {
          found: `shape [${param.shape.join(', ')}]`,
          allowed: 'matrices and weights of more dimensions; put this one into a group with algorithm: "AdamW"',
        },
  savesStep: false,
  slots: () => zeroSlots('momentum_buffer'),
  reference(settings, update) {
    const { param, slots } = update;
    const momentum = numberOf(settings, 'momentum');
    const g = gradientOf(settings, update, 0);
    const buffer = slots.momentum_buffer!.lerp_(g, 1 - momentum);
    const direction = (settings.nesterov ? g.lerp(buffer, momentum) : buffer).flatten(1);
    const orthogonal = orthogonalize(direction, {
      coefficients: settings.ns_coefficients as number[],
      steps: numberOf(settings, 'ns_steps'),
      eps: numberOf(settings, 'eps'),
    });
    param.mul_(1 - numberOf(settings, 'lr') * numberOf(settings, 'weight_decay'));
    const rate = adjustedRate(settings, direction.shape as [number, number]);
    param.add_(orthogonal.reshape(param.shape), { alpha: -rate });
  },
};
