/** What every wrapper has: an optimizer, counts, and the settings and the state of both. */
import { type GroupSettings, getLr, getMomentum, type OptimWrapperLike } from '@paramwise/core';
import { UpdateCycle } from '@paramwise/core/internal';
import { withGradient } from '../gradients.ts';
import type { Module } from '../nn/module.ts';
import type { Tensor } from '../tensor.ts';
import type { TorchParamGroup } from './groups.ts';
import type { Optimizer } from './optimizer.ts';
import type { SteppingOptimizer } from './stepping-optimizer.ts';
import { warn, warnOfBatchNorms } from './wrapper-checks.ts';
import type { OptimWrapperStateDict } from './wrapper-options.ts';

/** A model whose ranks exchange gradients can be asked not to. */
interface Syncing {
  noSync<T>(fn: () => T): T;
}

/**
 * An optimizer with its counts, whatever an update does: groups, rates, state. `OptimWrapper` adds how it updates.
 *
 * Source: MMEngine's BaseOptimWrapper.
 */
export abstract class BaseOptimWrapper<O extends SteppingOptimizer = Optimizer> implements OptimWrapperLike {
  readonly optimizer: O;
  /**
   * The optimizer's defaults as one more group that schedules move along and that trains nothing: `base_lr` in a log.
   * Absent with a single group, which shows the base itself.
   */
  readonly baseParamSettings: GroupSettings | undefined;
  /** Counts, and what waits in the gradients. */
  protected readonly cycle: UpdateCycle;

  constructor(optimizer: O, cycle: UpdateCycle) {
    this.optimizer = optimizer;
    this.cycle = cycle;
    if (optimizer.paramGroups.length > 1) this.baseParamSettings = structuredClone(optimizer.defaults);
  }

  get paramGroups(): TorchParamGroup[] {
    return this.optimizer.paramGroups;
  }

  get defaults(): GroupSettings {
    return this.optimizer.defaults;
  }

  /** Backward passes so far. */
  get innerCount(): number {
    return this.cycle.innerCount;
  }

  /** Optimizer updates so far; iterations that only accumulate, or that are skipped, add none. */
  get updateCount(): number {
    return this.cycle.updateCount;
  }

  /** Whether the passes so far complete an accumulation: then `updateParams` steps. */
  shouldUpdate(): boolean {
    return this.cycle.isDue;
  }

  /** Whether the next backward pass is followed by a step, so that ranks must exchange gradients in it. */
  shouldSync(): boolean {
    return this.cycle.syncsNext;
  }

  /**
   * Tells where a run begins and how long it is, so that the last accumulation divides by what it really adds up.
   *
   * Warns (as a Node.js process warning) when the run begins inside an accumulation, or when the model has batch norms,
   * whose statistics see single batches, not the accumulated one.
   *
   * @param initCounts iterations already done
   * @param maxCounts iterations in the whole run; -1 where it is not known
   * @throws RangeError for what are no such counts
   */
  initializeCountStatus(model: Module, initCounts: number, maxCounts: number): void {
    const warning = this.cycle.start(initCounts, maxCounts);
    if (warning !== undefined) warn(warning);
    if (this.cycle.accumulativeCounts > 1) warnOfBatchNorms(model);
  }

  /**
   * Runs the forward pass `fn` so that ranks exchange gradients only where a step follows. In MMEngine a context
   * manager, `optim_context`.
   */
  optimContext<T>(model: Module, fn: () => T): T {
    const syncing = model as Module & Partial<Syncing>;
    return !this.shouldSync() && syncing.noSync ? syncing.noSync(fn) : fn();
  }

  /** Parameters that have a gradient now, of those that the next step changes. */
  paramsWithGradient(): Tensor[] {
    return withGradient(this.optimizer.activeParams());
  }

  /** Learning rate of every group, and under `base_lr` that of the settings no rule has touched. */
  getLr(): Record<string, number[]> {
    return getLr(this.paramGroups, this.baseParamSettings);
  }

  /** Momentum of every group, or the first of its `betas`. */
  getMomentum(): Record<string, number[]> {
    return getMomentum(this.paramGroups);
  }

  stateDict(): OptimWrapperStateDict {
    const dict: OptimWrapperStateDict = { ...this.optimizer.stateDict(), counters: this.cycle.stateDict() };
    if (this.baseParamSettings) dict.base_param_settings = structuredClone(this.baseParamSettings);
    return dict;
  }

  /** Throws where `loadStateDict` would, and changes nothing. */
  checkStateDict({ counters, ...optimizer }: OptimWrapperStateDict): void {
    this.optimizer.checkStateDict?.(optimizer);
    if (counters) UpdateCycle.checkStateDict(counters);
  }

  /**
   * Takes over what `stateDict` gave. MMEngine's dicts, which have no counters, leave the counters as they are.
   *
   * @throws Error where the optimizer refuses it, or counters are none; nothing was changed then
   */
  loadStateDict(dict: OptimWrapperStateDict): void {
    this.checkStateDict(dict);
    const { base_param_settings, counters, ...optimizer } = dict;
    this.optimizer.loadStateDict(optimizer);
    if (base_param_settings && this.baseParamSettings)
      Object.assign(this.baseParamSettings, structuredClone(base_param_settings));
    if (counters) this.cycle.loadStateDict(counters);
  }
}
