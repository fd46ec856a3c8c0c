/** Rectifiers as layers, element by element: x itself above zero, something else below. */
import type { Tensor } from '../tensor.ts';
import { checkCount, withDefaults } from './check.ts';
import * as f from './functional/activation.ts';
import { constant_ } from './init.ts';
import { Module } from './module.ts';
import { emptyParameter, type Parameter } from './parameter.ts';

/** max(x, 0). */
export class ReLU extends Module {
  forward(input: Tensor): Tensor {
    return f.relu(input);
  }
}

/** min(max(x, 0), 6). */
export class ReLU6 extends Module {
  forward(input: Tensor): Tensor {
    return f.relu6(input);
  }
}

/** x above zero, `negativeSlope · x` below. */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;

  constructor(negativeSlope = 0.01, ...surplus: never[]) {
    super(...surplus);
    this.negativeSlope = negativeSlope;
  }

  forward(input: Tensor): Tensor {
    return f.leakyRelu(input, this.negativeSlope);
  }

  override extraRepr(): string {
    return `negativeSlope=${this.negativeSlope}`;
  }
}

/** As LeakyReLU with a learned slope, one for all or one a channel (dimension 1) (He et al., 2015). */
export class PReLU extends Module {
  readonly numParameters: number;
  weight: Parameter;

  /** @param options `init`: the first value of the slope. Default 0.25. */
  constructor(numParameters = 1, options: { init?: number } = {}, ...surplus: never[]) {
    super();
    const { init } = withDefaults('PReLU', { init: 0.25 }, options, ...surplus);
    checkCount('PReLU', 'numParameters', numParameters);
    this.numParameters = numParameters;
    this.weight = emptyParameter([numParameters]);
    constant_(this.weight, init);
  }

  forward(input: Tensor): Tensor {
    return f.prelu(input, this.weight);
  }

  override extraRepr(): string {
    return `numParameters=${this.numParameters}`;
  }
}

/** As LeakyReLU with a slope drawn from [lower, upper) in training, and their mean in evaluation. */
export class RReLU extends Module {
  readonly lower: number;
  readonly upper: number;

  constructor(lower = 1 / 8, upper = 1 / 3, ...surplus: never[]) {
    super(...surplus);
    this.lower = lower;
    this.upper = upper;
  }

  forward(input: Tensor): Tensor {
    return f.rrelu(input, this.lower, this.upper, this.training);
  }

  override extraRepr(): string {
    return `lower=${this.lower}, upper=${this.upper}`;
  }
}

/** x above zero, `alpha (exp(x) - 1)` below. */
export class ELU extends Module {
  readonly alpha: number;

  constructor(alpha = 1, ...surplus: never[]) {
    super(...surplus);
    this.alpha = alpha;
  }

  forward(input: Tensor): Tensor {
    return f.elu(input, this.alpha);
  }

  override extraRepr(): string {
    return `alpha=${this.alpha}`;
  }
}

/** x above zero, `alpha (exp(x / alpha) - 1)` below. */
export class CELU extends Module {
  readonly alpha: number;

  constructor(alpha = 1, ...surplus: never[]) {
    super(...surplus);
    this.alpha = alpha;
  }

  forward(input: Tensor): Tensor {
    return f.celu(input, this.alpha);
  }

  override extraRepr(): string {
    return `alpha=${this.alpha}`;
  }
}

/** ELU scaled so that mean 0 and variance 1 are kept (Klambauer et al., 2017). */
export class SELU extends Module {
  forward(input: Tensor): Tensor {
    return f.selu(input);
  }
}

/** x above `threshold`, `value` elsewhere. */
export class Threshold extends Module {
  readonly threshold: number;
  readonly value: number;

  constructor(threshold: number, value: number, ...surplus: never[]) {
    super(...surplus);
    this.threshold = threshold;
    this.value = value;
  }

  forward(input: Tensor): Tensor {
    return f.threshold(input, this.threshold, this.value);
  }

  override extraRepr(): string {
    return `threshold=${this.threshold}, value=${this.value}`;
  }
}
