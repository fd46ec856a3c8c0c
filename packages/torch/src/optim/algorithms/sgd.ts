/** Gradient descent with optional momentum. */
import { numberOf } from '@paramwise/core/internal';
import { gradientOf, withReference } from './algorithm.ts';

export const sgd = withReference('SGD', (settings, update) => {
  const [lr, momentum] = [numberOf(settings, 'lr'), numberOf(settings, 'momentum')];
  const g = gradientOf(settings, update);
  const { param, slots, fresh } = update;
  const buffer = slots.momentum_buffer;
  if (!buffer) {
    param.add_(g, { alpha: -lr });
    return;
  }
  buffer.mul_(momentum).add_(g, { alpha: fresh ? 1 : 1 - numberOf(settings, 'dampening') });
  param.add_(settings.nesterov ? g.add(buffer, { alpha: momentum }) : buffer, { alpha: -lr });
});
