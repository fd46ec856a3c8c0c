/** Affine maps of the last dimension. */
import type { ModuleKind } from '@paramwise/core';
import { ops } from '../operators.ts';
import type { Tensor } from '../tensor.ts';
import { checkCount, checkSize, withDefaults } from './check.ts';
import { calculateFans, kaimingUniform_, uniform_ } from './init.ts';
import { Module } from './module.ts';
import { emptyParameter, type Parameter } from './parameter.ts';

export interface BiasOptions {
  /** Learn an additive bias. Default true. */
  bias?: boolean;
}

/** Hands its input through. Takes and ignores any arguments. */
export class Identity extends Module {
  constructor(..._ignored: readonly unknown[]) {
    super();
  }

  forward(input: Tensor): Tensor {
    return input;
  }
}

/**
 * `x Wᵀ + b`: (…, inFeatures) → (…, outFeatures) (torch.nn.Linear). Weight (outFeatures, inFeatures) and bias are drawn
 * from U(-1/√inFeatures, 1/√inFeatures).
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(inFeatures: number, outFeatures: number, options: BiasOptions = {}, ...surplus: never[]) {
    super();
    const { bias } = withDefaults('Linear', { bias: true }, options, ...surplus);
    checkCount('Linear', 'inFeatures', inFeatures, 0);
    checkCount('Linear', 'outFeatures', outFeatures, 0);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = emptyParameter([outFeatures, inFeatures]);
    this.bias = bias ? emptyParameter([outFeatures]) : null;
    this.resetParameters();
  }

  resetParameters(): void {
    initialiseAffine(this.weight, this.bias);
  }

  override get moduleKind(): ModuleKind {
    return { type: 'linear' };
  }

  forward(input: Tensor): Tensor {
    checkSize('Linear', input, -1, 'inFeatures', this.inFeatures);
    return ops.linear(input, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `${this.inFeatures}, ${this.outFeatures}, bias=${this.bias !== null}`;
  }
}

/** PyTorch's start for linear layers and convolutions: U(-1/√fanIn, 1/√fanIn) for both. */
export function initialiseAffine(weight: Tensor, bias: Tensor | null): void {
  if (weight.numel > 0) kaimingUniform_(weight, { slope: Math.sqrt(5) });
  if (bias === null) return;
  const { fanIn } = calculateFans(weight);
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  uniform_(bias, -bound, bound);
}

/**
 * `x₁ᵀ A x₂ + b`: (…, inFeatures1) and (…, inFeatures2) → (…, outFeatures) (torch.nn.Bilinear). Drawn from
 * U(-1/√inFeatures1, 1/√inFeatures1).
 */
export class Bilinear extends Module {
  readonly inFeatures1: number;
  readonly inFeatures2: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    inFeatures1: number,
    inFeatures2: number,
    outFeatures: number,
    options: BiasOptions = {},
    ...surplus: never[]
  ) {
    super();
    const { bias } = withDefaults('Bilinear', { bias: true }, options, ...surplus);
    checkCount('Bilinear', 'inFeatures1', inFeatures1);
    checkCount('Bilinear', 'inFeatures2', inFeatures2);
    checkCount('Bilinear', 'outFeatures', outFeatures);
    this.inFeatures1 = inFeatures1;
    this.inFeatures2 = inFeatures2;
    this.outFeatures = outFeatures;
    this.weight = emptyParameter([outFeatures, inFeatures1, inFeatures2]);
    this.bias = bias ? emptyParameter([outFeatures]) : null;
    this.resetParameters();
  }

  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.inFeatures1);
    uniform_(this.weight, -bound, bound);
    if (this.bias) uniform_(this.bias, -bound, bound);
  }

  forward(input1: Tensor, input2: Tensor): Tensor {
    checkSize('Bilinear', input1, -1, 'inFeatures1', this.inFeatures1);
    checkSize('Bilinear', input2, -1, 'inFeatures2', this.inFeatures2);
    return ops.bilinear(input1, input2, this.weight, this.bias);
  }

  override extraRepr(): string {
    const { inFeatures1, inFeatures2, outFeatures, bias } = this;
    return `${inFeatures1}, ${inFeatures2}, ${outFeatures}, bias=${bias !== null}`;
  }
}
