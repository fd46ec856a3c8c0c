/** Changes of size and sampling of images. */
import { callOperator } from '../../dispatch.ts';
import { ops } from '../../operators.ts';
import type { Tensor } from '../../tensor.ts';
import { checkChoice, checkCount, checkDivisible, checkRank, type Size, sizesOf, withDefaults } from '../check.ts';
import { adaptiveAvgPool } from './pooling.ts';

/** An interpolation: numbers of spatial dimensions it works in, its operator, and whether it can align corners. */
interface Interpolation {
  dims: readonly number[];
  operator: (dims: number) => string;
  aligns: boolean;
}

const INTERPOLATIONS = {
  nearest: { dims: [1, 2, 3], operator: (dims) => `upsample_nearest${dims}d`, aligns: false },
  'nearest-exact': { dims: [1, 2, 3], operator: (dims) => `_upsample_nearest_exact${dims}d`, aligns: false },
  linear: { dims: [1], operator: () => 'upsample_linear1d', aligns: true },
  bilinear: { dims: [2], operator: () => 'upsample_bilinear2d', aligns: true },
  bicubic: { dims: [2], operator: () => 'upsample_bicubic2d', aligns: true },
  trilinear: { dims: [3], operator: () => 'upsample_trilinear3d', aligns: true },
  area: { dims: [1, 2, 3], operator: () => '', aligns: false },
} satisfies Record<string, Interpolation>;

type InterpolationMode = keyof typeof INTERPOLATIONS;

export interface InterpolateOptions {
  /** Spatial sizes to make. Either this or `scaleFactor`. */
  size?: Size | null;
  /** Multiples of the spatial sizes, rounded down. */
  scaleFactor?: number | readonly number[] | null;
  /** Default `nearest`. */
  mode?: InterpolationMode;
  /** Corner pixels stay where they are; for the linear and cubic modes. Default false. */
  alignCorners?: boolean | null;
  /** Take the scale from the rounded sizes. Default false. */
  recomputeScaleFactor?: boolean;
  /** Smooth when scaling down; for `bilinear` and `bicubic`. Default false. */
  antialias?: boolean;
}

export const INTERPOLATE: Required<InterpolateOptions> = {
  size: null,
  scaleFactor: null,
  mode: 'nearest',
  alignCorners: null,
  recomputeScaleFactor: false,
  antialias: false,
};

/** (batch, channels, …1 to 3 spatial dimensions) → the same with other spatial sizes. */
export function interpolate(input: Tensor, options: InterpolateOptions = {}): Tensor {
  const given = withDefaults('interpolate', INTERPOLATE, options);
  const { mode, alignCorners, antialias } = given;
  checkChoice('interpolate', 'mode', mode, Object.keys(INTERPOLATIONS) as InterpolationMode[]);
  const kind: Interpolation = INTERPOLATIONS[mode];
  checkRank(
    `interpolate (${mode})`,
    input,
    kind.dims.map((dims) => dims + 2),
    '(batch, channels, …)',
  );
  if (alignCorners !== null && !kind.aligns)
    throw new RangeError(`interpolate: alignCorners is for linear, bilinear, bicubic and trilinear, not ${mode}`);
  if (antialias && mode !== 'bilinear' && mode !== 'bicubic')
    throw new RangeError(`interpolate: antialias is for bilinear and bicubic, not ${mode}`);
  const [sizes, scales] = targetOf(input, given);
  if (mode === 'area') return adaptiveAvgPool(input.ndim - 2, input, sizes ?? scaled(input, scales as number[]));
  const name = `aten::${antialias ? '_' : ''}${kind.operator(input.ndim - 2)}${antialias ? '_aa' : ''}.vec`;
  const corners = kind.aligns ? [alignCorners ?? false] : [];
  return callOperator(name, input, sizes, ...corners, scales) as Tensor;
}

/** Either the sizes or the scales; the other is null. */
function targetOf(
  input: Tensor,
  { size, scaleFactor, recomputeScaleFactor }: Required<InterpolateOptions>,
): [sizes: number[] | null, scales: number[] | null] {
  const dims = input.ndim - 2;
  if ((size === null) === (scaleFactor === null)) throw new RangeError('interpolate: give either size or scaleFactor');
  if (size !== null) return [sizesOf('interpolate', 'size', size, dims), null];
  const scales = typeof scaleFactor === 'number' ? new Array<number>(dims).fill(scaleFactor) : [...(scaleFactor ?? [])];
  if (scales.length !== dims || scales.some((scale) => !(scale > 0)))
    throw new RangeError(
      `interpolate: scaleFactor must be a positive number or ${dims} of them, found [${scales.join(', ')}]`,
    );
  return recomputeScaleFactor ? [scaled(input, scales), null] : [null, scales];
}

function scaled(input: Tensor, scales: readonly number[]): number[] {
  return input.shape.slice(2).map((size, i) => Math.floor(size * (scales[i] as number)));
}

