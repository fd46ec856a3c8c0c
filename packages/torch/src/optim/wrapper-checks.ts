/** What a wrapper refuses, and what it warns of. */
import { describeValue } from '@paramwise/core/internal';
import { BatchNorm } from '../nn/batch-norm.ts';
import type { Module } from '../nn/module.ts';
import { Tensor } from '../tensor.ts';

/** @throws TypeError for anything else than a tensor of one value */
export function checkLoss(loss: unknown, whoTakes: string): void {
  const found = loss instanceof Tensor ? (loss.numel === 1 ? undefined : `shape [${loss.shape}]`) : describeValue(loss);
  if (found !== undefined) throw new TypeError(`${whoTakes} the loss, a tensor of one value; found ${found}`);
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
