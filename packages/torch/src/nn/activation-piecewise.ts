/** Activation functions in pieces as layers, element by element, without an exponential. */
import type { Tensor } from '../tensor.ts';
import * as f from './functional/activation.ts';
import { Module } from './module.ts';

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
