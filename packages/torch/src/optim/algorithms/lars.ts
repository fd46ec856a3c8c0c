/** Gradient descent with a rate a layer, for very large batches. */
import { numberOf } from '@paramwise/core/internal';
import type { Tensor } from '../../tensor.ts';
import { gradientOf, normOf, type Settings, withReference } from './algorithm.ts';

/** η·‖θ‖/(‖g‖ + weight_decay·‖θ‖ + ε), and 1 where a norm is 0 or the parameter is left out. */
function localRate(settings: Settings, param: Tensor, grad: Tensor): number {
  if (settings.lars_exclude) return 1;
  const [size, slope] = [normOf(param), normOf(grad)];
  if (size === 0 || slope === 0) return 1;
  return (
    (numberOf(settings, 'eta') * size) / (slope + numberOf(settings, 'weight_decay') * size + numberOf(settings, 'eps'))
  );
}

export const lars = withReference('LARS', (settings, update) => {
  const { param, grad, slots, fresh } = update;
  const momentum = numberOf(settings, 'momentum');
  const rate = numberOf(settings, 'lr') * localRate(settings, param, grad);
  const step = gradientOf(settings, update).mul(rate);
  const buffer = slots.momentum_buffer;
  if (!buffer) {
    param.sub_(step);
    return;
  }
  buffer.mul_(momentum).add_(step, { alpha: fresh ? 1 : 1 - numberOf(settings, 'dampening') });
  param.sub_(settings.nesterov ? step.add(buffer, { alpha: momentum }) : buffer);
});
