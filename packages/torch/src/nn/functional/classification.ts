/** Losses of class predictions. */
import { ops } from '../../operators.ts';
import type { Tensor } from '../../tensor.ts';
import { checkRange, withDefaults } from '../check.ts';
import { type ReductionOptions, reductionCode } from './reduction.ts';

export interface ClassLossOptions extends ReductionOptions {
  /** A factor for each class, shape (classes). Default all 1. */
  weight?: Tensor | null;
  /** The target that does not count. Default -100. */
  ignoreIndex?: number;
}

export interface CrossEntropyOptions extends ClassLossOptions {
  /** The share of the target that is spread over all classes, from 0 to 1. Default 0. */
  labelSmoothing?: number;
}

export const CLASS_LOSS: Required<ClassLossOptions> = {
  weight: null,
  ignoreIndex: -100,
  reduction: 'mean',
};

export const CROSS_ENTROPY: Required<CrossEntropyOptions> = { ...CLASS_LOSS, labelSmoothing: 0 };

/**
 * Cross entropy of unnormalised scores (batch, classes, …) and either class indices (batch, …) of dtype int64 or
 * class probabilities of the scores' shape.
 */
export function crossEntropy(input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const given = withDefaults('crossEntropy', CROSS_ENTROPY, options);
  const { weight, reduction, ignoreIndex, labelSmoothing } = given;
  checkRange('crossEntropy', 'labelSmoothing', labelSmoothing, 0, 1);
  checkTarget('crossEntropy', input, target);
  const code = reductionCode('crossEntropy', reduction);
  return ops.crossEntropyLoss(input, target, weight, code, ignoreIndex, labelSmoothing);
}

/** Negative log-likelihood of log-probabilities (batch, classes, …) and class indices (batch, …) of dtype int64. */
export function nllLoss(input: Tensor, target: Tensor, options: ClassLossOptions = {}): Tensor {
  const { weight, reduction, ignoreIndex } = withDefaults('nllLoss', CLASS_LOSS, options);
  checkTarget('nllLoss', input, target);
  return ops.nllLossNd(input, target, weight, reductionCode('nllLoss', reduction), ignoreIndex);
}

/** Class indices leave out dimension 1 of the scores; probabilities have all. */
function checkTarget(where: string, input: Tensor, target: Tensor): void {
  const [scores, given] = [input.shape, target.shape];
  const expected = scores.length < 2 ? [] : [scores[0], ...scores.slice(2)];
  const [asIndices, found] = [expected.join(', '), given.join(', ')];
  if (where === 'crossEntropy' && scores.join(', ') === found && target.dtype !== 'int64') return;
  if (asIndices !== found)
    throw new RangeError(
      `${where}: for scores of shape [${scores.join(', ')}] the target must be class indices of shape [${asIndices}]` +
        `${where === 'crossEntropy' ? ' or probabilities of the shape of the scores' : ''}; found shape [${found}]`,
    );
  if (target.dtype !== 'int64')
    throw new TypeError(
      `${where}: class indices must be int64, found ${target.dtype}: tensor(labels, { dtype: 'int64' })`,
    );
}
