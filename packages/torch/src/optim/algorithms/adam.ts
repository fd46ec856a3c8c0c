/** Adam and AdamW: steps scaled by running averages of the gradient and of its square. */
import { biasCorrection, decayOf, numberOf, pairOf } from '@paramwise/core/internal';
import { average, averageOfSquares, gradientOf, type Settings, type Update, withReference } from './algorithm.ts';

function reference(settings: Settings, update: Update, decoupled: boolean): void {
  const { param, slots, step } = update;
  const [beta1, beta2] = pairOf(settings);
  const { l2, keep } = decayOf(settings, decoupled);
  const g = gradientOf(settings, update, l2);
  if (keep !== 1) param.mul_(keep);
  const m = average(slots.exp_avg!, g, beta1);
  const v = averageOfSquares(slots.exp_avg_sq!, g, beta2);
  const largest = slots.max_exp_avg_sq;
  const second = largest ? largest.copy_(largest.maximum(v)) : v;
  const denominator = second
    .sqrt()
    .div_(Math.sqrt(biasCorrection(beta2, step)))
    .add_(numberOf(settings, 'eps'));
  param.addcdiv_(m, denominator, { value: -numberOf(settings, 'lr') / biasCorrection(beta1, step) });
}

export const adam = withReference('Adam', (settings, update) =>
  reference(settings, update, Boolean(settings.decoupled_weight_decay)),
);

export const adamW = withReference('AdamW', (settings, update) => reference(settings, update, true));
