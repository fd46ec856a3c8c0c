/**
 * The optimizer wrapper: one call, `updateParams(loss)`, does scaling, backward, accumulation, clipping, step and zero.
 * Behaviour and settings are those of MMEngine's `OptimWrapper`.
 */
import { type ClipGradConfig, type GroupSettings, getLr, getMomentum, type OptimWrapperLike } from '@paramwise/core';
import {
  type AccumulationCounts,
  describeValue,
  lossFactor,
  parseWrapperSettings,
  shouldSync,
  shouldUpdate,
  startsInsideAccumulation,
} from '@paramwise/core/internal';
import { backward } from '../autograd.ts';
import { clipFactor, clipGradValue, gradNorm, gradsFinite, scaleGrads, withGradient } from '../gradients.ts';
import { tidy } from '../handle.ts';
import { BatchNorm } from '../nn/batch-norm.ts';
import type { Module } from '../nn/module.ts';
import type { Tensor } from '../tensor.ts';
import { type GradReport, reportGradients } from './grad-report.ts';
import type { TorchParamGroup } from './groups.ts';
import { Optimizer } from './optimizer.ts';
import { checkStateDict, type OptimizerStateDict } from './state-dict.ts';
import { AS_IT_IS, type GradientReading } from './step-path.ts';

/** The fields of `optim_wrapper` in a config, with the optimizer in place of its config. */
export interface OptimWrapperOptions {
  optimizer: Optimizer;
  /** Backward passes whose gradients are added up for one step. Default 1. */
  accumulative_counts?: number;
  /** Clipping by norm or by value before each step. Default none. */
  clip_grad?: ClipGradConfig | null;
}

/** What `stateDict` holds: the optimizer's own state, settings that schedules move, and where an accumulation stands. */
export interface OptimWrapperStateDict extends OptimizerStateDict {
  base_param_settings?: GroupSettings;
  counters?: WrapperCounters;
}

export interface WrapperCounters {
  /** Backward passes so far. */
  inner_count: number;
  /** Backward passes in the whole run; -1 where not known. */
  max_counts: number;
  /** Optimizer updates so far. */
  update_count: number;
  /** Items weighed into the gradients that wait for a step; null where losses are averaged without weights. */
  pending_items: number | null;
}

export interface UpdateOptions extends StepOptions {
  /**
   * Items (samples, tokens) that the loss is the mean of. With it, the accumulated gradient is the mean over all items
   * of the accumulation, however uneven its batches: each loss is weighed by its items, the sum divided by their total.
   */
  items?: number;
  /** How gradients are cleared after a step: dropped (default), or filled with zeros. */
  setToNone?: boolean;
}

export interface StepOptions {
  /** For optimizers that compute the loss and its gradients anew, such as LBFGS: handed to the optimizer's `step`. */
  closure?: () => unknown;
}

/** A model whose ranks exchange gradients can be asked not to. */
interface Syncing {
  noSync<T>(fn: () => T): T;
}

/**
 * What trains: one call an iteration, `updateParams(loss)`, scales the loss, runs backward, accumulates, clips, steps and
 * clears the gradients.
 *
 * Defaults: `accumulative_counts` 1 · `clip_grad` none. A loss is a single value; gradients have the shapes of their
 * parameters.
 *
 * Source: MMEngine's OptimWrapper.
 */
export class OptimWrapper implements OptimWrapperLike {
  readonly optimizer: Optimizer;
  readonly clipGrad: ClipGradConfig | undefined;
  /**
   * The optimizer's defaults as one more group that schedules move along and that trains nothing: `base_lr` in a log.
   * Absent with a single group, which shows the base itself.
   */
  readonly baseParamSettings: GroupSettings | undefined;
  /** Norm of all gradients before clipping, of the last step that clipped by norm. */
  lastGradNorm: number | undefined;
  /** Set to have `gradReport` describe the gradients of the last step, after they were cleared. Costs a pass over them. */
  recordGradReport = false;
  /** Set to have un-scaled and clipped gradients written back to `grad` before the step. Costs a pass over them. */
  writesGradients = false;
  private counts: AccumulationCounts;
  private updates = 0;
  /** Items weighed into the waiting gradients; undefined where their losses carry no weights. */
  private pendingItems: number | undefined;
  private pendingPasses = 0;
  /** What a step left in `grad`, until they are cleared: as backward made them, or written back. */
  private afterStep: 'raw' | 'written' | undefined;
  private lastReport: GradReport | undefined;

