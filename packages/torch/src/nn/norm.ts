/** Layer, group and local response normalisation: those that keep no statistics. */
import type { ModuleKind } from '@paramwise/core';
import { ops } from '../operators.ts';
import type { Tensor } from '../tensor.ts';
import { checkCount, checkDivisible, checkSize, type Size, withDefaults } from './check.ts';
import { localResponseNorm } from './functional/norm.ts';
import { ones_, zeros_ } from './init.ts';
import { Module } from './module.ts';
import { emptyParameter, type Parameter } from './parameter.ts';

const NORM: ModuleKind = { type: 'norm' };

export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Learn a scale (1) and shift (0) for each element. Default true. */
  elementwiseAffine?: boolean;
}

/** Mean 0 and variance 1 over the last dimensions, which have sizes `normalizedShape` (torch.nn.LayerNorm). */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(normalizedShape: Size, options: LayerNormOptions = {}, ...surplus: never[]) {
    super();
    const { eps, elementwiseAffine } = withDefaults(
      'LayerNorm',
      { eps: 1e-5, elementwiseAffine: true },
      options,
      ...surplus,
    );
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    for (const size of this.normalizedShape) checkCount('LayerNorm', 'normalizedShape', size);
    this.eps = eps;
    this.weight = elementwiseAffine ? emptyParameter(this.normalizedShape) : null;
    this.bias = elementwiseAffine ? emptyParameter(this.normalizedShape) : null;
    resetAffine(this);
  }

  override get moduleKind(): ModuleKind {
    return NORM;
  }

  forward(input: Tensor): Tensor {
    const { normalizedShape, weight, bias, eps } = this;
    for (let i = 1; i <= normalizedShape.length; i++)
      checkSize('LayerNorm', input, -i, 'of normalizedShape', normalizedShape.at(-i) as number);
    return ops.layerNorm(input, normalizedShape, weight, bias, eps);
  }

  override extraRepr(): string {
    return `[${this.normalizedShape.join(', ')}], eps=${this.eps}, elementwiseAffine=${this.weight !== null}`;
  }
}

export interface GroupNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Learn a scale (1) and shift (0) for each channel. Default true. */
  affine?: boolean;
}

/** Mean 0 and variance 1 over each of `numGroups` blocks of channels of (batch, numChannels, …) (torch.nn.GroupNorm). */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}, ...surplus: never[]) {
    super();
    const { eps, affine } = withDefaults('GroupNorm', { eps: 1e-5, affine: true }, options, ...surplus);
    checkCount('GroupNorm', 'numGroups', numGroups);
    checkCount('GroupNorm', 'numChannels', numChannels);
    checkDivisible('GroupNorm', 'numChannels', numChannels, 'numGroups', numGroups);
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.weight = affine ? emptyParameter([numChannels]) : null;
    this.bias = affine ? emptyParameter([numChannels]) : null;
    resetAffine(this);
  }

  override get moduleKind(): ModuleKind {
    return NORM;
  }

  forward(input: Tensor): Tensor {
    checkSize('GroupNorm', input, 1, 'numChannels', this.numChannels);
    return ops.groupNorm(input, this.numGroups, this.weight, this.bias, this.eps);
  }

  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${this.eps}, affine=${this.weight !== null}`;
  }
}

/** A scale of 1 and a shift of 0, where there are any. */
export function resetAffine(layer: { weight: Tensor | null; bias: Tensor | null }): void {
  if (layer.weight) ones_(layer.weight);
  if (layer.bias) zeros_(layer.bias);
}

export interface LocalResponseNormOptions {
  /** Default 1e-4. */
  alpha?: number;
  /** Default 0.75. */
  beta?: number;
  /** Default 1. */
  k?: number;
}

/** Divides (batch, channels, …) by the energy in `size` neighbouring channels (torch.nn.LocalResponseNorm). */
export class LocalResponseNorm extends Module {
  readonly size: number;
  readonly options: Required<LocalResponseNormOptions>;

  constructor(size: number, options: LocalResponseNormOptions = {}, ...surplus: never[]) {
    super();
    checkCount('LocalResponseNorm', 'size', size);
    this.size = size;
    this.options = withDefaults('LocalResponseNorm', { alpha: 1e-4, beta: 0.75, k: 1 }, options, ...surplus);
  }

  forward(input: Tensor): Tensor {
    return localResponseNorm(input, this.size, this.options);
  }

  override extraRepr(): string {
    const { alpha, beta, k } = this.options;
    return `${this.size}, alpha=${alpha}, beta=${beta}, k=${k}`;
  }
}
