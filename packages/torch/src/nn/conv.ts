/** Convolutions of 1 to 3 spatial dimensions. Weights and biases are drawn from U(-1/√fanIn, 1/√fanIn). */
import type { ModuleKind } from '@paramwise/core';
import { callOperator } from '../dispatch.ts';
import type { Tensor } from '../tensor.ts';
import {
  checkChoice,
  checkCount,
  checkDivisible,
  checkRank,
  checkSize,
  type Size,
  sizesOf,
  withDefaults,
} from './check.ts';
import { CONV, type ConvFunctionOptions } from './functional/conv.ts';
import { type PadMode, pad } from './functional/pad.ts';
import { initialiseAffine } from './linear.ts';
import { Module } from './module.ts';
import { emptyParameter, type Parameter } from './parameter.ts';

export type PaddingMode = 'zeros' | Exclude<PadMode, 'constant'>;

export interface ConvOptions extends ConvFunctionOptions {
  /** Learn an additive bias. Default true. */
  bias?: boolean;
  /** What stands outside of the input. Default `zeros`. */
  paddingMode?: PaddingMode;
}

const DEFAULTS: Required<ConvOptions> = { ...CONV, bias: true, paddingMode: 'zeros' };

const PADDING_MODES: readonly PaddingMode[] = ['zeros', 'reflect', 'replicate', 'circular'];

/** The dimensions of an input, by their number of spatial ones. */
export const LAYOUT = [
  '',
  '([batch,] channels, length)',
  '([batch,] channels, height, width)',
  '([batch,] channels, depth, height, width)',
];

/** What convolutions of any number of dimensions share. Weight: (outChannels, inChannels / groups, ...kernelSize). */
abstract class ConvNd extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | 'same' | 'valid';
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    dims: number,
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: ConvOptions,
    ...surplus: never[]
  ) {
    super();
    const name = this.constructor.name;
    const given = withDefaults(name, DEFAULTS, options, ...surplus);
    checkChannels(name, inChannels, outChannels, given.groups);
    checkChoice(name, 'paddingMode', given.paddingMode, PADDING_MODES);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = sizesOf(name, 'kernelSize', kernelSize, dims);
    this.stride = sizesOf(name, 'stride', given.stride, dims);
    this.padding = paddingOf(name, given.padding, this.stride);
    this.dilation = sizesOf(name, 'dilation', given.dilation, dims);
    this.groups = given.groups;
    this.paddingMode = given.paddingMode;
    this.weight = emptyParameter([outChannels, inChannels / given.groups, ...this.kernelSize]);
    this.bias = given.bias ? emptyParameter([outChannels]) : null;
    this.resetParameters();
  }

  resetParameters(): void {
    initialiseAffine(this.weight, this.bias);
  }

  forward(input: Tensor): Tensor {
    const dims = this.kernelSize.length;
    checkRank(this.constructor.name, input, [dims + 1, dims + 2], LAYOUT[dims] ?? '');
    checkSize(this.constructor.name, input, -dims - 1, 'inChannels', this.inChannels);
    const { weight, bias, stride, dilation, groups } = this;
    const [padded, padding] = this.#padded(input);
    return callOperator(`aten::conv${dims}d`, padded, weight, bias, stride, padding, dilation, groups) as Tensor;
  }

  #padded(input: Tensor): [Tensor, readonly number[] | string] {
    if (this.paddingMode === 'zeros') return [input, this.padding];
    return [pad(input, this.#amounts(), this.paddingMode), 'valid'];
  }

  /** Before and after, for the last dimension first; of an odd total for `same` the larger half comes after. */
  #amounts(): number[] {
    const { padding, kernelSize, dilation } = this;
    const pairs = kernelSize.map((kernel, i): [number, number] => {
      if (typeof padding !== 'string') return [padding[i] as number, padding[i] as number];
      const total = padding === 'same' ? (dilation[i] as number) * (kernel - 1) : 0;
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    });
    return pairs.reverse().flat();
  }

  override extraRepr(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, groups, paddingMode } = this;
    return [
      `${inChannels}, ${outChannels}, kernelSize=[${kernelSize.join(', ')}], stride=[${stride.join(', ')}]`,
      typeof padding === 'string' && `padding=${padding}`,
      typeof padding !== 'string' && padding.some((size) => size !== 0) && `padding=[${padding.join(', ')}]`,
      dilation.some((size) => size !== 1) && `dilation=[${dilation.join(', ')}]`,
      groups !== 1 && `groups=${groups}`,
      this.bias === null && 'bias=false',
      paddingMode !== 'zeros' && `paddingMode=${paddingMode}`,
    ]
      .filter(Boolean)
      .join(', ');
  }
}

/** Checks that both numbers of channels are positive and divisible by `groups`. */
export function checkChannels(where: string, inChannels: number, outChannels: number, groups: number): void {
  checkCount(where, 'inChannels', inChannels);
  checkCount(where, 'outChannels', outChannels);
  checkCount(where, 'groups', groups);
  checkDivisible(where, 'inChannels', inChannels, 'groups', groups);
  checkDivisible(where, 'outChannels', outChannels, 'groups', groups);
}

function paddingOf(
  where: string,
  padding: Size | 'same' | 'valid',
  stride: readonly number[],
): readonly number[] | 'same' | 'valid' {
  if (typeof padding !== 'string') return sizesOf(where, 'padding', padding, stride.length, 0);
  checkChoice(where, 'padding', padding, ['same', 'valid']);
  if (padding === 'same' && stride.some((size) => size !== 1))
    throw new RangeError(`${where}: padding "same" needs stride 1, found [${stride.join(', ')}]`);
  return padding;
}

/** (batch, inChannels, length) → (batch, outChannels, length') (torch.nn.Conv1d). */
export class Conv1d extends ConvNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: ConvOptions = {},
    ...surplus: never[]
  ) {
    super(1, inChannels, outChannels, kernelSize, options, ...surplus);
  }
}

/** (batch, inChannels, height, width) → (batch, outChannels, height', width') (torch.nn.Conv2d). */
export class Conv2d extends ConvNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: ConvOptions = {},
    ...surplus: never[]
  ) {
    super(2, inChannels, outChannels, kernelSize, options, ...surplus);
  }

  override get moduleKind(): ModuleKind {
    return { type: 'conv2d', inChannels: this.inChannels, groups: this.groups };
  }
}

/** (batch, inChannels, depth, height, width) → (batch, outChannels, depth', height', width') (torch.nn.Conv3d). */
export class Conv3d extends ConvNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: ConvOptions = {},
    ...surplus: never[]
  ) {
    super(3, inChannels, outChannels, kernelSize, options, ...surplus);
  }
}
