/** Losses as layers: (input, target) → a scalar, or one loss an element with `reduction: 'none'`. */
import type { Tensor } from '../tensor.ts';
import { checkRange } from './check.ts';
import * as c from './functional/classification.ts';
import { REDUCTION, type ReductionOptions } from './functional/reduction.ts';
import * as r from './functional/regression.ts';
import { Loss } from './loss-base.ts';

/** Cross entropy of scores and class indices or probabilities; see `functional.crossEntropy`. */
export class CrossEntropyLoss extends Loss<c.CrossEntropyOptions> {
  weight: Tensor | null;

  constructor(options: c.CrossEntropyOptions = {}, ...surplus: never[]) {
    super(c.CROSS_ENTROPY, options, surplus);
    checkRange('CrossEntropyLoss', 'labelSmoothing', this.options.labelSmoothing, 0, 1);
    this.weight = this.registerBuffer('weight', this.options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return c.crossEntropy(input, target, { ...this.options, weight: this.weight });
  }
}

/** Negative log-likelihood of log-probabilities and class indices; see `functional.nllLoss`. */
export class NLLLoss extends Loss<c.ClassLossOptions> {
  weight: Tensor | null;

  constructor(options: c.ClassLossOptions = {}, ...surplus: never[]) {
    super(c.CLASS_LOSS, options, surplus);
    this.weight = this.registerBuffer('weight', this.options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return c.nllLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/** (input - target)². */
export class MSELoss extends Loss<ReductionOptions> {
  constructor(options: ReductionOptions = {}, ...surplus: never[]) {
    super(REDUCTION, options, surplus);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return r.mseLoss(input, target, this.options);
  }
}

/** |input - target|. */
export class L1Loss extends Loss<ReductionOptions> {
  constructor(options: ReductionOptions = {}, ...surplus: never[]) {
    super(REDUCTION, options, surplus);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return r.l1Loss(input, target, this.options);
  }
}

/** Squares below `beta`, absolute values above; see `functional.smoothL1Loss`. */
export class SmoothL1Loss extends Loss<r.SmoothL1Options> {
  constructor(options: r.SmoothL1Options = {}, ...surplus: never[]) {
    super(r.SMOOTH_L1, options, surplus);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return r.smoothL1Loss(input, target, this.options);
  }
}

/** Squares below `delta`, absolute values above; see `functional.huberLoss`. */
export class HuberLoss extends Loss<r.HuberOptions> {
  constructor(options: r.HuberOptions = {}, ...surplus: never[]) {
    super(r.HUBER, options, surplus);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return r.huberLoss(input, target, this.options);
  }
}

/** Cross entropy of probabilities and targets from 0 to 1. */
export class BCELoss extends Loss<r.BinaryCrossEntropyOptions> {
  weight: Tensor | null;

  constructor(options: r.BinaryCrossEntropyOptions = {}, ...surplus: never[]) {
    super(r.BINARY, options, surplus);
    this.weight = this.registerBuffer('weight', this.options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return r.binaryCrossEntropy(input, target, { ...this.options, weight: this.weight });
  }
}

/** Cross entropy of log-odds and targets from 0 to 1. */
export class BCEWithLogitsLoss extends Loss<r.BinaryLogitsOptions> {
  weight: Tensor | null;
  pos_weight: Tensor | null;

  constructor(options: r.BinaryLogitsOptions = {}, ...surplus: never[]) {
    super(r.BINARY_LOGITS, options, surplus);
    this.weight = this.registerBuffer('weight', this.options.weight);
    this.pos_weight = this.registerBuffer('pos_weight', this.options.posWeight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const tensors = { weight: this.weight, posWeight: this.pos_weight };
    return r.binaryCrossEntropyWithLogits(input, target, { ...this.options, ...tensors });
  }
}

/** Divergence of Kullback and Leibler; see `functional.klDiv`. */
export class KLDivLoss extends Loss<r.KLDivOptions> {
  constructor(options: r.KLDivOptions = {}, ...surplus: never[]) {
    super(r.KL_DIV, options, surplus, r.KL_REDUCTIONS);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return r.klDiv(input, target, this.options);
  }
}

/** Negative log-likelihood of counts under a Poisson distribution. */
export class PoissonNLLLoss extends Loss<r.PoissonOptions> {
  constructor(options: r.PoissonOptions = {}, ...surplus: never[]) {
    super(r.POISSON, options, surplus);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return r.poissonNllLoss(input, target, this.options);
  }
}

/** Negative log-likelihood under a normal distribution. */
export class GaussianNLLLoss extends Loss<r.GaussianOptions> {
  constructor(options: r.GaussianOptions = {}, ...surplus: never[]) {
    super(r.GAUSSIAN, options, surplus);
  }

  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return r.gaussianNllLoss(input, target, variance, this.options);
  }
}
