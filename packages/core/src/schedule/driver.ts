/** When each schedule is stepped in a training loop. */
import { type Metrics, type ParamScheduler, PlateauScheduler } from './scheduler.ts';

/** What counts real optimizer updates, such as an optimizer wrapper. */
export interface UpdateCounter {
  /** Updates made since training began: an iteration that only accumulates, or that is skipped for overflow, adds none. */
  readonly updateCount: number;
}

/**
 * Steps schedules in time with what they schedule.
 *
 * A schedule by iteration moves when the optimizer has really updated, so `begin`, `end` and `T_max` count updates,
 * whatever is accumulated or skipped; one with `counts: 'iterations'` moves at every iteration, as in MMEngine. A schedule by
 * epoch moves once an epoch, one on a plateau is judged by evaluations too.
 *
 *     const driver = new ScheduleDriver(schedulers, optimWrapper);
 *     for (…) { for (…) { optimWrapper.updateParams(loss); driver.afterIteration(); } driver.afterEpoch(); }
 *
 * Resuming: load its state, or make it after the wrapper's counters are loaded.
 */
export class ScheduleDriver {
  readonly schedulers: readonly ParamScheduler[];
  readonly #counter: UpdateCounter;
  #seen: number;

  constructor(schedulers: readonly ParamScheduler[], counter: UpdateCounter) {
    this.schedulers = schedulers;
    this.#counter = counter;
    this.#seen = counter.updateCount;
  }

  /** To be called after every iteration, whether or not it ended in an update. */
  afterIteration(): void {
    const { updateCount } = this.#counter;
    const updates = Math.max(0, updateCount - this.#seen);
    this.#seen = updateCount;
    for (const scheduler of this.schedulers) {
      if (scheduler.byEpoch) continue;
      const steps = scheduler.counts === 'iterations' ? 1 : updates;
      for (let step = 0; step < steps; step++) scheduler.step();
    }
  }

  afterEpoch(): void {
    for (const scheduler of this.schedulers) if (scheduler.byEpoch) scheduler.step();
  }

  /** @param metrics of an evaluation, which schedules on a plateau are judged by. */
  afterEvaluation(metrics: Metrics): void {
    for (const scheduler of this.schedulers) if (scheduler instanceof PlateauScheduler) scheduler.step(metrics);
  }

  /** The updates seen so far. The schedules have states of their own. */
  stateDict(): { update_count: number } {
    return { update_count: this.#seen };
  }

  /** @throws TypeError when the state is not one of a driver. */
  loadStateDict({ update_count }: Readonly<Record<string, unknown>>): void {
    if (typeof update_count !== 'number') {
      throw new TypeError(`ScheduleDriver.loadStateDict: update_count is needed; found ${String(update_count)}`);
    }
    this.#seen = update_count;
  }
}
