/** When each schedule is stepped in a training loop. */
import { describeValue } from '../config/errors.ts';
import { isMembers, type MemberSchedulers, type Members } from './build-members.ts';
import { type Metrics, type ParamScheduler, PlateauScheduler } from './scheduler.ts';

/** What counts real optimizer updates, such as an optimizer wrapper. */
export interface UpdateCounter {
  /** Updates made since training began: an iteration that only accumulates, or that is skipped for overflow, adds none. */
  readonly updateCount: number;
}

export interface ScheduleDriverOptions {
  /** Updates between two calls of `afterIteration` at most, of each member where there are several. Default 1. */
  maxUpdatesPerIteration?: number;
}

/** The schedules of one optimizer and what counts its updates. */
interface Track {
  readonly schedulers: readonly ParamScheduler[];
  readonly counter: UpdateCounter;
  /** The updates seen so far. */
  seen: number;
}

/** Names a single track, which has no name of its own. */
const ONLY = '';

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
 * Of several optimizers it takes the lists under their names, and the `OptimWrapperDict`: the schedules of a member move
 * with the updates of that member.
 *
 * Resuming: give the driver to `loadCheckpoint`, load its state, or make it after the wrapper's counters are loaded. A
 * driver that was made before, and not told, refuses to go on: it would move every schedule by all updates of the file.
 *
 * Defaults: `maxUpdatesPerIteration` 1, which accumulation never exceeds. A loop that updates several times before each
 * `afterIteration`, such as that of a critic that learns more often, says how often at most.
 */
export class ScheduleDriver {
  /** All schedules, those of several optimizers in the order of their names. */
  readonly schedulers: readonly ParamScheduler[];
  readonly #tracks: ReadonlyMap<string, Track>;
  readonly #most: number;

