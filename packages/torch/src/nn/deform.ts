/** Deformable convolutions as layers, under the names and with the state dicts of mmcv.ops. */
import type { ModuleKind } from '@paramwise/core';
import { cat } from '../creation.ts';
import type { Tensor } from '../tensor.ts';
import { checkCount, checkDivisible, checkRank, checkSize, type Size, sizesOf, withDefaults } from './check.ts';
import { Conv2d, checkChannels } from './conv.ts';
import { type DeformConvFunctionOptions, deformConv2d } from './functional/deform.ts';
import { kaimingUniform_, uniform_, zeros_ } from './init.ts';
import { Module } from './module.ts';
import { emptyParameter, type Parameter } from './parameter.ts';

export interface DeformConvOptions extends Omit<DeformConvFunctionOptions, 'mask'> {
  /** Blocks of channels that are convolved apart. Default 1. */
  groups?: number;
  /** Blocks of input channels that share their offsets. Default 1. */
  deformGroups?: number;
  /** Learn an additive bias, first zero. Default false for DeformConv2d, true for ModulatedDeformConv2d. */
  bias?: boolean;
}

const PLAIN: Required<DeformConvOptions> = {
  stride: 1,
  padding: 0,
  dilation: 1,
  groups: 1,
  deformGroups: 1,
  bias: false,
};

const MODULATED: Required<DeformConvOptions> = { ...PLAIN, bias: true };

/** Weight: (outChannels, inChannels / groups, ...kernelSize). */
abstract class DeformConv extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly deformGroups: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    defaults: Required<DeformConvOptions>,
    options: DeformConvOptions,
    ...surplus: never[]
  ) {
    super();
    const name = this.constructor.name;
    const given = withDefaults(name, defaults, options, ...surplus);
    checkChannels(name, inChannels, outChannels, given.groups);
    checkCount(name, 'deformGroups', given.deformGroups);
    checkDivisible(name, 'inChannels', inChannels, 'deformGroups', given.deformGroups);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = sizesOf(name, 'kernelSize', kernelSize, 2);
    this.stride = sizesOf(name, 'stride', given.stride, 2);
    this.padding = sizesOf(name, 'padding', given.padding, 2, 0);
    this.dilation = sizesOf(name, 'dilation', given.dilation, 2);
    this.groups = given.groups;
    this.deformGroups = given.deformGroups;
    this.weight = emptyParameter([outChannels, inChannels / given.groups, ...this.kernelSize]);
    this.bias = given.bias ? emptyParameter([outChannels]) : null;
    this.resetParameters();
  }

  abstract resetParameters(): void;

  override get moduleKind(): ModuleKind {
    return { type: 'deform_conv' };
  }

  protected convolve(input: Tensor, offset: Tensor, mask: Tensor | null): Tensor {
    checkRank(this.constructor.name, input, [4], '(batch, channels, height, width)');
    checkSize(this.constructor.name, input, 1, 'inChannels', this.inChannels);
    const { stride, padding, dilation } = this;
    return deformConv2d(input, offset, this.weight, this.bias, { stride, padding, dilation, mask });
  }

  /** The convolution that learns offsets: `values` numbers for each point of the kernel, at first all zero. */
  protected offsetConv(values: number): Conv2d {
    const [height, width] = this.kernelSize as [number, number];
    const { stride, padding, dilation } = this;
    const conv = new Conv2d(this.inChannels, values * this.deformGroups * height * width, this.kernelSize, {
      stride,
      padding,
      dilation,
    });
    zeros_(conv.weight);
    if (conv.bias) zeros_(conv.bias);
    return conv;
  }

  override extraRepr(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, groups, deformGroups } = this;
    const sizes = Object.entries({ kernelSize, stride, padding, dilation })
      .map(([name, size]) => `${name}=[${size.join(', ')}]`)
      .join(', ');
    return `${inChannels}, ${outChannels}, ${sizes}, groups=${groups}, deformGroups=${deformGroups}, bias=${this.bias !== null}`;
  }
}

/** Weights start by Kaiming's uniform rule for relu (mmcv.ops.DeformConv2d). */
export class DeformConv2d extends DeformConv {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: DeformConvOptions = {},
    ...surplus: never[]
  ) {
    super(inChannels, outChannels, kernelSize, PLAIN, options, ...surplus);
  }

  override resetParameters(): void {
    kaimingUniform_(this.weight, { nonlinearity: 'relu' });
    if (this.bias) zeros_(this.bias);
  }

  /**
   * @param input (batch, inChannels, height, width)
   * @param offset (batch, 2 · deformGroups · points, height', width'): y then x of each point of the kernel
   */
  forward(input: Tensor, offset: Tensor): Tensor {
    return this.convolve(input, offset, null);
  }
}

/** Weights start uniform within 1/√fanIn (mmcv.ops.ModulatedDeformConv2d). */
export class ModulatedDeformConv2d extends DeformConv {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: DeformConvOptions = {},
    ...surplus: never[]
  ) {
    super(inChannels, outChannels, kernelSize, MODULATED, options, ...surplus);
  }

  override resetParameters(): void {
    const bound = 1 / Math.sqrt(this.inChannels * this.kernelSize.reduce((product, size) => product * size, 1));
    uniform_(this.weight, -bound, bound);
    if (this.bias) zeros_(this.bias);
  }

  /**
   * @param input (batch, inChannels, height, width)
   * @param offset (batch, 2 · deformGroups · points, height', width'): y then x of each point of the kernel
   * @param mask a factor for each point (batch, deformGroups · points, height', width')
   */
  forward(input: Tensor, offset: Tensor, mask: Tensor): Tensor {
    return this.convolve(input, offset, mask);
  }
}

/** A DeformConv2d that learns its offsets from its input (mmcv.ops.DeformConv2dPack). */
export class DeformConv2dPack extends DeformConv2d {
  conv_offset: Conv2d;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: DeformConvOptions = {},
    ...surplus: never[]
  ) {
    super(inChannels, outChannels, kernelSize, options, ...surplus);
    this.conv_offset = this.offsetConv(2);
  }

  /** (batch, inChannels, height, width) → (batch, outChannels, height', width'). */
  override forward(input: Tensor): Tensor {
    return this.convolve(input, this.conv_offset.forward(input), null);
  }
}

/** A ModulatedDeformConv2d that learns offsets and mask from its input (mmcv.ops.ModulatedDeformConv2dPack). */
export class ModulatedDeformConv2dPack extends ModulatedDeformConv2d {
  conv_offset: Conv2d;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: DeformConvOptions = {},
    ...surplus: never[]
  ) {
    super(inChannels, outChannels, kernelSize, options, ...surplus);
    this.conv_offset = this.offsetConv(3);
  }

  /** (batch, inChannels, height, width) → (batch, outChannels, height', width'). */
  override forward(input: Tensor): Tensor {
    const [first, second, mask] = this.conv_offset.forward(input).chunk(3, 1) as [Tensor, Tensor, Tensor];
    return this.convolve(input, cat([first, second], 1), mask.sigmoid());
  }
}
