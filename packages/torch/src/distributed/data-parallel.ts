/** One model on several ranks: each sees its own part of a batch, and gradients are averaged while backward still runs. */
import { isGradEnabled } from '../autograd.ts';
import { native } from '../native.ts';
import { SyncBatchNorm } from '../nn/batch-norm.ts';
import { Embedding, EmbeddingBag } from '../nn/embedding.ts';
import { Module } from '../nn/module.ts';
import type { LoadResult, StateDict } from '../nn/state-dict.ts';
import { checkOptions } from '../options.ts';
import { Tensor } from '../tensor.ts';
import { wire } from '../wire.ts';
import { broadcastAllNow } from './at-once.ts';
import { groupFor, type ProcessGroup, write } from './process-group.ts';
import { checkSameParameters } from './same-parameters.ts';

export interface DataParallelOptions {
  /** Default: all ranks of the run. */
  processGroup?: ProcessGroup;
  /** Gradients travel in parts of about so many MiB. Default 25; the first part has 1. */
  bucketCapMb?: number;
  /** Look in each pass for parameters that the output does not depend on. Costs a walk of the graph. Default false. */
  findUnusedParameters?: boolean;
  /** Give all ranks the buffers of the first before a training pass. Default true. */
  broadcastBuffers?: boolean;
  /** Let gradients lie in the memory that they travel in, which spares a copy of all. Default false. */
  gradientAsBucketView?: boolean;
}

const DEFAULTS: Required<{ [name in keyof DataParallelOptions]: unknown }> = {
  processGroup: null,
  bucketCapMb: 25,
  findUnusedParameters: false,
  broadcastBuffers: true,
  gradientAsBucketView: false,
};

const MIB = 2 ** 20;
const MOST_MIB = 2 ** 20;
const NAME = 'DistributedDataParallel';

const collected = new FinalizationRegistry<number>(releaseReducer);

function releaseReducer(handle: number): void {
  wire.words[0] = handle;
  native.releaseReducer();
}

/**
 * Wraps a model so that its gradients, after `backward`, are the mean over all ranks. Construct it on every rank with the
 * same model, before the optimizer: the parameters and buffers of rank 0 then are those of all.
 *
 * Defaults: all ranks · `bucketCapMb` 25 · `findUnusedParameters` false · `broadcastBuffers` true · `gradientAsBucketView`
 * false. Call its `forward`, not the model's, for every loss that goes backward. `backward` blocks until the other ranks
 * have given their gradients, not longer than the group's time limit.
 *
 * Source: Li et al., "PyTorch Distributed", 2020; torch.nn.parallel.DistributedDataParallel.
 */
export class DistributedDataParallel<M extends Module = Module> extends Module {
  readonly module: M;
  readonly #group: ProcessGroup;
  readonly #settings: Required<Omit<DataParallelOptions, 'processGroup'>>;
  #reducer: number | undefined;
  /** The parameters whose gradients are exchanged; all ranks have agreed on them. */
  #trained: readonly Tensor[] = [];
  #exchanges = true;
  /** Ranks go apart only where gradients were exchanged since. */
  #buffersDue = true;

