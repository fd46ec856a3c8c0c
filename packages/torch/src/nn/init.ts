/**
 * Initial values, in place and without gradients (torch.nn.init): after the same seed the same numbers as PyTorch.
 * Every function returns the tensor that it filled.
 */
import { noGrad } from '../autograd.ts';
import { empty, zeros } from '../creation.ts';
import { tidy } from '../handle.ts';
import { ops } from '../operators.ts';
import type { Tensor } from '../tensor.ts';
import { checkDivisible, withDefaults } from './check.ts';

/** Functions that a recommended gain is known for. */
export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'convTranspose1d'
  | 'convTranspose2d'
  | 'convTranspose3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leakyRelu'
  | 'selu';

export type FanMode = 'fanIn' | 'fanOut';

const GAINS: Record<Nonlinearity, (slope: number) => number> = {
  linear: () => 1,
  conv1d: () => 1,
  conv2d: () => 1,
  conv3d: () => 1,
  convTranspose1d: () => 1,
  convTranspose2d: () => 1,
  convTranspose3d: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.sqrt(2),
  leakyRelu: (slope) => Math.sqrt(2 / (1 + slope ** 2)),
  selu: () => 3 / 4,
};

/**
 * The factor by which weights in front of a function are scaled up.
 *
 * @param slope of `leakyRelu` below zero. Default 0.01.
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  const gain = GAINS[nonlinearity];
  if (!gain)
    throw new RangeError(`calculateGain: no gain for "${nonlinearity}"; known are ${Object.keys(GAINS).join(', ')}`);
  return gain(slope);
}

/** Numbers of inputs and outputs that a weight of shape (out, in, ...kernel) connects one value to. */
export function calculateFans(weight: Tensor): { fanIn: number; fanOut: number } {
  const [out, into, ...kernel] = weight.shape;
  if (out === undefined || into === undefined)
    throw new RangeError(`fan in and fan out need at least 2 dimensions, found shape [${weight.shape.join(', ')}]`);
  const field = kernel.reduce((product, size) => product * size, 1);
  return { fanIn: into * field, fanOut: out * field };
}

function filled(target: Tensor, fill: () => void): Tensor {
  tidy(() => noGrad(fill));
  return target;
}

/** Samples of the uniform distribution over [low, high). */
export function uniform_(target: Tensor, low = 0, high = 1): Tensor {
  return filled(target, () => target.uniform_(low, high));
}

export function normal_(target: Tensor, mean = 0, std = 1): Tensor {
  return filled(target, () => target.normal_(mean, std));
}

/**
 * Samples of the normal distribution that lie in [low, high], by the inverse of the distribution function.
 */
export function truncNormal_(target: Tensor, mean = 0, std = 1, low = -2, high = 2): Tensor {
  return filled(target, () => {
    const below = normalCdf((low - mean) / std);
    const above = normalCdf((high - mean) / std);
    target.uniform_(2 * below - 1, 2 * above - 1);
    target.erfinv_();
    target.mul_(std * Math.SQRT2);
    target.add_(mean);
    target.clamp_(low, high);
  });
}

function normalCdf(x: number): number {
  const value = zeros([], { dtype: 'float64' }).add_(x / Math.SQRT2);
  return (1 + (ops.erf(value).item() as number)) / 2;
}

export function constant_(target: Tensor, value: number): Tensor {
  return filled(target, () => target.fill_(value));
}

export function ones_(target: Tensor): Tensor {
  return constant_(target, 1);
}

export function zeros_(target: Tensor): Tensor {
  return constant_(target, 0);
}

/** The identity matrix, cut or extended with zeros to the shape of the matrix `target`. */
export function eye_(target: Tensor): Tensor {
  const [rows, columns] = matrixShape('eye_', target);
  return filled(target, () => target.copy_(ops.eye(rows, columns)));
}

/**
 * The convolution weight (out, in, ...kernel) of 1 to 3 spatial dimensions that hands as many channels through as
 * there are, in each of `groups` blocks of outputs.
 */
