/** Batch and instance normalisation: statistics for each channel, with running values for evaluation. */
import type { ModuleKind } from '@paramwise/core';
import { noGrad } from '../autograd.ts';
import { ones, tensor, zeros } from '../creation.ts';
import { ops } from '../operators.ts';
import type { Tensor } from '../tensor.ts';
import { checkCount, checkRank, checkSize, withDefaults } from './check.ts';
import { batchNorm } from './functional/norm.ts';
import { Module } from './module.ts';
import { resetAffine } from './norm.ts';
import { emptyParameter, type Parameter } from './parameter.ts';

export interface RunningNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Share of the new measurement in the running values; null takes the mean of all measurements. Default 0.1. */
  momentum?: number | null;
  /** Learn a scale (1) and shift (0) for each channel. Default true for batch norms, false for instance norms. */
  affine?: boolean;
  /** Keep running values and use them in evaluation. Default true for batch norms, false for instance norms. */
  trackRunningStats?: boolean;
}

/** The numbers of dimensions that an input may have, and what they are. */
interface Ranks {
  ranks: readonly number[];
  layout: string;
}

abstract class RunningNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly trackRunningStats: boolean;
  weight: Parameter | null;
  bias: Parameter | null;
  running_mean: Tensor | null;
  running_var: Tensor | null;
  /** int64, without dimensions. */
  num_batches_tracked: Tensor | null;

  constructor(
    numFeatures: number,
    options: RunningNormOptions,
    defaults: Required<RunningNormOptions>,
    ...surplus: never[]
  ) {
    super();
    const name = this.constructor.name;
    const { eps, momentum, affine, trackRunningStats } = withDefaults(name, defaults, options, ...surplus);
    checkCount(name, 'numFeatures', numFeatures);
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.trackRunningStats = trackRunningStats;
    this.weight = affine ? emptyParameter([numFeatures]) : null;
    this.bias = affine ? emptyParameter([numFeatures]) : null;
    const tracked = (make: () => Tensor) => (trackRunningStats ? make() : null);
    this.running_mean = this.registerBuffer(
      'running_mean',
      tracked(() => zeros([numFeatures])),
    );
    this.running_var = this.registerBuffer(
      'running_var',
      tracked(() => ones([numFeatures])),
    );
    this.num_batches_tracked = this.registerBuffer(
      'num_batches_tracked',
      tracked(() => tensor(0n)),
    );
    resetAffine(this);
  }

  override get moduleKind(): ModuleKind {
    return { type: 'norm' };
  }

  /** Checkpoints from before PyTorch 0.4.1 lack the counter. */
  override get optionalState(): readonly string[] {
    return this.trackRunningStats ? ['num_batches_tracked'] : [];
  }

  override extraRepr(): string {
    const { numFeatures, eps, momentum, weight, trackRunningStats } = this;
    const settings = `eps=${eps}, momentum=${momentum}, affine=${weight !== null}`;
    return `${numFeatures}, ${settings}, trackRunningStats=${trackRunningStats}`;
  }
}

const BATCH: Required<RunningNormOptions> = { eps: 1e-5, momentum: 0.1, affine: true, trackRunningStats: true };

export abstract class BatchNorm extends RunningNorm {
  protected abstract readonly input: Ranks;

  constructor(numFeatures: number, options: RunningNormOptions = {}, ...surplus: never[]) {
    super(numFeatures, options, BATCH, ...surplus);
  }

  forward(input: Tensor): Tensor {
    const { weight, bias, eps, training } = this;
    checkRank(this.constructor.name, input, this.input.ranks, this.input.layout);
    checkSize(this.constructor.name, input, 1, 'numFeatures', this.numFeatures);
    const momentum = training && this.trackRunningStats ? this.#countBatch() : 0;
    const measured = training || this.running_mean === null || this.running_var === null;
    const used = !training || this.trackRunningStats;
    return batchNorm(input, {
      runningMean: used ? this.running_mean : null,
      runningVar: used ? this.running_var : null,
      weight,
      bias,
      training: measured,
      momentum,
      eps,
    });
  }

  /** Counts this batch; returns its share in the running values. */
  #countBatch(): number {
    noGrad(() => this.num_batches_tracked?.add_(1));
    return this.momentum ?? 1 / Number(this.num_batches_tracked?.item() ?? 1);
  }
}

/** For (batch, numFeatures) or (batch, numFeatures, length) (torch.nn.BatchNorm1d). */
export class BatchNorm1d extends BatchNorm {
  protected readonly input: Ranks = { ranks: [2, 3], layout: '(batch, channels[, length])' };
}

/** For (batch, numFeatures, height, width) (torch.nn.BatchNorm2d). */
export class BatchNorm2d extends BatchNorm {
  protected readonly input: Ranks = { ranks: [4], layout: '(batch, channels, height, width)' };
}

/** For (batch, numFeatures, depth, height, width) (torch.nn.BatchNorm3d). */
export class BatchNorm3d extends BatchNorm {
  protected readonly input: Ranks = { ranks: [5], layout: '(batch, channels, depth, height, width)' };
}

/** For (batch, numFeatures, …). Measures the batch of this process, as torch.nn.SyncBatchNorm does without a group. */
export class SyncBatchNorm extends BatchNorm {
  protected readonly input: Ranks = { ranks: [2, 3, 4, 5], layout: '(batch, channels, …)' };
}

const INSTANCE: Required<RunningNormOptions> = { eps: 1e-5, momentum: 0.1, affine: false, trackRunningStats: false };

abstract class InstanceNorm extends RunningNorm {
  /** Number of spatial dimensions; the batch may be left out. */
  protected abstract readonly dims: number;

  constructor(numFeatures: number, options: RunningNormOptions = {}, ...surplus: never[]) {
    super(numFeatures, options, INSTANCE, ...surplus);
  }

  forward(input: Tensor): Tensor {
    const name = this.constructor.name;
    checkRank(name, input, [this.dims + 1, this.dims + 2], `([batch,] channels and ${this.dims} spatial)`);
    checkSize(name, input, -this.dims - 1, 'numFeatures', this.numFeatures);
    if (input.ndim === this.dims + 2) return this.#normalized(input);
    return this.#normalized(input.unsqueeze(0)).squeeze(0);
  }

  #normalized(input: Tensor): Tensor {
    const { weight, bias, running_mean, running_var, eps } = this;
    const measured = this.training || !this.trackRunningStats;
    return ops.instanceNorm(input, weight, bias, running_mean, running_var, measured, this.momentum ?? 0, eps, true);
  }
}

/** Each instance apart, for ([batch,] numFeatures, length) (torch.nn.InstanceNorm1d). */
export class InstanceNorm1d extends InstanceNorm {
  protected readonly dims = 1;
}

/** Each instance apart, for ([batch,] numFeatures, height, width) (torch.nn.InstanceNorm2d). */
export class InstanceNorm2d extends InstanceNorm {
  protected readonly dims = 2;
}

/** Each instance apart, for ([batch,] numFeatures, depth, height, width) (torch.nn.InstanceNorm3d). */
export class InstanceNorm3d extends InstanceNorm {
  protected readonly dims = 3;
}
