/** Pooling layers of 1 to 3 spatial dimensions, for ([batch,] channels, …). */
import type { Tensor } from '../tensor.ts';
import { checkCount, checkRank, type Size, sizesOf, withDefaults } from './check.ts';
import { LAYOUT } from './conv.ts';
import {
  type AdaptiveSize,
  AVG_POOL,
  type AvgPoolFunctionOptions,
  adaptiveAvgPool,
  adaptiveMaxPool,
  avgPool,
  MAX_POOL,
  type MaxPoolFunctionOptions,
  maxPool,
} from './functional/pooling.ts';
import { Module } from './module.ts';

/** Stride (of the kernel's size unless given), padding and dilation of a window, checked. */
function windowOf(where: string, dims: number, kernelSize: Size, options: MaxPoolFunctionOptions) {
  const kernel = sizesOf(where, 'kernelSize', kernelSize, dims);
  const padding = sizesOf(where, 'padding', options.padding ?? 0, dims, 0);
  if (padding.some((size, i) => size > (kernel[i] as number) / 2))
    throw new RangeError(
      `${where}: padding [${padding.join(', ')}] must be at most half of kernelSize [${kernel.join(', ')}]`,
    );
  const stride = sizesOf(where, 'stride', options.stride ?? kernel, dims);
  const dilation = sizesOf(where, 'dilation', options.dilation ?? 1, dims);
  return { kernel, padding, stride, dilation };
}

abstract class MaxPoolNd extends Module {
  readonly kernelSize: readonly number[];
  readonly options: Required<MaxPoolFunctionOptions>;

  constructor(dims: number, kernelSize: Size, options: MaxPoolFunctionOptions, ...surplus: never[]) {
    super();
    const given = withDefaults(this.constructor.name, MAX_POOL, options, ...surplus);
    const { kernel, ...window } = windowOf(this.constructor.name, dims, kernelSize, given);
    this.kernelSize = kernel;
    this.options = { ...given, ...window };
  }

  forward(input: Tensor): Tensor {
    const dims = this.kernelSize.length;
    checkRank(this.constructor.name, input, [dims + 1, dims + 2], LAYOUT[dims] ?? '');
    return maxPool(dims, input, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    return windowRepr(this.kernelSize, this.options);
  }
}

/** The largest value in each window of a signal (torch.nn.MaxPool1d). */
export class MaxPool1d extends MaxPoolNd {
  constructor(kernelSize: Size, options: MaxPoolFunctionOptions = {}, ...surplus: never[]) {
    super(1, kernelSize, options, ...surplus);
  }
}

/** The largest value in each window of an image (torch.nn.MaxPool2d). */
export class MaxPool2d extends MaxPoolNd {
  constructor(kernelSize: Size, options: MaxPoolFunctionOptions = {}, ...surplus: never[]) {
    super(2, kernelSize, options, ...surplus);
  }
}

/** The largest value in each window of a volume (torch.nn.MaxPool3d). */
export class MaxPool3d extends MaxPoolNd {
  constructor(kernelSize: Size, options: MaxPoolFunctionOptions = {}, ...surplus: never[]) {
    super(3, kernelSize, options, ...surplus);
  }
}

abstract class AvgPoolNd extends Module {
  readonly kernelSize: readonly number[];
  readonly options: Required<AvgPoolFunctionOptions>;

  constructor(dims: number, kernelSize: Size, options: AvgPoolFunctionOptions, ...surplus: never[]) {
    super();
    const given = withDefaults(this.constructor.name, AVG_POOL, options, ...surplus);
    const { kernel, padding, stride } = windowOf(this.constructor.name, dims, kernelSize, given);
    this.kernelSize = kernel;
    this.options = { ...given, padding, stride };
  }

