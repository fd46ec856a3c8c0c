/** Layers that change the layout of images. */
import type { Tensor } from '../tensor.ts';
import { checkCount, type Size, sizesOf, withDefaults } from './check.ts';
import {
  channelShuffle,
  fold,
  INTERPOLATE,
  type InterpolateOptions,
  interpolate,
  pixelShuffle,
  pixelUnshuffle,
  UNFOLD,
  type UnfoldOptions,
  unfold,
} from './functional/vision.ts';
import { Module } from './module.ts';

export type UpsampleOptions = Omit<InterpolateOptions, 'antialias'>;

/** (batch, channels, …) to other spatial sizes (torch.nn.Upsample); see `functional.interpolate`. */
export class Upsample extends Module {
  readonly options: Required<UpsampleOptions>;

  constructor(options: UpsampleOptions, ...surplus: never[]) {
    super();
    const { antialias: _, ...defaults } = INTERPOLATE;
    this.options = withDefaults<UpsampleOptions>('Upsample', defaults, options, ...surplus);
    const { size, scaleFactor } = this.options;
    if ((size === null) === (scaleFactor === null)) throw new RangeError('Upsample: give either size or scaleFactor');
  }

  forward(input: Tensor): Tensor {
    return interpolate(input, this.options);
  }

  override extraRepr(): string {
    const { size, scaleFactor, mode } = this.options;
    return `${size === null ? `scaleFactor=${scaleFactor}` : `size=${size}`}, mode=${mode}`;
  }
}

/** (…, channels · r², height, width) → (…, channels, height · r, width · r) (Shi et al., 2016). */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number;

  constructor(upscaleFactor: number, ...surplus: never[]) {
    super(...surplus);
    checkCount('PixelShuffle', 'upscaleFactor', upscaleFactor);
    this.upscaleFactor = upscaleFactor;
  }

  forward(input: Tensor): Tensor {
    return pixelShuffle(input, this.upscaleFactor);
  }

  override extraRepr(): string {
    return `upscaleFactor=${this.upscaleFactor}`;
  }
}

/** (…, channels, height · r, width · r) → (…, channels · r², height, width). */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number;

  constructor(downscaleFactor: number, ...surplus: never[]) {
    super(...surplus);
    checkCount('PixelUnshuffle', 'downscaleFactor', downscaleFactor);
    this.downscaleFactor = downscaleFactor;
  }

  forward(input: Tensor): Tensor {
    return pixelUnshuffle(input, this.downscaleFactor);
  }

  override extraRepr(): string {
    return `downscaleFactor=${this.downscaleFactor}`;
  }
}

/** (batch, channels, …): channels dealt out anew among `groups` blocks (Zhang et al., 2018). */
export class ChannelShuffle extends Module {
  readonly groups: number;

  constructor(groups: number, ...surplus: never[]) {
    super(...surplus);
    checkCount('ChannelShuffle', 'groups', groups);
    this.groups = groups;
  }

  forward(input: Tensor): Tensor {
    return channelShuffle(input, this.groups);
  }

  override extraRepr(): string {
    return `groups=${this.groups}`;
  }
}

/** ([batch,] channels, height, width) → its windows as columns ([batch,] channels · kernel, windows). */
export class Unfold extends Module {
  readonly kernelSize: readonly number[];
  readonly options: Required<UnfoldOptions>;

  constructor(kernelSize: Size, options: UnfoldOptions = {}, ...surplus: never[]) {
    super();
    this.kernelSize = sizesOf('Unfold', 'kernelSize', kernelSize, 2);
    this.options = withDefaults('Unfold', UNFOLD, options, ...surplus);
  }

  forward(input: Tensor): Tensor {
    return unfold(input, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    const { dilation, padding, stride } = this.options;
    return `kernelSize=[${this.kernelSize.join(', ')}], dilation=${dilation}, padding=${padding}, stride=${stride}`;
  }
}

/** Columns ([batch,] channels · kernel, windows) → ([batch,] channels, ...outputSize), overlaps summed. */
export class Fold extends Module {
  readonly outputSize: readonly number[];
  readonly kernelSize: readonly number[];
  readonly options: Required<UnfoldOptions>;

  constructor(outputSize: Size, kernelSize: Size, options: UnfoldOptions = {}, ...surplus: never[]) {
    super();
    this.outputSize = sizesOf('Fold', 'outputSize', outputSize, 2);
    this.kernelSize = sizesOf('Fold', 'kernelSize', kernelSize, 2);
    this.options = withDefaults('Fold', UNFOLD, options, ...surplus);
  }

  forward(input: Tensor): Tensor {
    return fold(input, this.outputSize, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    return `outputSize=[${this.outputSize.join(', ')}], kernelSize=[${this.kernelSize.join(', ')}]`;
  }
}