export function dirac_(target: Tensor, groups = 1): Tensor {
  const { shape } = target;
  if (shape.length < 3 || shape.length > 5)
    throw new RangeError(`dirac_: expected 3 to 5 dimensions, found shape [${shape.join(', ')}]`);
  const [out = 0, into = 0, ...kernel] = shape;
  checkDivisible('dirac_', 'dimension 0', out, 'groups', groups);
  const perGroup = out / groups;
  return filled(target, () => {
    target.zero_();
    for (let group = 0; group < groups; group++)
      for (let channel = 0; channel < Math.min(perGroup, into); channel++) {
        let cell = target.select(0, group * perGroup + channel).select(0, channel);
        for (const size of kernel) cell = cell.select(0, Math.floor(size / 2));
        cell.fill_(1);
      }
  });
}

/** Uniform values of variance `gain² · 2 / (fanIn + fanOut)` (Glorot & Bengio, 2010). */
export function xavierUniform_(target: Tensor, gain = 1): Tensor {
  const bound = Math.sqrt(3) * xavierStd(target, gain);
  return uniform_(target, -bound, bound);
}

/** Normal values of variance `gain² · 2 / (fanIn + fanOut)` (Glorot & Bengio, 2010). */
export function xavierNormal_(target: Tensor, gain = 1): Tensor {
  return normal_(target, 0, xavierStd(target, gain));
}

function xavierStd(target: Tensor, gain: number): number {
  const { fanIn, fanOut } = calculateFans(target);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

export interface KaimingOptions {
  /** Slope of `leakyRelu` below zero. Default 0. */
  slope?: number;
  /** Keep the variance of the forward (`fanIn`) or backward pass. Default `fanIn`. */
  mode?: FanMode;
  /** Default `leakyRelu`. */
  nonlinearity?: Nonlinearity;
}

/** Uniform values of variance `gain² / fan` (He et al., 2015). */
export function kaimingUniform_(target: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd('kaimingUniform_', target, options);
  return uniform_(target, -bound, bound);
}

/** Normal values of variance `gain² / fan` (He et al., 2015). */
export function kaimingNormal_(target: Tensor, options: KaimingOptions = {}): Tensor {
  return normal_(target, 0, kaimingStd('kaimingNormal_', target, options));
}

const KAIMING: Required<KaimingOptions> = { slope: 0, mode: 'fanIn', nonlinearity: 'leakyRelu' };

function kaimingStd(where: string, target: Tensor, options: KaimingOptions): number {
  const { slope, mode, nonlinearity } = withDefaults(where, KAIMING, options);
  const fans = calculateFans(target);
  if (!(mode in fans)) throw new RangeError(`kaiming: mode must be fanIn or fanOut, found "${mode}"`);
  return calculateGain(nonlinearity, slope) / Math.sqrt(fans[mode]);
}

/** A matrix with orthonormal rows or columns, whichever are fewer, times `gain`; further dimensions are flattened. */
export function orthogonal_(target: Tensor, gain = 1): Tensor {
  const { shape } = target;
  if (shape.length < 2)
    throw new RangeError(`orthogonal_: expected at least 2 dimensions, found shape [${shape.join(', ')}]`);
  const [rows = 0, ...rest] = shape;
  const columns = rest.reduce((product, size) => product * size, 1);
  return filled(target, () => {
    const samples = empty([rows, columns], { dtype: target.dtype, device: target.device }).normal_(0, 1);
    const [q, r] = ops.linalgQr(rows < columns ? samples.t() : samples);
    // Q is unique only up to signs: the diagonal of R made positive makes it uniformly distributed.
    const signed = q.mul(r.diagonal(0, 0, 1).sign());
    target.copy_((rows < columns ? signed.t() : signed).reshape(shape)).mul_(gain);
  });
}

/** Normal values, and `sparsity` of each column zero. */
export function sparse_(target: Tensor, sparsity: number, std = 0.01): Tensor {
  const [rows, columns] = matrixShape('sparse_', target);
  const zeroed = Math.ceil(sparsity * rows);
  return filled(target, () => {
    target.normal_(0, std);
    for (let column = 0; column < columns; column++) {
      const order = ops.randperm(rows).narrow(0, 0, zeroed);
      target.select(1, column).indexFill_(0, order, 0);
    }
  });
}

function matrixShape(where: string, target: Tensor): [rows: number, columns: number] {
  const [rows, columns, ...more] = target.shape;
  if (rows === undefined || columns === undefined || more.length > 0)
    throw new RangeError(`${where}: expected 2 dimensions, found shape [${target.shape.join(', ')}]`);
  return [rows, columns];
}
