/** Layers that change the shape only. */
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

/** Dimensions `startDim` to `endDim` become one (torch.nn.Flatten). */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  /** Default: all but the first. */
  constructor(startDim = 1, endDim = -1, ...surplus: never[]) {
    super(...surplus);
    this.startDim = startDim;
    this.endDim = endDim;
  }

  forward(input: Tensor): Tensor {
    return input.flatten(this.startDim, this.endDim);
  }

  override extraRepr(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}

/** Dimension `dim` becomes several of the given sizes, one of which may be -1 (torch.nn.Unflatten). */
export class Unflatten extends Module {
  readonly dim: number;
  readonly sizes: readonly number[];

  constructor(dim: number, sizes: readonly number[], ...surplus: never[]) {
    super(...surplus);
    if (sizes.length === 0 || !sizes.every((size) => Number.isInteger(size) && size >= -1))
      throw new RangeError(
        `Unflatten: sizes must be whole numbers, at most one of them -1, found [${sizes.join(', ')}]`,
      );
    this.dim = dim;
    this.sizes = [...sizes];
  }

  forward(input: Tensor): Tensor {
    return input.unflatten(this.dim, this.sizes);
  }

  override extraRepr(): string {
    return `dim=${this.dim}, sizes=[${this.sizes.join(', ')}]`;
  }
}
