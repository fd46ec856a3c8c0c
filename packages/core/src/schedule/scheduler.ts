/**
 * A schedule acting on the groups of an optimizer: its window, its counting, its state.
 *
 * The arithmetic is in `schedule.ts`, the names that schedules go by in `lr-schedulers.ts` and its neighbours.
 */

import type { CheckedScheduleOptions, ScheduleKind, SchedulerType } from '../config/scheduler-config.ts';
import type { GroupSettings } from '../groups.ts';
import { ratioWarnings } from './ratio-warnings.ts';
import { checkSchedulable, type Field, fieldOf, type Schedulable, scheduledGroups } from './schedulable.ts';
import {
  initialPlateau,
  makeSchedule,
  type NextValue,
  type PlateauState,
  plateauStep,
  reducedValue,
  type SteppedKind,
} from './schedule.ts';
import { checkPerGroup, planStart } from './start.ts';
import { isOtherKind, readPlateau, readProgress, stateDifferences } from './state.ts';
import { windowWarnings } from './window-warnings.ts';

export type Metrics = number | Readonly<Record<string, number>>;
export type AnyOptions = CheckedScheduleOptions<ScheduleKind> & Record<string, unknown>;

/** A schedule acting on the groups of an optimizer. The first value is set on construction. */
export abstract class ParamScheduler {
  readonly optimizer: Schedulable;
  readonly paramName: string;
  readonly begin: number;
  readonly end: number;
  /** Whether `step()` is meant once an epoch; once an iteration otherwise. */
  readonly byEpoch: boolean;
  /** What a `ScheduleDriver` counts for it, unless it is by epoch. `step()` itself always counts. */
  readonly counts: 'updates' | 'iterations';
  /** Steps taken inside the window; the first is 0, and -1 is before it. */
  lastStep: number;
  readonly typeName: string;
  /** What is odd about the options, or about these for these groups. Nothing is printed. */
  readonly warnings: readonly string[];
  protected readonly groups: readonly GroupSettings[];
  protected readonly field: Field;
  protected options: AnyOptions;
  protected baseValues: number[];
  protected globalStep = -1;
  #lastValues: number[] = [];
  readonly #type: SchedulerType;
  readonly #startSettings: readonly GroupSettings[];

  protected constructor(type: SchedulerType, optimizer: Schedulable, options: AnyOptions) {
    const { name, kind, param } = type;
    checkSchedulable(name, optimizer);
    this.#type = type;
    this.typeName = name;
    this.optimizer = optimizer;
    this.options = options;
    this.paramName = param ?? String(options.param_name);
    this.begin = options.begin;
    this.end = options.end;
    this.byEpoch = options.by_epoch;
    this.counts = options.counts ?? 'updates';
    this.lastStep = options.last_step;
    this.groups = scheduledGroups(optimizer);
    this.field = fieldOf(this.paramName, optimizer);
    const { baseValues, settings } = planStart(type, optimizer, options, this.field);
    this.baseValues = baseValues;
    this.#startSettings = settings;
    // A cycle goes from values of its own, whatever the groups had.
    const values = kind === 'OneCycle' ? this.groups.map((_, index) => this.valueOf(index)) : this.baseValues;
    const ofGroups = values.filter((_, index) => this.groups[index] !== optimizer.baseParamSettings);
    const what = { typeName: name, kind, paramName: this.paramName };
    this.warnings = [...windowWarnings(what, options), ...ratioWarnings(what, options, ofGroups)];
  }

  /**
   * Moves every group one step on.
   *
   * @param metrics for plateau schedules: the metrics of an evaluation.
   * @throws RangeError past the end of a cycle, or where a value would not be a finite number; nothing is changed then.
   */
  abstract step(metrics?: Metrics): void;

  /** The scheduled value of each group after the last step. */
  getLastValue(): number[] {
    return [...this.#lastValues];
  }

  /** Progress and options, under the names of MMEngine's checkpoints, and the `type`, which those do not have. */
  stateDict(): Record<string, unknown> {
    return {
      ...this.options,
      type: this.typeName,
      param_name: this.paramName,
      base_values: [...this.baseValues],
      last_step: this.lastStep,
      _global_step: this.globalStep,
      _last_value: this.getLastValue(),
    };
  }

  /**
   * Continues from a `stateDict`, MMEngine's too. Only progress is taken over: options stay those of this scheduler, and
   * groups keep the values they have, which come with the optimizer's state.
   *
   * @throws TypeError when the state is not one of a scheduler of as many groups; nothing is changed then.
   */
  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const { lastStep, globalStep, baseValues, lastValues } = readProgress(this.typeName, state, this.groups.length);
    this.lastStep = lastStep;
    this.globalStep = globalStep;
    this.baseValues = [...baseValues];
    if (lastValues !== undefined) this.#lastValues = [...lastValues];
  }

