/** Steps of one size in the direction of an interpolated momentum. */
import { decayOf, numberOf, pairOf } from '@paramwise/core/internal';
import { average, gradientOf, withReference } from './algorithm.ts';

export const lion = withReference('Lion', (settings, update) => {
  const { param, slots } = update;
  const [beta1, beta2] = pairOf(settings);
  const m = slots.exp_avg!;
  const g = gradientOf(settings, update, 0);
  const direction = m
    .mul(beta1)
    .add_(g, { alpha: 1 - beta1 })
    .sign();
  param.mul_(decayOf(settings, true).keep).add_(direction, { alpha: -numberOf(settings, 'lr') });
  average(m, g, beta2);
});
