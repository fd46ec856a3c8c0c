/** Losses that ask for a margin, as layers; each is the function of the same name in `functional`. */
import type { Tensor } from '../tensor.ts';
import * as m from './functional/margin.ts';
import { REDUCTION, type ReductionOptions } from './functional/reduction.ts';
import { Loss } from './loss-base.ts';

/** max(0, -target (input1 - input2) + margin). */
export class MarginRankingLoss extends Loss<m.MarginOptions> {
  constructor(options: m.MarginOptions = {}, ...surplus: never[]) {
    super(m.MARGIN, options, surplus);
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return m.marginRankingLoss(input1, input2, target, this.options);
  }
}

/** The input where the target is 1, max(0, margin - input) where it is -1. */
export class HingeEmbeddingLoss extends Loss<m.MarginOptions> {
  constructor(options: m.MarginOptions = {}, ...surplus: never[]) {
    super(m.HINGE, options, surplus);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return m.hingeEmbeddingLoss(input, target, this.options);
  }
}

/** 1 - cos where the target is 1, max(0, cos - margin) where it is -1. */
export class CosineEmbeddingLoss extends Loss<m.MarginOptions> {
  constructor(options: m.MarginOptions = {}, ...surplus: never[]) {
    super(m.MARGIN, options, surplus);
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return m.cosineEmbeddingLoss(input1, input2, target, this.options);
  }
}

/** log(1 + exp(-target input)). */
export class SoftMarginLoss extends Loss<ReductionOptions> {
  constructor(options: ReductionOptions = {}, ...surplus: never[]) {
    super(REDUCTION, options, surplus);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return m.softMarginLoss(input, target, this.options);
  }
}

/** Every wrong class stays a margin below the right one. */
export class MultiMarginLoss extends Loss<m.MultiMarginOptions> {
  weight: Tensor | null;

  constructor(options: m.MultiMarginOptions = {}, ...surplus: never[]) {
    super(m.MULTI_MARGIN, options, surplus);
    this.weight = this.registerBuffer('weight', this.options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return m.multiMarginLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/** Every wrong class stays a margin below each right one. */
export class MultiLabelMarginLoss extends Loss<ReductionOptions> {
  constructor(options: ReductionOptions = {}, ...surplus: never[]) {
    super(REDUCTION, options, surplus);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return m.multilabelMarginLoss(input, target, this.options);
  }
}

/** The mean over classes of binary cross entropies of log-odds. */
export class MultiLabelSoftMarginLoss extends Loss<m.MultilabelSoftMarginOptions> {
  weight: Tensor | null;

  constructor(options: m.MultilabelSoftMarginOptions = {}, ...surplus: never[]) {
    super(m.MULTILABEL_SOFT_MARGIN, options, surplus);
    this.weight = this.registerBuffer('weight', this.options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return m.multilabelSoftMarginLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/** The negative stays a margin further away from the anchor than the positive. */
export class TripletMarginLoss extends Loss<m.TripletOptions> {
  constructor(options: m.TripletOptions = {}, ...surplus: never[]) {
    super(m.TRIPLET, options, surplus);
  }

  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return m.tripletMarginLoss(anchor, positive, negative, this.options);
  }
}

/** Connectionist temporal classification (Graves et al., 2006); see `functional.ctcLoss`. */
export class CTCLoss extends Loss<m.CTCOptions> {
  constructor(options: m.CTCOptions = {}, ...surplus: never[]) {
    super(m.CTC, options, surplus);
  }

  forward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: readonly number[],
    targetLengths: readonly number[],
  ): Tensor {
    return m.ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options);
  }
}