  /**
   * @throws RangeError when `maxUpdatesPerIteration` is no whole number from 1, nor Infinity, or a name has no counter;
   * TypeError for a list with several counters, a mapping with one, what is no list of schedulers, or counts no updates
   */
  constructor(schedulers: readonly ParamScheduler[], counter: UpdateCounter, options?: ScheduleDriverOptions);
  constructor(schedulers: MemberSchedulers, counters: Members<UpdateCounter>, options?: ScheduleDriverOptions);
  constructor(
    schedulers: readonly ParamScheduler[] | MemberSchedulers,
    counter: UpdateCounter | Members<UpdateCounter>,
    { maxUpdatesPerIteration = 1 }: ScheduleDriverOptions = {},
  ) {
    if (maxUpdatesPerIteration !== Number.POSITIVE_INFINITY && !isCount(maxUpdatesPerIteration, 1)) {
      throw new RangeError(
        `ScheduleDriver: maxUpdatesPerIteration is ${String(maxUpdatesPerIteration)}; it must be a whole number from 1, or Infinity`,
      );
    }
    this.#tracks = new Map(tracksOf(schedulers, counter));
    this.schedulers = [...this.#tracks.values()].flatMap((track) => track.schedulers);
    this.#most = maxUpdatesPerIteration;
  }

  /** The schedules under their names; `undefined` for those of one optimizer. */
  get members(): MemberSchedulers | undefined {
    if (this.#tracks.has(ONLY)) return undefined;
    return Object.fromEntries([...this.#tracks].map(([name, { schedulers }]) => [name, schedulers]));
  }

  /**
   * To be called after every iteration, whether or not it ended in an update.
   *
   * @throws Error where more updates than one iteration makes, or fewer than none, were counted since the last call: the
   * counter was loaded without the driver. No schedule is moved then.
   */
  afterIteration(): void {
    const moves = [...this.#tracks].map(([name, track]) => {
      const updates = track.counter.updateCount - track.seen;
      if (updates < 0 || updates > this.#most) throw new Error(refusal(name, updates, this.#most));
      return { track, updates };
    });
    for (const { track, updates } of moves) {
      track.seen += updates;
      for (const scheduler of track.schedulers) {
        if (scheduler.byEpoch) continue;
        const steps = scheduler.counts === 'iterations' ? 1 : updates;
        for (let step = 0; step < steps; step++) scheduler.step();
      }
    }
  }

  afterEpoch(): void {
    for (const scheduler of this.schedulers) if (scheduler.byEpoch) scheduler.step();
  }

  /** @param metrics of an evaluation, which schedules on a plateau are judged by. */
  afterEvaluation(metrics: Metrics): void {
    for (const scheduler of this.schedulers) if (scheduler instanceof PlateauScheduler) scheduler.step(metrics);
  }

  /** The updates seen so far, of several optimizers by name. The schedules have states of their own. */
  stateDict(): { update_count: number | Record<string, number> } {
    const only = this.#tracks.get(ONLY);
    if (only) return { update_count: only.seen };
    return { update_count: Object.fromEntries([...this.#tracks].map(([name, { seen }]) => [name, seen])) };
  }

  /** Takes the updates counted until now as seen: no schedule is moved for them. */
  sync(): void {
    for (const track of this.#tracks.values()) track.seen = track.counter.updateCount;
  }

  /** @throws TypeError when the state is not one of a driver, or of one for others; nothing is changed then. */
  loadStateDict({ update_count }: Readonly<Record<string, unknown>>): void {
    const counts = [...this.#tracks].map(([name, track]) => {
      const count: unknown = name === ONLY ? update_count : Object(update_count)[name];
      if (isCount(count, 0)) return { track, count };
      const of = name === ONLY ? '' : ` of ${name}`;
      throw new TypeError(
        `ScheduleDriver.loadStateDict: update_count${of} is needed, a whole number from 0; found ${String(count)}`,
      );
    });
    for (const { track, count } of counts) track.seen = count;
  }
}

function tracksOf(
  schedulers: readonly ParamScheduler[] | MemberSchedulers,
  counter: UpdateCounter | Members<UpdateCounter>,
): [string, Track][] {
  const several = isMembers(counter);
  const isMapping = typeof schedulers === 'object' && schedulers !== null && !Array.isArray(schedulers);
  if (several ? Array.isArray(schedulers) : isMapping && typeof Object(counter).updateCount === 'number') {
    throw new TypeError(
      several
        ? 'ScheduleDriver: several optimizers need their schedules under their names, as buildParamScheduler gives them'
        : 'ScheduleDriver: schedules under names need the optimizers under the same names, such as an OptimWrapperDict',
    );
  }
  if (!several) return [[ONLY, trackOf(schedulers, counter)]];
  const counters = new Map(counter.entries());
  return Object.entries(schedulers as MemberSchedulers).map(([name, list]) => {
    const own = counters.get(name);
    if (own) return [name, trackOf(list, own)];
    throw new RangeError(`ScheduleDriver: there is no optimizer "${name}", only ${[...counters.keys()].join(', ')}`);
  });
}

function trackOf(schedulers: unknown, counter: UpdateCounter): Track {
  if (!Array.isArray(schedulers) || schedulers.some((each) => typeof Object(each).step !== 'function')) {
    throw new TypeError(
      `ScheduleDriver: the first argument is a list of schedulers, as buildParamScheduler gives it; found ${describeValue(schedulers)}`,
    );
  }
  if (typeof Object(counter).updateCount !== 'number') {
    throw new TypeError(
      `ScheduleDriver: the second argument is what counts updates, such as an optimizer wrapper; found ${describeValue(counter)}`,
    );
  }
  return { schedulers: schedulers as readonly ParamScheduler[], counter, seen: counter.updateCount };
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= least;
}

function refusal(name: string, updates: number, most: number): string {
  const whose = name === ONLY ? '' : `${name}: `;
  const loaded = 'counters loaded by themselves: pass the driver to loadCheckpoint, or make it after loading';
  if (updates < 0) return `ScheduleDriver: ${whose}${-updates} updates fewer than at the last call: ${loaded}`;
  const several = `for a loop that updates several times an iteration, set maxUpdatesPerIteration (now ${most})`;
  return `ScheduleDriver: ${whose}${updates} updates since the last call: ${loaded}; ${several}`;
}
