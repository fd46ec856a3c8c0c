/** Adam's second moment in the memory of one row and one column. */
import { numberOf } from '@paramwise/core/internal';
import type { Tensor } from '../../tensor.ts';
import { gradientOf, normOf, type Settings, type Update, withReference } from './algorithm.ts';

const SPACING: Readonly<Record<string, number>> = {
  float64: 2 ** -52,
  float32: 2 ** -23,
  float16: 2 ** -10,
  bfloat16: 2 ** -7,
};

const rms = (values: Tensor) => normOf(values) / Math.sqrt(values.numel);

/** The estimate of g²: of a matrix (the last two dimensions) the outer product of its row and column means. */
function secondMoment(grad: Tensor, { slots }: Update, weight: number, eps: number): Tensor {
  const { row_var: rows, col_var: columns, variance } = slots;
  const squares = grad.square();
  if (!rows || !columns) return variance!.lerp_(squares, weight).clone();
  rows.lerp_(squares.mean([-1], true), weight);
  columns.lerp_(squares.mean([-2], true), weight);
  return rows.matmul(columns).div_(rows.mean([-2], true).clampMin(eps));
}

/** Rate and decay of a step: lr limits the relative step 1/√t. */
function ratesAt(settings: Settings, step: number): { rate: number; weight: number; keep: number } {
  const lr = numberOf(settings, 'lr');
  return {
    rate: Math.min(lr, 1 / Math.sqrt(step)),
    weight: step ** numberOf(settings, 'beta2_decay'),
    keep: 1 - lr * numberOf(settings, 'weight_decay'),
  };
}

export const adafactor = withReference('Adafactor', (settings, update) => {
  const { param, step } = update;
  const [eps1, eps2] = settings.eps as [number | null, number];
  const least = eps1 ?? SPACING[param.dtype] ?? 0;
  const { rate, weight, keep } = ratesAt(settings, step);
  const g = gradientOf(settings, update, 0);
  const size = Math.max(eps2, rms(param)) * rate;
  if (keep !== 1) param.mul_(keep);
  const direction = secondMoment(g, update, weight, least)
    .clamp_(least * least)
    .rsqrt_()
    .mul_(g);
  param.add_(direction, { alpha: -size / Math.max(1, rms(direction) / numberOf(settings, 'd')) });
});
