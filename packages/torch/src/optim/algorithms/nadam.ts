/** Adam with Nesterov momentum. */
import { biasCorrection, decayOf, nadamFactors, numberOf, pairOf } from '@paramwise/core/internal';
import { average, averageOfSquares, gradientOf, withReference } from './algorithm.ts';

export const nadam = withReference('NAdam', (settings, update) => {
  const { param, slots, step } = update;
  const [beta1, beta2] = pairOf(settings);
  const { l2, keep } = decayOf(settings);
  const { ofGradient, ofAverage } = nadamFactors(settings, update);
  const g = gradientOf(settings, update, l2);
  if (keep !== 1) param.mul_(keep);
  const m = average(slots.exp_avg!, g, beta1);
  const v = averageOfSquares(slots.exp_avg_sq!, g, beta2);
  const denominator = v.div(biasCorrection(beta2, step)).sqrt_().add_(numberOf(settings, 'eps'));
  const direction = g.mul(ofGradient).add_(m, { alpha: ofAverage });
  param.addcdiv_(direction, denominator, { value: -1 });
});