  /**
   * @throws Error outside of a run, for a model that trains nothing, and on every rank where one holds other parameters
   * @throws TypeError for an option of an unknown name
   */
  constructor(module: M, options: DataParallelOptions = {}) {
    super();
    checkOptions(NAME, DEFAULTS, options);
    const { processGroup, ...settings } = options;
    this.module = module;
    this.#group = groupFor(NAME, processGroup);
    this.#settings = {
      bucketCapMb: settings.bucketCapMb ?? 25,
      findUnusedParameters: settings.findUnusedParameters ?? false,
      broadcastBuffers: settings.broadcastBuffers ?? true,
      gradientAsBucketView: settings.gradientAsBucketView ?? false,
    };
    const cap = this.#settings.bucketCapMb;
    if (!(cap > 0 && cap <= MOST_MIB))
      throw new RangeError(`${NAME}: bucketCapMb is ${cap}; it must be above 0, and at most ${MOST_MIB}`);
    if (!module.parameters().some((parameter) => parameter.requiresGrad))
      throw new Error(`${NAME}: no parameter of the model requires a gradient, so there is nothing to exchange`);
    if (this.#group.size > 1) warnOfSyncBatchNorm(module);
    this.#checkSame();
    this.#trained = this.#trainedNow().map(([, parameter]) => parameter);
    broadcastAllNow(NAME, this.#group, [...module.parameters(), ...module.buffers()]);
  }

  /** The model's own `forward`; the gradients of what it returns are exchanged in `backward`, but inside of `noSync`. */
  override forward(...inputs: Parameters<M['forward']>): ReturnType<M['forward']> {
    const exchanges = this.#exchanges && isGradEnabled();
    const reducer = exchanges ? this.#ensureReducer() : undefined;
    if (reducer !== undefined) {
      wire.words[0] = reducer;
      native.beforeForward();
    }
    if (this.#buffersDue && this.training && this.#settings.broadcastBuffers)
      broadcastAllNow(`${NAME}: buffers`, this.#group, this.module.buffers());
    const output = this.module.forward(...inputs) as ReturnType<M['forward']>;
    if (reducer !== undefined) {
      write([reducer], this.#settings.findUnusedParameters ? tensorsIn(output) : []);
      native.beforeBackward();
    }
    this.#buffersDue = exchanges;
    return output;
  }

  /**
   * Runs `fn`, and losses of forward passes inside it leave their gradients on this rank: they are exchanged with those of
   * the next pass outside. `optimContext` of a wrapper calls it while gradients are accumulated.
   */
  noSync<T>(fn: () => T): T {
    const before = this.#exchanges;
    this.#exchanges = false;
    try {
      return fn();
    } finally {
      this.#exchanges = before;
    }
  }

  /** @throws Error on every rank where one holds other parameters, or was given other options */
  #checkSame(): void {
    checkSameParameters(NAME, this.#group, {
      parameters: this.module.namedParameters(),
      buffers: this.module.namedBuffers(),
      options: this.#settings,
    });
  }

  #trainedNow(): readonly (readonly [string, Tensor])[] {
    return this.module.namedParameters().filter(([, parameter]) => parameter.requiresGrad);
  }

  /** Made at the first pass, and anew where other parameters are trained since. Undefined where none is. */
  #ensureReducer(): number | undefined {
    const trained = this.#trainedNow();
    const before = this.#trained;
    if (trained.length !== before.length || trained.some(([, parameter], i) => parameter !== before[i])) {
      this.#release();
      this.#checkSame();
      this.#trained = trained.map(([, parameter]) => parameter);
    }
    if (trained.length > 0) this.#reducer ??= this.#makeReducer(trained);
    return this.#reducer;
  }

  #makeReducer(trained: readonly (readonly [string, Tensor])[]): number {
    const sparse = sparseParameters(this.module);
    const { bucketCapMb, findUnusedParameters, gradientAsBucketView } = this.#settings;
    const cap = Math.ceil(bucketCapMb * MIB);
    const flags = [findUnusedParameters ? 1 : 0, gradientAsBucketView ? 1 : 0];
    const sparseFlags = trained.map(([, parameter]) => (sparse.has(parameter) ? 1 : 0));
    write(
      [this.#group.handle, cap, Math.min(MIB, cap), ...flags, trained.length, ...sparseFlags],
      trained.map(([, parameter]) => parameter),
      ...trained.map(([name]) => name),
    );
    const reducer = native.newReducer();
    collected.register(this, reducer, this);
    return reducer;
  }

  #release(): void {
    if (this.#reducer === undefined) return;
    releaseReducer(this.#reducer);
    collected.unregister(this);
    this.#reducer = undefined;
  }

  /**
   * As every module's, with names that begin with `module.`; those of the bare model are taken as well.
   *
   * @throws Error as every module's
   */
  override loadStateDict(state: StateDict, options: { strict?: boolean } = {}): LoadResult {
    const names = state instanceof Map ? [...state.keys()] : Object.keys(state);
    const isWrapped = names.some((name) => name.startsWith('module.'));
    return isWrapped ? super.loadStateDict(state, options) : this.module.loadStateDict(state, options);
  }

  /** Also lets go of what exchanges the gradients. */
  override dispose(): void {
    this.#release();
    super.dispose();
  }
}

/** It is accepted so that models load, but takes the figures of its own rank. */
function warnOfSyncBatchNorm(module: Module): void {
  const found = module.namedModules().find(([, each]) => each instanceof SyncBatchNorm);
  if (found === undefined) return;
  process.emitWarning(
    `"${found[0]}" is a SyncBatchNorm, which here measures the batch of each rank alone, as a BatchNorm does; take GroupNorm, or LayerNorm, where batches of a rank are small`,
    { type: 'ParamwiseWarning', code: 'PARAMWISE_DISTRIBUTED' },
  );
}

/** The model inside of a wrapper for several ranks, or the model itself. */
export function unwrapped(model: Module): Module {
  return model instanceof DistributedDataParallel ? model.module : model;
}

function sparseParameters(module: Module): Set<Tensor> {
  const tables = module.modules().filter((each) => each instanceof Embedding || each instanceof EmbeddingBag);
  return new Set(tables.filter((table) => table.sparse).map((table) => table.weight));
}

function tensorsIn(value: unknown, found: Tensor[] = []): Tensor[] {
  if (value instanceof Tensor) found.push(value);
  else if (Array.isArray(value)) for (const item of value) tensorsIn(item, found);
  else if (value instanceof Map) for (const item of value.values()) tensorsIn(item, found);
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) tensorsIn(item, found);
  return found;
}
