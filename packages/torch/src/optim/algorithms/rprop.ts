/** Steps by the sign of the gradient alone. */
import { pairOf } from '@paramwise/core/internal';
import { gradientOf, withReference } from './algorithm.ts';

export const rprop = withReference('Rprop', (settings, update) => {
  const { param, slots } = update;
  const [shrink, grow] = pairOf(settings, 'etas');
  const g = gradientOf(settings, update, 0);
  const product = g.mul(slots.prev!);
  const [same, turned] = [product.gt(0), product.lt(0)];
  const factor = product.fill_(1).maskedFill_(same, grow).maskedFill_(turned, shrink);
  const size = slots.step_size!.mul_(factor).clamp_(...pairOf(settings, 'step_sizes'));
  const taken = g.maskedFill(turned, 0);
  param.addcmul_(taken.sign(), size, { value: -1 });
  slots.prev!.copy_(taken);
});
