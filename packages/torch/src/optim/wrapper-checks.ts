/** What a wrapper refuses, and what it warns of. */
import { describeValue } from '@paramwise/core/internal';
import { isPlainObject } from '../handle.ts';
import { BatchNorm } from '../nn/batch-norm.ts';
import type { Module } from '../nn/module.ts';
import { checkOptions } from '../options.ts';
import { Tensor } from '../tensor.ts';
import type { UpdateOptions } from './wrapper-options.ts';

/** @throws TypeError for what is no tensor; that it holds one value is asked by `backward` */
export function checkLoss(loss: unknown, whoTakes: string): void {
  if (loss instanceof Tensor) return;
  throw new TypeError(`${whoTakes} the loss, a tensor of one value; found ${describeValue(loss)}`);
}

/**
 * The options of a wrapper as they are.
 *
 * @throws TypeError where there is no optimizer in them, as where the optimizer itself is given
 */
export function checkWrapperOptions<T extends { optimizer: object }>(who: string, options: T): T {
  const { optimizer } = (Object(options) as Partial<T>) ?? {};
  if (typeof optimizer === 'object' && 'paramGroups' in optimizer) return options;
  throw new TypeError(`${who} takes options, with an optimizer among them: new ${who}({ optimizer, clip_grad, … })`);
}

const UPDATE_OPTIONS = { items: 0, setToNone: true, closure: null };

/** Options of a call as they are. @throws TypeError for what is no plain object, and for an option that there is not */
export function checkUpdateOptions(where: string, options: UpdateOptions): UpdateOptions {
  if (typeof options !== 'object' || options === null || !isPlainObject(options))
    throw new TypeError(
      `${where}: options are an object with items, setToNone or closure; found ${describeValue(options)}`,
    );
  checkOptions(where, UPDATE_OPTIONS, options);
  return options;
}

export function warn(message: string): void {
  process.emitWarning(message, { type: 'ParamwiseWarning' });
}

export function warnOfBatchNorms(model: Module): void {
  if ([...model.modules()].some((module) => module instanceof BatchNorm))
    warn(
      'accumulative_counts above 1 with batch normalization: its statistics are those of each batch, not of the accumulated one',
    );
}
