/** Transposed convolutions of 1 to 3 spatial dimensions: the gradient of a convolution as a layer. */
import { callOperator } from '../dispatch.ts';
import type { Tensor } from '../tensor.ts';
import { checkRank, checkSize, type Size, sizesOf, withDefaults } from './check.ts';
import { checkChannels, LAYOUT } from './conv.ts';
import { CONV_TRANSPOSE, type ConvTransposeFunctionOptions } from './functional/conv.ts';
import { initialiseAffine } from './linear.ts';
import { Module } from './module.ts';
import { emptyParameter, type Parameter } from './parameter.ts';

export interface ConvTransposeOptions extends ConvTransposeFunctionOptions {
  /** Learn an additive bias. Default true. */
  bias?: boolean;
}

const DEFAULTS: Required<ConvTransposeOptions> = { ...CONV_TRANSPOSE, bias: true };

/** Weight: (inChannels, outChannels / groups, ...kernelSize). */
abstract class ConvTransposeNd extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly outputPadding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    dims: number,
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: ConvTransposeOptions,
    ...surplus: never[]
  ) {
    super();
    const name = this.constructor.name;
    const given = withDefaults(name, DEFAULTS, options, ...surplus);
    checkChannels(name, inChannels, outChannels, given.groups);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = sizesOf(name, 'kernelSize', kernelSize, dims);
    this.stride = sizesOf(name, 'stride', given.stride, dims);
    this.padding = sizesOf(name, 'padding', given.padding, dims, 0);
    this.outputPadding = sizesOf(name, 'outputPadding', given.outputPadding, dims, 0);
    this.dilation = sizesOf(name, 'dilation', given.dilation, dims);
    this.groups = given.groups;
    this.weight = emptyParameter([inChannels, outChannels / given.groups, ...this.kernelSize]);
    this.bias = given.bias ? emptyParameter([outChannels]) : null;
    this.resetParameters();
  }

  resetParameters(): void {
    initialiseAffine(this.weight, this.bias);
  }

  /**
   * @param outputSize the spatial sizes to be made, where several are possible. Default: by `outputPadding`.
   * @throws RangeError for a size that this stride cannot make
   */
  forward(input: Tensor, outputSize?: readonly number[]): Tensor {
    const dims = this.kernelSize.length;
    checkRank(this.constructor.name, input, [dims + 1, dims + 2], LAYOUT[dims] ?? '');
    checkSize(this.constructor.name, input, -dims - 1, 'inChannels', this.inChannels);
    const { weight, bias, stride, padding, groups, dilation } = this;
    const outputPadding = outputSize ? this.#paddingFor(input, outputSize) : this.outputPadding;
    const settings = [stride, padding, outputPadding, groups, dilation];
    return callOperator(`aten::conv_transpose${dims}d`, input, weight, bias, ...settings) as Tensor;
  }

  #paddingFor(input: Tensor, outputSize: readonly number[]): number[] {
    const { kernelSize, stride, padding, dilation } = this;
    const name = this.constructor.name;
    const wanted = sizesOf(name, 'outputSize', outputSize, kernelSize.length);
    const given = input.shape.slice(-kernelSize.length);
    return kernelSize.map((kernel, i) => {
      const [step, size] = [stride[i] as number, wanted[i] as number];
      const span = (dilation[i] as number) * (kernel - 1) + 1;
      const least = ((given[i] as number) - 1) * step - 2 * (padding[i] as number) + span;
      if (size < least || size >= least + step)
        throw new RangeError(`${name}: outputSize ${size} must be from ${least} to ${least + step - 1}`);
      return size - least;
    });
  }

  override extraRepr(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, outputPadding, dilation, groups } = this;
    return [
      `${inChannels}, ${outChannels}, kernelSize=[${kernelSize.join(', ')}], stride=[${stride.join(', ')}]`,
      padding.some((size) => size !== 0) && `padding=[${padding.join(', ')}]`,
      dilation.some((size) => size !== 1) && `dilation=[${dilation.join(', ')}]`,
      outputPadding.some((size) => size !== 0) && `outputPadding=[${outputPadding.join(', ')}]`,
      groups !== 1 && `groups=${groups}`,
      this.bias === null && 'bias=false',
    ]
      .filter(Boolean)
      .join(', ');
  }
}

/** (batch, inChannels, length) → (batch, outChannels, length') (torch.nn.ConvTranspose1d). */
export class ConvTranspose1d extends ConvTransposeNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: ConvTransposeOptions = {},
    ...surplus: never[]
  ) {
    super(1, inChannels, outChannels, kernelSize, options, ...surplus);
  }
}

/** (batch, inChannels, height, width) → (batch, outChannels, height', width') (torch.nn.ConvTranspose2d). */
export class ConvTranspose2d extends ConvTransposeNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: ConvTransposeOptions = {},
    ...surplus: never[]
  ) {
    super(2, inChannels, outChannels, kernelSize, options, ...surplus);
  }
}

/** (batch, inChannels, depth, height, width) → the same with other sizes (torch.nn.ConvTranspose3d). */
export class ConvTranspose3d extends ConvTransposeNd {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: ConvTransposeOptions = {},
    ...surplus: never[]
  ) {
    super(3, inChannels, outChannels, kernelSize, options, ...surplus);
  }
}
