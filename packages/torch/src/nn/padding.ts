/** Padding layers for ([batch,] channels, …1 to 3 spatial dimensions). */
import type { Tensor } from '../tensor.ts';
import { checkRank, type Size } from './check.ts';
import { LAYOUT } from './conv.ts';
import { type PadMode, pad } from './functional/pad.ts';
import { Module } from './module.ts';

abstract class PadNd extends Module {
  /** Before and after, for the last dimension first. */
  readonly padding: readonly number[];
  readonly #mode: PadMode;
  readonly #value: number;

  constructor(dims: number, padding: Size, mode: PadMode, value = 0, ...surplus: never[]) {
    super(...surplus);
    this.padding = typeof padding === 'number' ? new Array<number>(2 * dims).fill(padding) : [...padding];
    if (this.padding.length !== 2 * dims || !this.padding.every(Number.isInteger))
      throw new RangeError(
        `${this.constructor.name}: padding must be a whole number or ${2 * dims} of them, before and after for the ` +
          `last dimension first; found [${this.padding.join(', ')}]`,
      );
    this.#mode = mode;
    this.#value = value;
  }

  forward(input: Tensor): Tensor {
    const dims = this.padding.length / 2;
    checkRank(this.constructor.name, input, [dims + 1, dims + 2], LAYOUT[dims] ?? '');
    return pad(input, this.padding, this.#mode, this.#value);
  }

  override extraRepr(): string {
    const value = this.#value === 0 ? '' : `, value=${this.#value}`;
    return `[${this.padding.join(', ')}]${value}`;
  }
}

/** Pads a signal with `value`. */
export class ConstantPad1d extends PadNd {
  constructor(padding: Size, value: number, ...surplus: never[]) {
    super(1, padding, 'constant', value, ...surplus);
  }
}

/** Pads an image with `value`. */
export class ConstantPad2d extends PadNd {
  constructor(padding: Size, value: number, ...surplus: never[]) {
    super(2, padding, 'constant', value, ...surplus);
  }
}

/** Pads a volume with `value`. */
export class ConstantPad3d extends PadNd {
  constructor(padding: Size, value: number, ...surplus: never[]) {
    super(3, padding, 'constant', value, ...surplus);
  }
}

/** Pads a signal with zeros. */
export class ZeroPad1d extends PadNd {
  constructor(padding: Size, ...surplus: never[]) {
    super(1, padding, 'constant', 0, ...surplus);
  }
}

/** Pads an image with zeros. */
export class ZeroPad2d extends PadNd {
  constructor(padding: Size, ...surplus: never[]) {
    super(2, padding, 'constant', 0, ...surplus);
  }
}

/** Pads a volume with zeros. */
export class ZeroPad3d extends PadNd {
  constructor(padding: Size, ...surplus: never[]) {
    super(3, padding, 'constant', 0, ...surplus);
  }
}

/** Pads a signal with its mirror image. */
export class ReflectionPad1d extends PadNd {
  constructor(padding: Size, ...surplus: never[]) {
    super(1, padding, 'reflect', 0, ...surplus);
  }
}

/** Pads an image with its mirror image. */
export class ReflectionPad2d extends PadNd {
  constructor(padding: Size, ...surplus: never[]) {
    super(2, padding, 'reflect', 0, ...surplus);
  }
}

/** Pads a volume with its mirror image. */
export class ReflectionPad3d extends PadNd {
  constructor(padding: Size, ...surplus: never[]) {
    super(3, padding, 'reflect', 0, ...surplus);
  }
}

/** Pads a signal with its border values. */
export class ReplicationPad1d extends PadNd {
  constructor(padding: Size, ...surplus: never[]) {
    super(1, padding, 'replicate', 0, ...surplus);
  }
}

/** Pads an image with its border values. */
export class ReplicationPad2d extends PadNd {
  constructor(padding: Size, ...surplus: never[]) {
    super(2, padding, 'replicate', 0, ...surplus);
  }
}

/** Pads a volume with its border values. */
export class ReplicationPad3d extends PadNd {
  constructor(padding: Size, ...surplus: never[]) {
    super(3, padding, 'replicate', 0, ...surplus);
  }
}
