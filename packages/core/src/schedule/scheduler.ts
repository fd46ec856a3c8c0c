/**
 * A schedule acting on the groups of an optimizer: its window, its counting, its state.
 *
 * The arithmetic is in `schedule.ts`, the names that schedules go by in `schedulers.ts`.
 */

import type { CheckedScheduleOptions, ScheduleKind, SchedulerType } from '../config/scheduler-config.ts';
import type { GroupSettings } from '../groups.ts';
import { ratioWarnings } from './ratio-warnings.ts';
import { type Field, fieldOf, type Schedulable } from './schedulable.ts';
import {
  initialPlateau,
  makeSchedule,
  type NextValue,
  oneCycleBounds,
  type PlateauState,
  plateauStep,
  reducedValue,
  type SteppedKind,
} from './schedule.ts';
import { isOtherKind, readPlateau, readProgress, stateDifferences } from './state.ts';

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
  /** What is odd about the options for these groups. Nothing is printed. */
  readonly warnings: readonly string[];
  protected readonly groups: readonly GroupSettings[];
  protected readonly field: Field;
  protected options: AnyOptions;
  protected baseValues: number[];
  protected globalStep = -1;
  #lastValues: number[] = [];
  readonly #type: SchedulerType;

  protected constructor(type: SchedulerType, optimizer: Schedulable, options: AnyOptions) {
    const { name, kind, param } = type;
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
    this.baseValues = this.groups.map((group, index) => this.#initialValue(group, index));
    // A cycle has written its own values over the initial ones by now.
    const values = kind === 'OneCycle' ? this.groups.map((_, index) => this.valueOf(index)) : this.baseValues;
    const ofGroups = values.filter((_, index) => this.groups[index] !== optimizer.baseParamSettings);
    this.warnings = ratioWarnings({ typeName: name, kind, paramName: this.paramName }, options, ofGroups);
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

  protected isActive(): boolean {
    return this.begin <= this.globalStep && this.globalStep < this.end;
  }

  protected valueOf(index: number): number {
    return Number(this.field.read(this.groups[index]!));
  }

  protected writeAll(values: readonly number[]): void {
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) {
      throw new RangeError(
        `${this.typeName}: ${this.paramName} of group ${wrong} would be ${values[wrong]} at step ${this.lastStep + 1}; check its options`,
      );
    }
    for (const [index, group] of this.groups.entries()) this.field.write(group, values[index]!);
  }

  protected remember(): void {
    this.#lastValues = this.groups.map((_, index) => this.valueOf(index));
  }

  #initialValue(group: GroupSettings, index: number): number {
    const key = `initial_${this.paramName}`;
    const current = this.field.read(group);
    if (typeof current !== 'number') {
      throw new TypeError(
        `${this.typeName}: group ${index} has no number under "${this.paramName}"; it has ${Object.keys(group).join(', ')}`,
      );
    }
    if (this.lastStep === -1) group[key] ??= current;
    const initial = group[key];
    if (typeof initial === 'number') return initial;
    throw new TypeError(
      `${this.typeName}: last_step ${this.lastStep} resumes a schedule, and group ${index} has no "${key}"; load the optimizer's state first`,
    );
  }
}

export class SteppedScheduler extends ParamScheduler {
  readonly #next: NextValue;

  constructor(type: SchedulerType, optimizer: Schedulable, options: AnyOptions) {
    const kind = type.kind as SteppedKind;
    if (kind === 'OneCycle' && options.last_step === -1) {
      writeCycleBounds(type.name, optimizer, options as CheckedScheduleOptions<'OneCycle'>);
    }
    super(type, optimizer, options);
    this.#next = makeSchedule(kind, options as CheckedScheduleOptions<typeof kind>);
    this.step();
  }

  override step(): void {
    this.globalStep += 1;
    if (this.isActive()) {
      const step = this.lastStep + 1;
      this.writeAll(
        this.groups.map((_, index) => this.#next(this.valueOf(index), this.baseValues[index]!, step, index)),
      );
      this.lastStep = step;
    }
    this.remember();
  }
}

/** A cycle sets the values it goes between, whatever the groups had; their names are those of PyTorch's OneCycleLR. */
function writeCycleBounds(typeName: string, optimizer: Schedulable, options: CheckedScheduleOptions<'OneCycle'>): void {
  checkPerGroup(typeName, 'eta_max', options.eta_max, optimizer);
  for (const [index, group] of scheduledGroups(optimizer).entries()) {
    const { initial, max, min } = oneCycleBounds(options, index);
    Object.assign(group, { initial_lr: initial, max_lr: max, min_lr: min });
  }
}

export class PlateauScheduler extends ParamScheduler {
  #state: PlateauState;

  constructor(type: SchedulerType, optimizer: Schedulable, options: AnyOptions) {
    super(type, optimizer, options);
    this.#state = initialPlateau(this.#options);
    checkPerGroup(type.name, 'min_value', this.#options.min_value, optimizer);
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
    if (this.isActive()) {
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

function scheduledGroups({ paramGroups, baseParamSettings }: Schedulable): readonly GroupSettings[] {
  const base = baseParamSettings ?? undefined;
  return base === undefined || paramGroups.includes(base) ? paramGroups : [...paramGroups, base];
}

function checkPerGroup(
  typeName: string,
  option: string,
  value: number | readonly number[],
  optimizer: Schedulable,
): void {
  if (typeof value === 'number') return;
  const groups = optimizer.paramGroups.filter((group) => group !== optimizer.baseParamSettings).length;
  if (value.length === groups) return;
  throw new RangeError(
    `${typeName}: ${option} has ${value.length} values for ${groups} groups; give one a group, or one number for all`,
  );
}
