/** Adam with a rectified variance, which needs no warm-up. */
import { decayOf, numberOf, pairOf, radamStep } from '@paramwise/core/internal';
import { average, averageOfSquares, gradientOf, withReference } from './algorithm.ts';

export const radam = withReference('RAdam', (settings, update) => {
  const { param, slots, step } = update;
  const [beta1, beta2] = pairOf(settings);
  const { l2, keep } = decayOf(settings);
  const { size, rectified } = radamStep(settings, step);
  const g = gradientOf(settings, update, l2);
  if (keep !== 1) param.mul_(keep);
  const m = average(slots.exp_avg!, g, beta1);
  const v = averageOfSquares(slots.exp_avg_sq!, g, beta2);
  if (rectified) param.addcdiv_(m, v.sqrt().add_(numberOf(settings, 'eps')), { value: -size });
  else param.add_(m, { alpha: -size });
});
