/** Padding of the last dimensions. */
import { callOperator } from '../../dispatch.ts';
import type { Tensor } from '../../tensor.ts';
import { checkChoice } from '../check.ts';

/** What stands outside: a constant, the mirrored inside, the border value, or the other end. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

const MODES: readonly PadMode[] = ['constant', 'reflect', 'replicate', 'circular'];

/**
 * Adds to (or, where negative, cuts from) both ends of the last dimensions (torch.nn.functional.pad).
 *
 * @param amounts two numbers a dimension, before and after, for the last dimension first
 * @param value for `constant`. Default 0.
 */
export function pad(input: Tensor, amounts: readonly number[], mode: PadMode = 'constant', value = 0): Tensor {
  checkChoice('pad', 'mode', mode, MODES);
  if (amounts.length % 2 !== 0 || amounts.length > 2 * input.ndim)
    throw new RangeError(
      `pad: expected a pair of amounts for at most ${input.ndim} dimensions, found [${amounts.join(', ')}]`,
    );
  return callOperator('aten::pad', input, amounts, mode, mode === 'constant' ? value : null) as Tensor;
}
