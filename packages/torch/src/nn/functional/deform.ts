/** Deformable convolution (Dai et al., 2017), modulated or not (Zhu et al., 2019). */
import { arange } from '../../creation.ts';
import type { Tensor } from '../../tensor.ts';
import { checkDivisible, checkRank, type Size, sizesOf, withDefaults } from '../check.ts';

export interface DeformConvFunctionOptions {
  /** Default 1. */
  stride?: Size;
  /** Default 0. */
  padding?: Size;
  /** Default 1. */
  dilation?: Size;
  /** A factor for each sample (batch, groups of offsets · points, height', width'). Default 1. */
  mask?: Tensor | null;
}

const DEFAULTS: Required<DeformConvFunctionOptions> = { stride: 1, padding: 0, dilation: 1, mask: null };

/** Everything but the tensors: numbers of groups and the sizes of kernel and output. */
interface Geometry {
  batch: number;
  /** Groups of input channels that share their offsets. */
  offsetGroups: number;
  /** Groups of channels that are convolved apart. */
  groups: number;
  kernel: readonly number[];
  output: readonly number[];
  stride: readonly number[];
  padding: readonly number[];
  dilation: readonly number[];
}

/**
 * A convolution whose kernel points are moved by `offset`, with bilinear values in between and zeros outside, as
 * torchvision.ops.deform_conv2d.
 *
 * @param input (batch, channels, height, width)
 * @param offset (batch, 2 · groups of offsets · points, height', width'): y then x of each point of the kernel
 * @param weight (out channels, channels / groups, kernel height, kernel width)
 * @param bias (out channels), or null
 * @returns (batch, out channels, height', width')
 */
export function deformConv2d(
  input: Tensor,
  offset: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: DeformConvFunctionOptions = {},
): Tensor {
  const { mask, ...sizes } = withDefaults('deformConv2d', DEFAULTS, options);
  const geometry = geometryOf(input, offset, weight, mask, sizes);
  const { batch, groups, output } = geometry;
  const [y, x] = places(offset, geometry);
  const samples = bilinear(input.reshape([batch * geometry.offsetGroups, -1, ...input.shape.slice(2)]), y, x);
  const weighed = mask ? samples.mul(mask.reshape([batch * geometry.offsetGroups, 1, -1])) : samples;
  // (batch, groups, channels a group · points, positions)
  const columns = weighed.reshape([batch, groups, -1, (output[0] as number) * (output[1] as number)]);
  const convolved = weight.reshape([groups, (weight.shape[0] as number) / groups, -1]).matmul(columns);
  const shaped = convolved.reshape([batch, -1, ...output]);
  return bias ? shaped.add(bias.reshape([-1, 1, 1])) : shaped;
}

function geometryOf(
  input: Tensor,
  offset: Tensor,
  weight: Tensor,
  mask: Tensor | null,
  options: { stride: Size; padding: Size; dilation: Size },
): Geometry {
  const where = 'deformConv2d';
  checkRank(where, input, [4], '(batch, channels, height, width)');
  checkRank(`${where} weight`, weight, [4], '(out channels, channels / groups, kernel height, kernel width)');
  const [batch, channels, ...image] = input.shape as [number, number, number, number];
  const [outChannels, perGroup, ...kernel] = weight.shape as [number, number, number, number];
  const stride = sizesOf(where, 'stride', options.stride, 2);
  const padding = sizesOf(where, 'padding', options.padding, 2, 0);
  const dilation = sizesOf(where, 'dilation', options.dilation, 2);
  const output = image.map((size, i) => {
    const span = (dilation[i] as number) * ((kernel[i] as number) - 1) + 1;
    return Math.floor((size + 2 * (padding[i] as number) - span) / (stride[i] as number)) + 1;
  });
  checkDivisible(where, 'channels of the input', channels, 'channels of the weight', perGroup);
  const groups = channels / perGroup;
  checkDivisible(where, 'out channels', outChannels, 'groups', groups);
  const points = kernel[0] * kernel[1];
  const offsetGroups = (offset.shape[1] ?? 0) / (2 * points);
  if (!Number.isInteger(offsetGroups) || offsetGroups < 1)
    throw new RangeError(`${where}: offset must have a multiple of ${2 * points} channels, found ${offset.shape[1]}`);
  checkDivisible(where, 'channels of the input', channels, 'groups of offsets', offsetGroups);
  checkShape('offset', offset, [batch, 2 * offsetGroups * points, ...output]);
  if (mask) checkShape('mask', mask, [batch, offsetGroups * points, ...output]);
  return { batch, offsetGroups, groups, kernel, output, stride, padding, dilation };
}

function checkShape(name: string, values: Tensor, expected: readonly number[]): void {
  const [wanted, found] = [expected.join(', '), values.shape.join(', ')];
  if (wanted !== found) throw new RangeError(`deformConv2d: ${name} must have shape [${wanted}], found [${found}]`);
}

/** Rows and columns to look at, each (batch · groups of offsets, points · positions). */
function places(offset: Tensor, geometry: Geometry): [y: Tensor, x: Tensor] {
  const { batch, offsetGroups, kernel, output } = geometry;
  const [kernelHeight, kernelWidth] = kernel as [number, number];
  const [height, width] = output as [number, number];
  const moved = offset.reshape([batch * offsetGroups, kernelHeight, kernelWidth, 2, height, width]);
  const along = (axis: number, shape: number[]) =>
    regular(axis, geometry, offset).reshape(shape).add(moved.select(3, axis)).flatten(1);
  return [along(0, [kernelHeight, 1, height, 1]), along(1, [1, kernelWidth, 1, width])];
}

/** Where a convolution looks along one axis: (kernel size, output size), as values after one another. */
function regular(axis: number, { kernel, output, stride, padding, dilation }: Geometry, like: Tensor): Tensor {
  const options = { dtype: like.dtype, device: like.device };
  const points = arange(0, kernel[axis] as number, 1, options).mul(dilation[axis] as number);
  const starts = arange(0, output[axis] as number, 1, options).mul(stride[axis] as number);
  return points
    .unsqueeze(1)
    .add(starts)
    .sub(padding[axis] as number);
}

/**
 * Values of (n, channels, height, width) at (n, places): the four neighbours weighed by nearness, zero outside.
 *
 * Written out, as a normalised sampling grid would round whole coordinates to the pixel before and change gradients.
 */
function bilinear(images: Tensor, y: Tensor, x: Tensor): Tensor {
  const [, , height, width] = images.shape as [number, number, number, number];
  const pixels = images.flatten(2);
  const [top, left] = [y.detach().floor(), x.detach().floor()];
  const [down, right] = [y.sub(top), x.sub(left)];
  const [up, back] = [down.neg().add(1), right.neg().add(1)];
  const corners: [row: Tensor, column: Tensor, weight: Tensor][] = [
    [top, left, up.mul(back)],
    [top, left.add(1), up.mul(right)],
    [top.add(1), left, down.mul(back)],
    [top.add(1), left.add(1), down.mul(right)],
  ];
  const parts = corners.map(([row, column, weight]) => {
    const inside = row.ge(0).logicalAnd(row.lt(height)).logicalAnd(column.ge(0)).logicalAnd(column.lt(width));
    const index = row
      .clamp(0, height - 1)
      .mul(width)
      .add(column.clamp(0, width - 1))
      .to('int64')
      .unsqueeze(1);
    const values = pixels.gather(2, index.expand([-1, pixels.shape[1] as number, -1]));
    return values.mul(weight.mul(inside).unsqueeze(1));
  });
  return parts.reduce((sum, part) => sum.add(part));
}
