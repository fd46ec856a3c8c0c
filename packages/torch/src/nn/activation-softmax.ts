/** Softmax and its relatives as layers: values along a dimension, made to sum to 1. */
import type { Tensor } from '../tensor.ts';
import { checkRank } from './check.ts';
import * as f from './functional/activation.ts';
import { Module } from './module.ts';

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
