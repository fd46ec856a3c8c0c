/** When each schedule is stepped in a training loop. */
import { describeValue } from '../config/errors.ts';
import { type Metrics, type ParamScheduler, PlateauScheduler } from './scheduler.ts';

/** What counts real optimizer updates, such as an optimizer wrapper. */
export interface UpdateCounter {
  /** Updates made since training began: an iteration that only accumulates, or that is skipped for overflow, adds none. */
  readonly updateCount: number;
}

export interface ScheduleDriverOptions {
  /** Updates between two calls of `afterIteration` at most. Default 1. */
  maxUpdatesPerIteration?: number;
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
 * Resuming: give the driver to `loadCheckpoint`, load its state, or make it after the wrapper's counters are loaded. A
 * driver that was made before, and not told, refuses to go on: it would move every schedule by all updates of the file.
 *
 * Defaults: `maxUpdatesPerIteration` 1, which accumulation never exceeds. A loop that updates several times before each
 * `afterIteration`, such as that of a critic that learns more often, says how often at most.
 */
export class ScheduleDriver {
  readonly schedulers: readonly ParamScheduler[];
  readonly #counter: UpdateCounter;
  readonly #most: number;
  #seen: number;

  /**
   * @throws TypeError when `schedulers` is no list of schedulers, or nothing counts updates; RangeError when
   * `maxUpdatesPerIteration` is no whole number from 1, nor Infinity
   */
  constructor(
    schedulers: readonly ParamScheduler[],
    counter: UpdateCounter,
    { maxUpdatesPerIteration = 1 }: ScheduleDriverOptions = {},
  ) {
    if (maxUpdatesPerIteration !== Number.POSITIVE_INFINITY && !isCount(maxUpdatesPerIteration, 1)) {
      throw new RangeError(
        `ScheduleDriver: maxUpdatesPerIteration is ${String(maxUpdatesPerIteration)}; it must be a whole number from 1, or Infinity`,
      );
    }
    if (!Array.isArray(schedulers) || schedulers.some((each) => typeof Object(each).step !== 'function')) {
      const several = 'one driver each for several optimizers';
      throw new TypeError(
        `ScheduleDriver: the first argument is a list of schedulers, as buildParamScheduler gives it, and ${several}; found ${describeValue(schedulers)}`,
      );
    }
    if (typeof Object(counter).updateCount !== 'number') {
      throw new TypeError(
        `ScheduleDriver: the second argument is what counts updates, such as an optimizer wrapper; found ${describeValue(counter)}`,
      );
    }
    this.schedulers = schedulers;
    this.#counter = counter;
    this.#most = maxUpdatesPerIteration;
    this.#seen = counter.updateCount;
  }

  /**
   * To be called after every iteration, whether or not it ended in an update.
   *
   * @throws Error where more updates than one iteration makes, or fewer than none, were counted since the last call: the
   * counter was loaded without the driver. No schedule is moved then.
   */
  afterIteration(): void {
    const { updateCount } = this.#counter;
    const updates = updateCount - this.#seen;
    if (updates < 0 || updates > this.#most) throw new Error(refusal(updates, this.#most));
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

  /** Takes the updates counted until now as seen: no schedule is moved for them. */
  sync(): void {
    this.#seen = this.#counter.updateCount;
  }

  /** @throws TypeError when the state is not one of a driver; nothing is changed then. */
  loadStateDict({ update_count }: Readonly<Record<string, unknown>>): void {
    if (!isCount(update_count, 0)) {
      throw new TypeError(
        `ScheduleDriver.loadStateDict: update_count is needed, a whole number from 0; found ${String(update_count)}`,
      );
    }
    this.#seen = update_count;
  }
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= least;
}

function refusal(updates: number, most: number): string {
  const loaded = 'counters loaded by themselves: pass the driver to loadCheckpoint, or make it after loading';
  if (updates < 0) return `ScheduleDriver: ${-updates} updates fewer than at the last call: ${loaded}`;
  const several = `for a loop that updates several times an iteration, set maxUpdatesPerIteration (now ${most})`;
  return `ScheduleDriver: ${updates} updates since the last call: ${loaded}; ${several}`;
}
