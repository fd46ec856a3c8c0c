/**
 * What an optimizer wrapper remembers between its calls, for any engine: counts, what waits in the gradients and by what it
 * has to be divided, and what the last step left behind. Source: MMEngine's `OptimWrapper`; items and the waiting scale are
 * our own.
 */
import {
  type AccumulationCounts,
  lossFactor,
  shouldSync,
  shouldUpdate,
  startsInsideAccumulation,
} from './accumulation.ts';
import { checkCounters, checkStart, knownLength, type WrapperCounters } from './counters.ts';
import { LossScaler, type LossScalerState } from './loss-scaler.ts';

export class UpdateCycle {
  /** What scales the losses. */
  readonly scaler: LossScaler;
  readonly #counts: { -readonly [name in keyof AccumulationCounts]: AccumulationCounts[name] };
  #updates = 0;
  /** Items weighed into the waiting gradients; undefined where their losses carry no weights. */
  #pendingItems: number | undefined;
  #pendingPasses = 0;
  /** The scale that the waiting gradients carry: a step by hand moves that of the next ones only. */
  #waitingScale: number | undefined;
  #afterStep: 'raw' | 'written' | undefined;

  /** @param scaler default: losses are not scaled */
  constructor(accumulativeCounts: number, scaler: LossScaler = new LossScaler({ enabled: false })) {
    this.#counts = { accumulativeCounts, innerCount: 0, maxCounts: -1 };
    this.scaler = scaler;
  }

  /** Backward passes so far. */
  get innerCount(): number {
    return this.#counts.innerCount;
  }

  /** Optimizer updates so far; iterations that only accumulate, or that are skipped, add none. */
  get updateCount(): number {
    return this.#updates;
  }

  get accumulativeCounts(): number {
    return this.#counts.accumulativeCounts;
  }

  /** What a step left in the gradients, until they are cleared: as backward made them, or written back. */
  get afterStep(): 'raw' | 'written' | undefined {
    return this.#afterStep;
  }

  /** Whether the passes so far complete an accumulation. */
  get isDue(): boolean {
    return shouldUpdate(this.#counts);
  }

  /** Whether the next backward pass is followed by a step, so that ranks must exchange gradients in it. */
  get syncsNext(): boolean {
    return shouldSync(this.#counts);
  }

  /** What the next loss without items is divided by. @throws RangeError past the announced passes */
  get lossFactor(): number {
    return lossFactor(this.#counts);
  }

  /** What the gradients have to be multiplied by before they are clipped. */
  get unscale(): number {
    return 1 / (this.#pendingItems ?? 1) / (this.#waitingScale ?? this.scaler.scale);
  }

  /** @throws Error where a loss of so many items cannot join those that wait */
  checkItems(items: number | undefined): void {
    if (items !== undefined && !(Number.isFinite(items) && items > 0))
      throw new RangeError(`updateParams: items must be a number above 0, not ${items}`);
    if (this.#pendingPasses > 0 && (items === undefined) !== (this.#pendingItems === undefined))
      throw new Error(
        'updateParams: losses with and without `items` cannot be accumulated together; give `items` for each, or for none',
      );
  }

  /** @throws Error where a closure's gradients would be divided by the scale, or the items, of others */
  checkClosure(items: number | undefined = this.#pendingItems): void {
    if (this.scaler.enabled)
      throw new Error(
        'a closure cannot be given where losses are scaled: it makes gradients that carry no scale; set loss_scale: { enabled: false }, or use an OptimWrapper',
      );
    if (items !== undefined)
      throw new Error(
        'a closure cannot be given where losses are weighed by `items`: it makes gradients that carry no weights; leave `items` out',
      );
  }

  /** The scale that the loss of the next backward pass is multiplied by: one for all that wait together. */
  nextScale(): number {
    this.#waitingScale ??= this.scaler.scale;
    return this.#waitingScale;
  }

  /** To be called after each backward pass. */
  passed(): void {
    this.#afterStep = undefined;
    this.#counts.innerCount++;
  }

  /** To be called after each loss that was accumulated: with its items, or without where it has none. */
  weighed(items: number | undefined): void {
    this.#pendingPasses++;
    if (items !== undefined) this.#pendingItems = (this.#pendingItems ?? 0) + items;
  }

  /**
   * To be called after each step that was due.
   *
   * @param taken false where it was skipped
   * @param left whether the gradients are as they were, or un-scaled and clipped in place
   * @param overflowed whether they were not finite
   */
  stepped(taken: boolean, left: 'raw' | 'written', overflowed: boolean): void {
    if (taken) this.#updates++;
    this.#afterStep = taken ? left : 'raw';
    if (this.#afterStep === 'written') {
      this.#forgetPending();
      this.#waitingScale = 1;
    }
    this.scaler.update(overflowed);
  }

  /** To be called after the gradients were cleared. The accumulation begins anew. */
  cleared(): void {
    this.#afterStep = undefined;
    this.#forgetPending();
    this.#waitingScale = undefined;
  }

  #forgetPending(): void {
    this.#pendingItems = undefined;
    this.#pendingPasses = 0;
  }

  /**
   * Tells where a run begins and how long it is; -1 where that is not known.
   *
   * @returns a warning where the run begins inside an accumulation
   * @throws RangeError for what are no counts
   */
  start(initCounts: number, maxCounts: number): string | undefined {
    checkStart(initCounts, maxCounts);
    Object.assign(this.#counts, { innerCount: initCounts, maxCounts });
    const { accumulativeCounts } = this.#counts;
    if (!startsInsideAccumulation(initCounts, accumulativeCounts)) return undefined;
    return `the run starts at iteration ${initCounts}, inside an accumulation of ${accumulativeCounts}: its first step adds up fewer losses`;
  }

  /** Takes over the state of the scaler; the gradients that wait are taken to carry its scale. */
  loadScaler(state: LossScalerState): void {
    this.scaler.loadStateDict(state);
    this.#waitingScale = undefined;
  }

  stateDict(): WrapperCounters {
    const { innerCount, maxCounts } = this.#counts;
    return {
      inner_count: innerCount,
      max_counts: maxCounts,
      update_count: this.#updates,
      pending_items: this.#pendingItems ?? null,
    };
  }

  /** @throws TypeError that names the first counter that cannot be one */
  static checkStateDict(counters: WrapperCounters): void {
    checkCounters(counters);
  }

  /** @throws TypeError as `checkStateDict`; nothing was changed then */
  loadStateDict(counters: WrapperCounters): void {
    checkCounters(counters);
    const { inner_count, max_counts, update_count, pending_items } = counters;
    Object.assign(this.#counts, { innerCount: inner_count, maxCounts: knownLength(max_counts) });
    this.#updates = update_count;
    this.cleared();
    this.#pendingItems = pending_items ?? undefined;
    this.#pendingPasses = this.isDue ? 0 : inner_count % this.accumulativeCounts;
  }
}