  forward(input: Tensor): Tensor {
    const dims = this.kernelSize.length;
    checkRank(this.constructor.name, input, [dims + 1, dims + 2], LAYOUT[dims] ?? '');
    return avgPool(dims, input, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    return windowRepr(this.kernelSize, this.options);
  }
}

/** The mean of each window of a signal (torch.nn.AvgPool1d). */
export class AvgPool1d extends AvgPoolNd {
  constructor(kernelSize: Size, options: Omit<AvgPoolFunctionOptions, 'divisorOverride'> = {}, ...surplus: never[]) {
    super(1, kernelSize, options, ...surplus);
  }
}

/** The mean of each window of an image (torch.nn.AvgPool2d). */
export class AvgPool2d extends AvgPoolNd {
  constructor(kernelSize: Size, options: AvgPoolFunctionOptions = {}, ...surplus: never[]) {
    super(2, kernelSize, options, ...surplus);
  }
}

/** The mean of each window of a volume (torch.nn.AvgPool3d). */
export class AvgPool3d extends AvgPoolNd {
  constructor(kernelSize: Size, options: AvgPoolFunctionOptions = {}, ...surplus: never[]) {
    super(3, kernelSize, options, ...surplus);
  }
}

function windowRepr(kernelSize: readonly number[], options: object): string {
  const shown = Object.entries({ kernelSize, ...options }).filter(([, value]) => value !== null);
  return shown.map(([name, value]) => `${name}=${Array.isArray(value) ? `[${value.join(', ')}]` : value}`).join(', ');
}

abstract class AdaptivePool extends Module {
  readonly outputSize: readonly (number | null)[];

  constructor(dims: number, outputSize: AdaptiveSize, ...surplus: never[]) {
    super(...surplus);
    const name = this.constructor.name;
    this.outputSize = typeof outputSize === 'number' ? new Array<number>(dims).fill(outputSize) : [...outputSize];
    if (this.outputSize.length !== dims)
      throw new RangeError(`${name}: outputSize must be a number or ${dims}, found [${this.outputSize.join(', ')}]`);
    for (const size of this.outputSize) if (size !== null) checkCount(name, 'outputSize', size, 0);
  }

  protected abstract pooled(input: Tensor): Tensor;

  forward(input: Tensor): Tensor {
    const dims = this.outputSize.length;
    checkRank(this.constructor.name, input, [dims + 1, dims + 2], LAYOUT[dims] ?? '');
    return this.pooled(input);
  }

  override extraRepr(): string {
    return `outputSize=[${this.outputSize.map(String).join(', ')}]`;
  }
}

abstract class AdaptiveAvgPoolNd extends AdaptivePool {
  protected override pooled(input: Tensor): Tensor {
    return adaptiveAvgPool(this.outputSize.length, input, this.outputSize);
  }
}

/** The means of `outputSize` windows of a signal (torch.nn.AdaptiveAvgPool1d). */
export class AdaptiveAvgPool1d extends AdaptiveAvgPoolNd {
  constructor(outputSize: AdaptiveSize, ...surplus: never[]) {
    super(1, outputSize, ...surplus);
  }
}

/** The means of `outputSize` windows of an image (torch.nn.AdaptiveAvgPool2d). */
export class AdaptiveAvgPool2d extends AdaptiveAvgPoolNd {
  constructor(outputSize: AdaptiveSize, ...surplus: never[]) {
    super(2, outputSize, ...surplus);
  }
}

/** The means of `outputSize` windows of a volume (torch.nn.AdaptiveAvgPool3d). */
export class AdaptiveAvgPool3d extends AdaptiveAvgPoolNd {
  constructor(outputSize: AdaptiveSize, ...surplus: never[]) {
    super(3, outputSize, ...surplus);
  }
}

abstract class AdaptiveMaxPoolNd extends AdaptivePool {
  protected override pooled(input: Tensor): Tensor {
    return adaptiveMaxPool(this.outputSize.length, input, this.outputSize)[0];
  }
}

/** The largest values of `outputSize` windows of a signal (torch.nn.AdaptiveMaxPool1d). */
export class AdaptiveMaxPool1d extends AdaptiveMaxPoolNd {
  constructor(outputSize: AdaptiveSize, ...surplus: never[]) {
    super(1, outputSize, ...surplus);
  }
}

/** The largest values of `outputSize` windows of an image (torch.nn.AdaptiveMaxPool2d). */
export class AdaptiveMaxPool2d extends AdaptiveMaxPoolNd {
  constructor(outputSize: AdaptiveSize, ...surplus: never[]) {
    super(2, outputSize, ...surplus);
  }
}

/** The largest values of `outputSize` windows of a volume (torch.nn.AdaptiveMaxPool3d). */
export class AdaptiveMaxPool3d extends AdaptiveMaxPoolNd {
  constructor(outputSize: AdaptiveSize, ...surplus: never[]) {
    super(3, outputSize, ...surplus);
  }
}
