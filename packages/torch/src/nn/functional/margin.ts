/** Losses that ask for a margin between right and wrong. */
import { ops } from '../../operators.ts';
import type { Tensor } from '../../tensor.ts';
import { withDefaults } from '../check.ts';
import { logSigmoid } from './activation.ts';
import { REDUCTION, type ReductionOptions, reduced, reductionCode } from './reduction.ts';

export interface MarginOptions extends ReductionOptions {
  /** Default 0; for `hingeEmbeddingLoss` and `multiMarginLoss` 1. */
  margin?: number;
}

export const MARGIN: Required<MarginOptions> = { ...REDUCTION, margin: 0 };
export const HINGE: Required<MarginOptions> = { ...REDUCTION, margin: 1 };

/** max(0, -target (input1 - input2) + margin); a target of 1 ranks `input1` higher, -1 `input2`. */
export function marginRankingLoss(input1: Tensor, input2: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  const { margin, reduction } = withDefaults('marginRankingLoss', MARGIN, options);
  return ops.marginRankingLoss(input1, input2, target, margin, reductionCode('marginRankingLoss', reduction));
}

/** The input where the target is 1, max(0, margin - input) where it is -1. */
export function hingeEmbeddingLoss(input: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  const { margin, reduction } = withDefaults('hingeEmbeddingLoss', HINGE, options);
  return ops.hingeEmbeddingLoss(input, target, margin, reductionCode('hingeEmbeddingLoss', reduction));
}

/** 1 - cos where the target is 1, max(0, cos - margin) where it is -1, for vectors (batch, size). */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: MarginOptions = {},
): Tensor {
  const { margin, reduction } = withDefaults('cosineEmbeddingLoss', MARGIN, options);
  return ops.cosineEmbeddingLoss(input1, input2, target, margin, reductionCode('cosineEmbeddingLoss', reduction));
}

/** log(1 + exp(-target input)) for targets 1 and -1. */
export function softMarginLoss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  const { reduction } = withDefaults('softMarginLoss', REDUCTION, options);
  return ops.softMarginLoss(input, target, reductionCode('softMarginLoss', reduction));
}

export interface MultiMarginOptions extends MarginOptions {
  /** 1 or 2: the power of each excess. Default 1. */
  p?: 1 | 2;
  /** A factor for each class. Default 1. */
  weight?: Tensor | null;
}

export const MULTI_MARGIN: Required<MultiMarginOptions> = { ...HINGE, p: 1, weight: null };

/** The mean over classes of max(0, margin - score of the right class + score)^p; target: class indices, int64. */
export function multiMarginLoss(input: Tensor, target: Tensor, options: MultiMarginOptions = {}): Tensor {
  const { p, margin, weight, reduction } = withDefaults('multiMarginLoss', MULTI_MARGIN, options);
  return ops.multiMarginLoss(input, target, p, margin, weight, reductionCode('multiMarginLoss', reduction));
}

/** As `multiMarginLoss` for several right classes: their indices, then -1 (int64, the input's shape). */
export function multilabelMarginLoss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  const { reduction } = withDefaults('multilabelMarginLoss', REDUCTION, options);
  return ops.multilabelMarginLoss(input, target, reductionCode('multilabelMarginLoss', reduction));
}

export interface MultilabelSoftMarginOptions extends ReductionOptions {
  /** A factor for each class. Default 1. */
  weight?: Tensor | null;
}

export const MULTILABEL_SOFT_MARGIN: Required<MultilabelSoftMarginOptions> = { ...REDUCTION, weight: null };

/** The mean over classes of the binary cross entropy of log-odds (batch, classes) and targets 0 or 1. */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options: MultilabelSoftMarginOptions = {},
): Tensor {
  const where = 'multilabelSoftMarginLoss';
  const { weight, reduction } = withDefaults(where, MULTILABEL_SOFT_MARGIN, options);
  const right = target.mul(logSigmoid(input));
  const wrong = target.neg().add(1).mul(logSigmoid(input.neg()));
  const losses = right.add(wrong).neg();
  return reduced(where, (weight ? losses.mul(weight) : losses).mean([-1]), reduction);
}

export interface TripletOptions extends MarginOptions {
  /** The norm of the distance. Default 2. */
  p?: number;
  /** Default 1e-6. */
  eps?: number;
  /** Take the distance from positive to negative where it is less. Default false. */
  swap?: boolean;
}

export const TRIPLET: Required<TripletOptions> = { ...HINGE, p: 2, eps: 1e-6, swap: false };

/** max(0, distance to the positive - distance to the negative + margin), for vectors (batch, size). */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletOptions = {},
): Tensor {
  const { margin, p, eps, swap, reduction } = withDefaults('tripletMarginLoss', TRIPLET, options);
  const code = reductionCode('tripletMarginLoss', reduction);
  return ops.tripletMarginLoss(anchor, positive, negative, margin, p, eps, swap, code);
}

export interface CTCOptions extends ReductionOptions {
  /** The class of the blank. Default 0. */
  blank?: number;
  /** Losses that are infinite, as of targets too long for the input, are zero. Default false. */
  zeroInfinity?: boolean;
}

export const CTC: Required<CTCOptions> = { ...REDUCTION, blank: 0, zeroInfinity: false };

/**
 * Connectionist temporal classification (Graves et al., 2006).
 *
 * @param logProbs (time, batch, classes), log-probabilities
 * @param targets class indices (batch, length) or all after one another, int64
 * @param inputLengths of each sequence of the batch
 * @param targetLengths likewise
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: readonly number[],
  targetLengths: readonly number[],
  options: CTCOptions = {},
): Tensor {
  const { blank, zeroInfinity, reduction } = withDefaults('ctcLoss', CTC, options);
  const code = reductionCode('ctcLoss', reduction);
  return ops.ctcLoss(logProbs, targets, inputLengths, targetLengths, blank, code, zeroInfinity);
}
