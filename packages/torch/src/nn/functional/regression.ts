/** Losses of predicted numbers and probabilities, element by element. */
import { noGrad } from '../../autograd.ts';
import { ops } from '../../operators.ts';
import type { Tensor } from '../../tensor.ts';
import { checkChoice, withDefaults } from '../check.ts';
import { REDUCTION, REDUCTIONS, type Reduction, type ReductionOptions, reduced, reductionCode } from './reduction.ts';

/** (input - target)². */
export function mseLoss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  const { reduction } = withDefaults('mseLoss', REDUCTION, options);
  warnOfBroadcast('mseLoss', input, target);
  return ops.mseLoss(input, target, reductionCode('mseLoss', reduction));
}

/** |input - target|. */
export function l1Loss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  const { reduction } = withDefaults('l1Loss', REDUCTION, options);
  warnOfBroadcast('l1Loss', input, target);
  return ops.l1Loss(input, target, reductionCode('l1Loss', reduction));
}

export interface SmoothL1Options extends ReductionOptions {
  /** Where squares give way to absolute values. Default 1. */
  beta?: number;
}

export const SMOOTH_L1: Required<SmoothL1Options> = { ...REDUCTION, beta: 1 };

/** d² / (2 beta) for d = |input - target| below beta, d - beta / 2 above (Girshick, 2015). */
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  const { reduction, beta } = withDefaults('smoothL1Loss', SMOOTH_L1, options);
  if (!(beta >= 0)) throw new RangeError(`smoothL1Loss: beta must not be negative, found ${beta}`);
  warnOfBroadcast('smoothL1Loss', input, target);
  return ops.smoothL1Loss(input, target, reductionCode('smoothL1Loss', reduction), beta);
}

export interface HuberOptions extends ReductionOptions {
  /** Where squares give way to absolute values. Default 1. */
  delta?: number;
}

export const HUBER: Required<HuberOptions> = { ...REDUCTION, delta: 1 };

/** d² / 2 for d = |input - target| below delta, delta (d - delta / 2) above (Huber, 1964). */
export function huberLoss(input: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  const { reduction, delta } = withDefaults('huberLoss', HUBER, options);
  if (!(delta > 0)) throw new RangeError(`huberLoss: delta must be positive, found ${delta}`);
  warnOfBroadcast('huberLoss', input, target);
  return ops.huberLoss(input, target, reductionCode('huberLoss', reduction), delta);
}

export interface BinaryCrossEntropyOptions extends ReductionOptions {
  /** A factor for each element, broadcast. Default 1. */
  weight?: Tensor | null;
}

export const BINARY: Required<BinaryCrossEntropyOptions> = { ...REDUCTION, weight: null };

/** Cross entropy of probabilities and targets from 0 to 1, of one shape. */
export function binaryCrossEntropy(input: Tensor, target: Tensor, options: BinaryCrossEntropyOptions = {}): Tensor {
  const { reduction, weight } = withDefaults('binaryCrossEntropy', BINARY, options);
  checkSameShape('binaryCrossEntropy', input, target);
  return ops.binaryCrossEntropy(input, target, weight, reductionCode('binaryCrossEntropy', reduction));
}

export interface BinaryLogitsOptions extends BinaryCrossEntropyOptions {
  /** A factor for positive targets, broadcast. Default 1. */
  posWeight?: Tensor | null;
}

export const BINARY_LOGITS: Required<BinaryLogitsOptions> = { ...BINARY, posWeight: null };

/** Cross entropy of log-odds and targets from 0 to 1, of one shape. */
export function binaryCrossEntropyWithLogits(input: Tensor, target: Tensor, options: BinaryLogitsOptions = {}): Tensor {
  const where = 'binaryCrossEntropyWithLogits';
  const { reduction, weight, posWeight } = withDefaults(where, BINARY_LOGITS, options);
  checkSameShape(where, input, target);
  return ops.binaryCrossEntropyWithLogits(input, target, weight, posWeight, reductionCode(where, reduction));
}

export interface KLDivOptions {
  /** `batchmean`, the sum over the batch size, is the divergence proper. Default `mean`. */
  reduction?: Reduction | 'batchmean';
  /** The target holds log-probabilities. Default false. */
  logTarget?: boolean;
}

export const KL_REDUCTIONS = [...REDUCTIONS, 'batchmean'] as const;

export const KL_DIV: Required<KLDivOptions> = { reduction: 'mean', logTarget: false };

/** target (log target - input) for log-probabilities `input` and probabilities `target` (Kullback & Leibler, 1951). */
export function klDiv(input: Tensor, target: Tensor, options: KLDivOptions = {}): Tensor {
  const { reduction, logTarget } = withDefaults('klDiv', KL_DIV, options);
  checkChoice('klDiv', 'reduction', reduction, KL_REDUCTIONS);
  const code = reductionCode('klDiv', reduction === 'batchmean' ? 'sum' : reduction);
  const loss = ops.klDiv(input, target, code, { logTarget });
  return reduction === 'batchmean' ? loss.div(input.shape[0] ?? 1) : loss;
}

export interface PoissonOptions extends ReductionOptions {
  /** The input is the logarithm of the rate. Default true. */
  logInput?: boolean;
  /** Add Stirling's approximation of the term of the target. Default false. */
  full?: boolean;
  /** Added to the rate inside the logarithm. Default 1e-8. */
  eps?: number;
}

export const POISSON: Required<PoissonOptions> = { ...REDUCTION, logInput: true, full: false, eps: 1e-8 };

/** Negative log-likelihood of counts under a Poisson distribution. */
export function poissonNllLoss(input: Tensor, target: Tensor, options: PoissonOptions = {}): Tensor {
  const { reduction, logInput, full, eps } = withDefaults('poissonNllLoss', POISSON, options);
  return ops.poissonNllLoss(input, target, logInput, full, eps, reductionCode('poissonNllLoss', reduction));
}

export interface GaussianOptions extends ReductionOptions {
  /** Add the constant log(2π) / 2. Default false. */
  full?: boolean;
  /** The least variance. Default 1e-6. */
  eps?: number;
}

export const GAUSSIAN: Required<GaussianOptions> = { ...REDUCTION, full: false, eps: 1e-6 };

/** Negative log-likelihood under a normal distribution; `variance` has the input's shape, or 1 in its last place. */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianOptions = {},
): Tensor {
  const { reduction, full, eps } = withDefaults('gaussianNllLoss', GAUSSIAN, options);
  if (variance.lt(0).any().item()) throw new RangeError('gaussianNllLoss: the variance must not be negative');
  // Cut without a gradient, so that a variance below eps can still grow.
  const cut = variance.clone();
  noGrad(() => cut.clampMin_(eps));
  const loss = cut.log().add(input.sub(target).square().div(cut)).mul(0.5);
  return reduced('gaussianNllLoss', full ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss, reduction);
}

function checkSameShape(where: string, input: Tensor, target: Tensor): void {
  const [found, given] = [input.shape.join(', '), target.shape.join(', ')];
  if (found !== given)
    throw new RangeError(`${where}: the target must have the input's shape [${found}], found [${given}]`);
}

/** (batch) against (batch, 1) gives (batch, batch): hardly ever what was meant. */
function warnOfBroadcast(where: string, input: Tensor, target: Tensor): void {
  const [found, given] = [input.shape.join(', '), target.shape.join(', ')];
  if (found !== given)
    process.emitWarning(`${where}: the target has shape [${given}], the input [${found}]: they are broadcast`);
}
