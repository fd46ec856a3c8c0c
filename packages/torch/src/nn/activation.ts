/** Activation functions as layers: (…) → (…), element by element unless said otherwise. */
import type { Tensor } from '../tensor.ts';
import { checkChoice, checkCount, checkRank, withDefaults } from './check.ts';
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

/** x Φ(x); `approximate: 'tanh'` takes its approximation. */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';

  constructor(options: { approximate?: 'none' | 'tanh' } = {}, ...surplus: never[]) {
    super();
    this.approximate = withDefaults<{ approximate?: 'none' | 'tanh' }>(
      'GELU',
      { approximate: 'none' },
      options,
      ...surplus,
    ).approximate;
    checkChoice('GELU', 'approximate', this.approximate, ['none', 'tanh']);
  }

  forward(input: Tensor): Tensor {
    return f.gelu(input, this.approximate);
  }

  override extraRepr(): string {
    return `approximate=${this.approximate}`;
  }
}

/** x σ(x), also called swish. */
export class SiLU extends Module {
  forward(input: Tensor): Tensor {
    return f.silu(input);
  }
}

/** x tanh(softplus(x)). */
export class Mish extends Module {
  forward(input: Tensor): Tensor {
    return f.mish(input);
  }
}

export class Sigmoid extends Module {
  forward(input: Tensor): Tensor {
    return f.sigmoid(input);
  }
}

export class LogSigmoid extends Module {
  forward(input: Tensor): Tensor {
    return f.logSigmoid(input);
  }
}

/** x / 6 + 1/2, cut to [0, 1]. */
export class Hardsigmoid extends Module {
  forward(input: Tensor): Tensor {
    return f.hardsigmoid(input);
  }
}

/** x times hardsigmoid(x). */
export class Hardswish extends Module {
  forward(input: Tensor): Tensor {
    return f.hardswish(input);
  }
}

/** x cut to [min, max]. */
export class Hardtanh extends Module {
  readonly min: number;
  readonly max: number;

  constructor(min = -1, max = 1, ...surplus: never[]) {
    super(...surplus);
    if (!(min < max)) throw new RangeError(`Hardtanh: min (${min}) must be below max (${max})`);
    this.min = min;
    this.max = max;
  }

  forward(input: Tensor): Tensor {
    return f.hardtanh(input, this.min, this.max);
  }

  override extraRepr(): string {
    return `min=${this.min}, max=${this.max}`;
  }
}

export class Tanh extends Module {
  forward(input: Tensor): Tensor {
    return f.tanh(input);
  }
}

/** x - tanh(x). */
export class Tanhshrink extends Module {
  forward(input: Tensor): Tensor {
    return f.tanhshrink(input);
  }
}

/** Zero in [-lambda, lambda], x elsewhere. */
export class Hardshrink extends Module {
  readonly lambda: number;

  constructor(lambda = 0.5, ...surplus: never[]) {
    super(...surplus);
    this.lambda = lambda;
  }

  forward(input: Tensor): Tensor {
    return f.hardshrink(input, this.lambda);
  }

  override extraRepr(): string {
    return `lambda=${this.lambda}`;
  }
}

/** Zero in [-lambda, lambda], x moved towards zero by lambda elsewhere. */
export class Softshrink extends Module {
  readonly lambda: number;

  constructor(lambda = 0.5, ...surplus: never[]) {
    super(...surplus);
    this.lambda = lambda;
  }

  forward(input: Tensor): Tensor {
    return f.softshrink(input, this.lambda);
  }

  override extraRepr(): string {
    return `lambda=${this.lambda}`;
  }
}

/** log(1 + exp(beta x)) / beta; x itself where beta x is above `threshold`. */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor(beta = 1, threshold = 20, ...surplus: never[]) {
    super(...surplus);
    this.beta = beta;
    this.threshold = threshold;
  }

  forward(input: Tensor): Tensor {
    return f.softplus(input, this.beta, this.threshold);
  }

  override extraRepr(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`;
  }
}

/** x / (1 + |x|). */
export class Softsign extends Module {
  forward(input: Tensor): Tensor {
    return f.softsign(input);
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

/** The first half of dimension `dim` times the sigmoid of the second. */
export class GLU extends Module {
  readonly dim: number;

  constructor(dim = -1, ...surplus: never[]) {
    super(...surplus);
    this.dim = dim;
  }

  forward(input: Tensor): Tensor {
    return f.glu(input, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** Positive values that sum to 1 along `dim`. */
export class Softmax extends Module {
  readonly dim: number;

  constructor(dim: number, ...surplus: never[]) {
    super(...surplus);
    this.dim = dim;
  }

  forward(input: Tensor): Tensor {
    return f.softmax(input, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** softmax(-x) along `dim`. */
export class Softmin extends Module {
  readonly dim: number;

  constructor(dim: number, ...surplus: never[]) {
    super(...surplus);
    this.dim = dim;
  }

  forward(input: Tensor): Tensor {
    return f.softmin(input, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** log(softmax(x)) along `dim`. */
export class LogSoftmax extends Module {
  readonly dim: number;

  constructor(dim: number, ...surplus: never[]) {
    super(...surplus);
    this.dim = dim;
  }

  forward(input: Tensor): Tensor {
    return f.logSoftmax(input, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** Softmax over the channels of ([batch,] channels, height, width). */
export class Softmax2d extends Module {
  forward(input: Tensor): Tensor {
    checkRank('Softmax2d', input, [3, 4], '([batch,] channels, height, width)');
    return f.softmax(input, -3);
  }
}
