/** Gradient descent whose iterates are averaged. */
import { asgdDecay } from '@paramwise/core/internal';
import { gradientOf, withReference } from './algorithm.ts';

export const asgd = withReference('ASGD', (settings, update) => {
  const { param, slots, scalars } = update;
  const { eta, mu } = scalars as { eta: number; mu: number };
  const g = gradientOf(settings, update);
  param.mul_(asgdDecay(settings, eta)).add_(g, { alpha: -eta });
  const mean = slots.ax!;
  if (mu === 1) mean.copy_(param);
  else mean.add_(param.sub(mean).mul_(mu));
});