  /** @throws ConfigError for settings out of range. */
  constructor({ optimizer, accumulative_counts, clip_grad }: OptimWrapperOptions) {
    const settings = parseWrapperSettings({ accumulative_counts, clip_grad });
    this.optimizer = optimizer;
    this.clipGrad = settings.clip_grad;
    this.counts = { accumulativeCounts: settings.accumulative_counts, innerCount: 0, maxCounts: -1 };
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
    return this.counts.innerCount;
  }

  /** Optimizer updates so far; iterations that only accumulate, or that overflow, add none. */
  get updateCount(): number {
    return this.updates;
  }

  /**
   * One training iteration: scales the loss, runs backward, and after every `accumulative_counts` calls (and after the
   * last of `maxCounts`) clips, steps and clears the gradients.
   *
   * @param loss a single value that depends on the parameters
   * @throws Error when losses with and without `items` meet in one accumulation
   * @throws Error where the step is refused (an infinite norm, a sparse gradient): no parameter was changed, but the
   * gradients still wait; call `zeroGrad` before the next pass
   */
  updateParams(loss: Tensor, { items, setToNone, closure }: UpdateOptions = {}): void {
    this.noticeCleared();
    this.checkWeights(items);
    tidy(() => this.backward(items === undefined ? this.scaleLoss(loss) : loss.mul(items)));
    this.pendingPasses++;
    if (items !== undefined) this.pendingItems = (this.pendingItems ?? 0) + items;
    if (!this.shouldUpdate()) return;
    this.step({ closure });
    this.zeroGrad(setToNone);
  }

  private checkWeights(items: number | undefined): void {
    if (items !== undefined && !(Number.isFinite(items) && items > 0))
      throw new RangeError(`updateParams: items must be a number above 0, not ${items}`);
    if (this.pendingPasses > 0 && (items === undefined) !== (this.pendingItems === undefined))
      throw new Error(
        'updateParams: losses with and without `items` cannot be accumulated together; give `items` for each, or for none',
      );
  }

  /** The loss divided by the number of losses that this step adds up, so that the gradient is their mean. */
  scaleLoss(loss: Tensor): Tensor {
    const factor = lossFactor(this.counts);
    return factor === 1 ? loss : loss.div(factor);
  }

  /** Adds the gradients of an already scaled loss, and counts. */
  backward(loss: Tensor): void {
    this.noticeCleared();
    backward(loss);
    this.afterStep = undefined;
    this.counts = { ...this.counts, innerCount: this.counts.innerCount + 1 };
  }

  /**
   * Un-scales, clips as configured and updates the parameters. Un-scaling and clipping are folded into the step as it
   * reads the gradients, which stay as they were; set `writesGradients` to find the clipped ones in `grad` afterwards.
   * A second step before `zeroGrad` reads them in the same way.
   */
  step({ closure }: StepOptions = {}): void {
    if (this.recordGradReport) this.lastReport = this.describeGradients();
    const unscale = this.unscaleFactor();
    const reading = this.readGradients(unscale ?? 1);
    const finite = this.needsFiniteGradients() ? this.areFinite(reading) : true;
    const taken = this.takeStep(finite, reading, closure);
    if (taken) this.updates++;
    this.afterStep = taken && !this.foldsReading() ? 'written' : 'raw';
    if (this.afterStep === 'written') this.forgetPending(true);
  }

  /**
   * Forgets by what the gradients have to be divided.
   *
   * @param _written whether they were written back, un-scaled, and still wait; else they were cleared
   */
  protected forgetPending(_written: boolean): void {
    this.pendingItems = undefined;
    this.pendingPasses = 0;
  }

