/** Steps scaled by the gradients seen so far: Adagrad, Adadelta, RMSprop. */
import { adagradRate, numberOf } from '@paramwise/core/internal';
import { average, averageOfSquares, gradientOf, withReference } from './algorithm.ts';

export const adagrad = withReference('Adagrad', (settings, update) => {
  const { param, slots, step } = update;
  const g = gradientOf(settings, update);
  const sum = slots.sum!.addcmul_(g, g);
  param.addcdiv_(g, sum.sqrt().add_(numberOf(settings, 'eps')), { value: -adagradRate(settings, step) });
});

export const adadelta = withReference('Adadelta', (settings, update) => {
  const { param, slots } = update;
  const [rho, eps] = [numberOf(settings, 'rho'), numberOf(settings, 'eps')];
  const g = gradientOf(settings, update);
  const v = averageOfSquares(slots.square_avg!, g, rho);
  const sizes = slots.acc_delta!;
  const delta = sizes.add(eps).sqrt_().div_(v.add(eps).sqrt_()).mul_(g);
  averageOfSquares(sizes, delta, rho);
  param.add_(delta, { alpha: -numberOf(settings, 'lr') });
});

export const rmsprop = withReference('RMSprop', (settings, update) => {
  const { param, slots } = update;
  const [lr, alpha] = [numberOf(settings, 'lr'), numberOf(settings, 'alpha')];
  const { momentum_buffer: buffer, grad_avg: mean } = slots;
  const g = gradientOf(settings, update);
  const v = averageOfSquares(slots.square_avg!, g, alpha);
  if (mean) average(mean, g, alpha);
  const variance = mean ? v.addcmul(mean, mean, { value: -1 }) : v;
  const denominator = variance.sqrt().add_(numberOf(settings, 'eps'));
  if (!buffer) param.addcdiv_(g, denominator, { value: -lr });
  else param.add_(buffer.mul_(numberOf(settings, 'momentum')).addcdiv_(g, denominator), { alpha: -lr });
});
