/** Losses as layers: (input, target) → a scalar, or one loss an element with `reduction: 'none'`. */
import type { Tensor } from '../tensor.ts';
import { checkRange, withDefaults } from './check.ts';
import {
  CLASS_LOSS,
  type ClassLossOptions,
  CROSS_ENTROPY,
  type CrossEntropyOptions,
  crossEntropy,
  nllLoss,
} from './functional/classification.ts';
import { Module } from './module.ts';

/** A loss that keeps its options. Tensors among them are buffers, as in PyTorch. */
abstract class Loss<Options extends object> extends Module {
  protected readonly options: Required<Options>;

  constructor(defaults: Required<Options>, options: Options) {
    super();
    this.options = withDefaults(this.constructor.name, defaults, options);
  }
}

/** Cross entropy of scores and class indices or probabilities; see `functional.crossEntropy`. */
export class CrossEntropyLoss extends Loss<CrossEntropyOptions> {
  weight: Tensor | null;

  constructor(options: CrossEntropyOptions = {}) {
    super(CROSS_ENTROPY, options);
    checkRange('CrossEntropyLoss', 'labelSmoothing', this.options.labelSmoothing, 0, 1);
    this.weight = this.registerBuffer('weight', this.options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, { ...this.options, weight: this.weight });
  }
}

/** Negative log-likelihood of log-probabilities and class indices; see `functional.nllLoss`. */
export class NLLLoss extends Loss<ClassLossOptions> {
  weight: Tensor | null;

  constructor(options: ClassLossOptions = {}) {
    super(CLASS_LOSS, options);
    this.weight = this.registerBuffer('weight', this.options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, { ...this.options, weight: this.weight });
  }
}