  /** After a step by hand the gradients may have been cleared by the model or the optimizer. */
  protected noticeCleared(): void {
    if (!this.afterStep || this.paramsWithGradient().length > 0) return;
    this.afterStep = undefined;
    this.forgetPending(false);
  }

  /** What the gradients have to be multiplied by before clipping; undefined where they are right as they are. */
  protected unscaleFactor(): number | undefined {
    return this.pendingItems === undefined ? undefined : 1 / this.pendingItems;
  }

  /** Whether `takeStep` asks if the gradients are finite, which costs a pass over them. */
  protected needsFiniteGradients(): boolean {
    return false;
  }

  /** Whether an infinite norm is refused where `clip_grad.error_if_nonfinite` says so; else the step is skipped. */
  protected refusesNonFinite(): boolean {
    return true;
  }

  /** Updates the parameters; returns false where the step was skipped. */
  protected takeStep(_finite: boolean, reading: GradientReading, closure?: () => unknown): boolean {
    if (this.foldsReading()) this.optimizer.step(closure, reading);
    else {
      this.writeBack(reading);
      this.optimizer.step(closure);
    }
    return true;
  }

  /** An optimizer with a step of its own sees gradients as any PyTorch optimizer does: already clipped. */
  private foldsReading(): boolean {
    return !this.writesGradients && this.optimizer.step === Optimizer.prototype.step;
  }

  private writeBack({ factor, limit }: GradientReading): void {
    if (factor !== 1) scaleGrads(this.optimizer.activeParams(), factor);
    if (limit !== Number.POSITIVE_INFINITY) clipGradValue(this.optimizer.activeParams(), limit);
  }

  /** A norm that is finite vouches for every element; one that is not may have overflowed itself. */
  private areFinite({ factor }: GradientReading): boolean {
    const clip = this.clipGrad;
    if (clip && clip.type !== 'value' && this.lastGradNorm !== undefined) {
      if (Number.isFinite(this.lastGradNorm) && Number.isFinite(factor)) return true;
      if (clip.error_if_nonfinite) return false;
    }
    return gradsFinite(this.optimizer.activeParams());
  }

  /**
   * Norms of the gradients before and after clipping, per group, and the first parameter whose gradient is not finite.
   *
   * Between `backward` and `step` it describes the gradients that wait, clipping as the step would do it; after a step,
   * those of that step, if `recordGradReport` was set. Without it, and before the gradients are cleared: where they were
   * left as they were, what the step did with them; where they were written back, what stands in `grad`, without clipping
   * it again.
   *
   * @throws Error where there is nothing to describe
   */
  gradReport(): GradReport {
    if (this.afterStep && this.recordGradReport && this.lastReport) return this.lastReport;
    if (this.paramsWithGradient().length > 0) return this.describeGradients();
    if (this.lastReport) return this.lastReport;
    throw new Error(
      'gradReport: no parameter has a gradient; ask between backward and step, or set recordGradReport before the step',
    );
  }

  private describeGradients(): GradReport {
    const clip = this.afterStep === 'written' ? undefined : this.clipGrad;
    return reportGradients(this.paramGroups, clip, this.unscaleFactor() ?? 1);
  }

  /** Clears the gradients: drops them (default), or fills them with zeros. The accumulation begins anew. */
  zeroGrad(setToNone = true): void {
    this.optimizer.zeroGrad(setToNone);
    this.afterStep = undefined;
    this.forgetPending(false);
  }

  /** Un-scaling and clipping as one factor and one limit. */
  private readGradients(unscale: number): GradientReading {
    const clip = this.clipGrad;
    if (!clip) return { ...AS_IT_IS, factor: unscale };
    if (clip.type === 'value') return { factor: unscale, limit: clip.clip_value };
    const normType = clip.norm_type === 'inf' ? Number.POSITIVE_INFINITY : clip.norm_type;
    // A group that `freeze_until` holds back has no say in the norm.
    const norm = gradNorm(this.optimizer.activeParams(), normType);
    this.lastGradNorm = norm === undefined ? undefined : norm * unscale;
    const refused = clip.error_if_nonfinite && this.refusesNonFinite();
    return { ...AS_IT_IS, factor: unscale * clipFactor(this.lastGradNorm ?? 0, clip.max_norm, refused) };
  }

