/** Adam with the infinity norm. */
import { biasCorrection, numberOf, pairOf } from '@paramwise/core/internal';
import { average, gradientOf, withReference } from './algorithm.ts';

export const adamax = withReference('Adamax', (settings, update) => {
  const { param, slots, step } = update;
  const [beta1, beta2] = pairOf(settings);
  const g = gradientOf(settings, update);
  const m = average(slots.exp_avg!, g, beta1);
  const u = slots.exp_inf!;
  u.copy_(u.mul(beta2).maximum(g.abs().add_(numberOf(settings, 'eps'))));
  param.addcdiv_(m, u, { value: -numberOf(settings, 'lr') / biasCorrection(beta1, step) });
});