/** (…, channels · r², height, width) → (…, channels, height · r, width · r) (Shi et al., 2016). */
export function pixelShuffle(input: Tensor, upscaleFactor: number): Tensor {
  checkCount('pixelShuffle', 'upscaleFactor', upscaleFactor);
  checkAtLeast3('pixelShuffle', input);
  checkDivisible('pixelShuffle', 'channels', input.shape.at(-3) as number, 'upscaleFactor²', upscaleFactor ** 2);
  return ops.pixelShuffle(input, upscaleFactor);
}

/** (…, channels, height · r, width · r) → (…, channels · r², height, width). */
export function pixelUnshuffle(input: Tensor, downscaleFactor: number): Tensor {
  checkCount('pixelUnshuffle', 'downscaleFactor', downscaleFactor);
  checkAtLeast3('pixelUnshuffle', input);
  for (const [name, dim] of [
    ['height', -2],
    ['width', -1],
  ] as const)
    checkDivisible('pixelUnshuffle', name, input.shape.at(dim) as number, 'downscaleFactor', downscaleFactor);
  return ops.pixelUnshuffle(input, downscaleFactor);
}

function checkAtLeast3(where: string, input: Tensor): void {
  const { shape } = input;
  if (shape.length < 3)
    throw new RangeError(`${where}: expected (…, channels, height, width), found shape [${shape.join(', ')}]`);
}

/** (batch, channels, …): channels dealt out anew among `groups` blocks (Zhang et al., 2018). */
export function channelShuffle(input: Tensor, groups: number): Tensor {
  checkCount('channelShuffle', 'groups', groups);
  checkDivisible('channelShuffle', 'channels', input.shape[1] ?? 0, 'groups', groups);
  // libtorch's own operator has no gradient.
  return input.unflatten(1, [groups, -1]).transpose(1, 2).flatten(1, 2);
}

export interface UnfoldOptions {
  /** Default 1. */
  dilation?: Size;
  /** Default 0. */
  padding?: Size;
  /** Default 1. */
  stride?: Size;
}

export const UNFOLD: Required<UnfoldOptions> = { dilation: 1, padding: 0, stride: 1 };

/** (batch, channels, height, width) → its windows as columns (batch, channels · kernel, windows). */
export function unfold(input: Tensor, kernelSize: Size, options: UnfoldOptions = {}): Tensor {
  const { dilation, padding, stride } = withDefaults('unfold', UNFOLD, options);
  checkRank('unfold', input, [3, 4], '([batch,] channels, height, width)');
  const [kernel, gaps, border, steps] = windowSizes('unfold', kernelSize, dilation, padding, stride);
  return ops.im2col(input, kernel, gaps, border, steps);
}

/** Columns (batch, channels · kernel, windows) → (batch, channels, ...outputSize), overlaps summed. */
export function fold(input: Tensor, outputSize: Size, kernelSize: Size, options: UnfoldOptions = {}): Tensor {
  const { dilation, padding, stride } = withDefaults('fold', UNFOLD, options);
  checkRank('fold', input, [2, 3], '([batch,] channels · kernel, windows)');
  const [kernel, gaps, border, steps] = windowSizes('fold', kernelSize, dilation, padding, stride);
  return ops.col2im(input, sizesOf('fold', 'outputSize', outputSize, 2), kernel, gaps, border, steps);
}

function windowSizes(where: string, kernelSize: Size, dilation: Size, padding: Size, stride: Size) {
  return [
    sizesOf(where, 'kernelSize', kernelSize, 2),
    sizesOf(where, 'dilation', dilation, 2),
    sizesOf(where, 'padding', padding, 2, 0),
    sizesOf(where, 'stride', stride, 2),
  ] as const;
}

/** In the order of libtorch's numbers for them. */
const SAMPLING = ['bilinear', 'nearest', 'bicubic'] as const;
const OUTSIDE = ['zeros', 'border', 'reflection'] as const;

interface GridSampleOptions {
  /** Default `bilinear`. */
  mode?: (typeof SAMPLING)[number];
  /** What lies outside. Default `zeros`. */
  paddingMode?: (typeof OUTSIDE)[number];
  /** -1 and 1 are the centres of the corner pixels, not their outer edges. Default false. */
  alignCorners?: boolean;
}

/** Values of (batch, channels, …) at the places `grid` (batch, …, 2 or 3), x first, from -1 to 1. */
export function gridSample(input: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const { mode, paddingMode, alignCorners } = withDefaults<GridSampleOptions>(
    'gridSample',
    { mode: 'bilinear', paddingMode: 'zeros', alignCorners: false },
    options,
  );
  checkChoice('gridSample', 'mode', mode, SAMPLING);
  checkChoice('gridSample', 'paddingMode', paddingMode, OUTSIDE);
  return ops.gridSampler(input, grid, SAMPLING.indexOf(mode), OUTSIDE.indexOf(paddingMode), alignCorners);
}

/** The grid for `gridSample` of affine maps (batch, 2, 3) or (batch, 3, 4), for an output of shape `size`. */
export function affineGrid(theta: Tensor, size: readonly number[], alignCorners = false): Tensor {
  return ops.affineGridGenerator(theta, size, alignCorners);
}