  /** Whether the passes so far complete an accumulation: then `updateParams` steps. */
  shouldUpdate(): boolean {
    return shouldUpdate(this.counts);
  }

  /** Whether the next backward pass is followed by a step, so that ranks must exchange gradients in it. */
  shouldSync(): boolean {
    return shouldSync(this.counts);
  }

  /**
   * Runs the forward pass `fn` so that ranks exchange gradients only where a step follows. In MMEngine a context
   * manager, `optim_context`.
   */
  optimContext<T>(model: Module, fn: () => T): T {
    const syncing = model as Module & Partial<Syncing>;
    return !this.shouldSync() && syncing.noSync ? syncing.noSync(fn) : fn();
  }

  /**
   * Tells where a run begins and how long it is, so that the last accumulation divides by what it really adds up.
   *
   * Warns (as a Node.js process warning) when the run begins inside an accumulation, or when the model has batch norms,
   * whose statistics see single batches, not the accumulated one.
   *
   * @param initCounts iterations already done
   * @param maxCounts iterations in the whole run
   */
  initializeCountStatus(model: Module, initCounts: number, maxCounts: number): void {
    const { accumulativeCounts } = this.counts;
    this.counts = { accumulativeCounts, innerCount: initCounts, maxCounts };
    if (startsInsideAccumulation(initCounts, accumulativeCounts))
      warn(
        `the run starts at iteration ${initCounts}, inside an accumulation of ${accumulativeCounts}: its first step adds up fewer losses`,
      );
    if (accumulativeCounts > 1 && [...model.modules()].some((module) => module instanceof BatchNorm))
      warn(
        'accumulative_counts above 1 with batch normalization: its statistics are those of each batch, not of the accumulated one',
      );
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
    const { innerCount, maxCounts } = this.counts;
    const counters = {
      inner_count: innerCount,
      max_counts: maxCounts,
      update_count: this.updates,
      pending_items: this.pendingItems ?? null,
    };
    const dict: OptimWrapperStateDict = { ...this.optimizer.stateDict(), counters };
    if (this.baseParamSettings) dict.base_param_settings = structuredClone(this.baseParamSettings);
    return dict;
  }

  /** Throws where `loadStateDict` would, and changes nothing. */
  checkStateDict({ counters, ...optimizer }: OptimWrapperStateDict): void {
    checkStateDict(this.optimizer, optimizer);
    if (!counters) return;
    const { pending_items, ...counts } = counters;
    for (const [name, value] of Object.entries({ ...counts, pending_items: pending_items ?? 0 }))
      if (typeof value !== 'number')
        throw new TypeError(`optim wrapper state dict: counters.${name} must be a number, not ${describeValue(value)}`);
  }

  /**
   * Takes over what `stateDict` gave. MMEngine's dicts, which have no counters, leave the counters as they are.
   *
   * @throws Error where the optimizer refuses it, or counters are no numbers; nothing was changed then
   */
  loadStateDict(dict: OptimWrapperStateDict): void {
    this.checkStateDict(dict);
    const { base_param_settings, counters, ...optimizer } = dict;
    this.optimizer.loadStateDict(optimizer);
    if (base_param_settings && this.baseParamSettings)
      Object.assign(this.baseParamSettings, structuredClone(base_param_settings));
    if (counters) this.loadCounters(counters);
  }

  private loadCounters({ inner_count, max_counts, update_count, pending_items }: WrapperCounters): void {
    const { accumulativeCounts } = this.counts;
    this.counts = { accumulativeCounts, innerCount: inner_count, maxCounts: max_counts };
    this.updates = update_count;
    this.afterStep = undefined;
    this.pendingItems = pending_items ?? undefined;
    this.pendingPasses = this.shouldUpdate() ? 0 : inner_count % accumulativeCounts;
  }

  /** Parameters that have a gradient now. */
  paramsWithGradient(): Tensor[] {
    return withGradient(this.optimizer.activeParams());
  }
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'ParamwiseWarning' });
}