  /**
   * What differs between a state's schedule and this one: its kind, or its options. Loading takes neither over.
   *
   * @param state a `stateDict`; MMEngine's has no type, which is then told by its options.
   * @returns one text a difference, such as `CosineAnnealingLR T_max 10, here StepLR`; none where they agree.
   */
  differences(state: Readonly<Record<string, unknown>>): string[] {
    return stateDifferences(this.#type, { ...this.options, param_name: this.paramName }, state);
  }

  /** Whether a state is of another kind of schedule, as of one by cosine here where this one goes by steps. */
  isOtherKind(state: Readonly<Record<string, unknown>>): boolean {
    return isOtherKind(this.#type, state);
  }

  protected isActiveAt(globalStep: number): boolean {
    return this.begin <= globalStep && globalStep < this.end;
  }

  /** The only change that construction makes, but for a first step: to come once nothing can be refused any more. */
  protected writeStart(): void {
    for (const [index, group] of this.groups.entries()) Object.assign(group, this.#startSettings[index]);
  }

  protected valueOf(index: number): number {
    return Number(this.field.read(this.groups[index]!));
  }

  /** @throws RangeError for a value that is not a finite number. */
  protected checkAll(values: readonly number[]): void {
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) {
      throw new RangeError(
        `${this.typeName}: ${this.paramName} of group ${wrong} would be ${values[wrong]} at step ${this.lastStep + 1}; check its options`,
      );
    }
  }

  protected writeAll(values: readonly number[]): void {
    this.checkAll(values);
    for (const [index, group] of this.groups.entries()) this.field.write(group, values[index]!);
  }

  protected remember(): void {
    this.#lastValues = this.groups.map((_, index) => this.valueOf(index));
  }
}

export class SteppedScheduler extends ParamScheduler {
  readonly #next: NextValue;

  constructor(type: SchedulerType, optimizer: Schedulable, options: AnyOptions) {
    super(type, optimizer, options);
    const kind = type.kind as SteppedKind;
    this.#next = makeSchedule(kind, options as CheckedScheduleOptions<typeof kind>);
    if (this.isActiveAt(0)) this.checkAll(this.#nextValues());
    this.writeStart();
    this.step();
  }

  override step(): void {
    const globalStep = this.globalStep + 1;
    if (this.isActiveAt(globalStep)) {
      this.writeAll(this.#nextValues());
      this.lastStep += 1;
    }
    this.globalStep = globalStep;
    this.remember();
  }

  #nextValues(): number[] {
    return this.groups.map((_, index) =>
      this.#next(this.valueOf(index), this.baseValues[index]!, this.lastStep + 1, index),
    );
  }
}

export class PlateauScheduler extends ParamScheduler {
  #state: PlateauState;

  constructor(type: SchedulerType, optimizer: Schedulable, options: AnyOptions) {
    super(type, optimizer, options);
    this.#state = initialPlateau(this.#options);
    checkPerGroup(type.name, 'min_value', this.#options.min_value, optimizer);
    this.writeStart();
    // The first epoch is number 0 before any metric, so no first step is taken.
    this.globalStep = 0;
    this.remember();
  }

  /** Without metrics an epoch is counted; with them the monitored one is judged. */
  override step(metrics?: Metrics): void {
    if (metrics === undefined) {
      this.globalStep += 1;
      return;
    }
    if (this.isActiveAt(this.globalStep)) {
      const { state, reduce } = plateauStep(this.#state, this.#metricOf(metrics), this.#options);
      if (reduce) this.writeAll(this.groups.map((_, index) => reducedValue(this.valueOf(index), index, this.#options)));
      this.#state = state;
      this.lastStep += 1;
    }
    this.remember();
  }

  override stateDict(): Record<string, unknown> {
    return { ...super.stateDict(), ...this.#state };
  }

  override loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const { base_values = this.baseValues } = state;
    const plateau = readPlateau(this.typeName, state, initialPlateau(this.#options));
    super.loadStateDict({ ...state, base_values });
    this.#state = plateau;
  }

  get #options(): CheckedScheduleOptions<'ReduceOnPlateau'> {
    return this.options as CheckedScheduleOptions<'ReduceOnPlateau'>;
  }

  #metricOf(metrics: Metrics): number {
    const { monitor } = this.#options;
    const metric = typeof metrics === 'number' ? metrics : metrics[monitor];
    if (typeof metric === 'number') return metric;
    throw new TypeError(
      `${this.typeName} monitors "${monitor}", which is not among the metrics: ${Object.keys(metrics).join(', ') || 'none'}`,
    );
  }
}
