/** Momentum made orthogonal, for the matrices of hidden layers. */
import { numberOf } from '@paramwise/core/internal';
import type { Tensor } from '../../tensor.ts';
import { gradientOf, type Settings, withReference } from './algorithm.ts';

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

export const muon = withReference('Muon', (settings, update) => {
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
});
