/**
 * Schedules that act on the groups of an optimizer: windows, counting, conversion from epochs to iterations, state.
 *
 * Their arithmetic is in `schedule.ts`. Each kind goes by three names: `…LR`, `…Momentum`, and `…ParamScheduler`, whose
 * `param_name` says which field it acts on.
 */
import type { GroupSettings } from './groups.ts';
import { Registry, type TypedConfig } from './registry.ts';
import {
  initialPlateau,
  makeSchedule,
  type NextValue,
  oneCycleBounds,
  type PlateauState,
  plateauStep,
  reducedValue,
  SCHEDULES,
  type SteppedKind,
} from './schedule.ts';
import {
  type CheckedScheduleOptions,
  NEVER,
  parseParamScheduler,
  parseSchedulerOptions,
  SCHEDULER_TYPES,
  type ScheduleKind,
  type ScheduleOptions,
  type SchedulerType,
} from './scheduler-config.ts';

/** What is scheduled: an optimizer or an optimizer wrapper. */
export interface Schedulable {
  readonly paramGroups: readonly GroupSettings[];
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Settings that no rule has touched, scheduled along as if they were one more group. */
  readonly baseParamSettings?: GroupSettings | null;
}

type Metrics = number | Readonly<Record<string, number>>;
type AnyOptions = CheckedScheduleOptions<ScheduleKind> & Record<string, unknown>;

/** Reads and writes the scheduled field of a group. */
interface Field {
  readonly name: string;
  readonly read: (group: GroupSettings) => unknown;
  readonly write: (group: GroupSettings, value: number) => void;
}

function fieldOf(name: string, { defaults, paramGroups }: Schedulable): Field {
  const known = defaults ?? paramGroups[0] ?? {};
  if (name === 'momentum' && !('momentum' in known) && 'betas' in known) return firstBeta;
  const write = (group: GroupSettings, value: number): void => {
    group[name] = value;
  };
  return { name, read: (group) => group[name], write };
}

/** Adam and its kin have no `momentum`: there it is the first of `betas`. The list may be shared, so it is replaced. */
const firstBeta: Field = {
  name: 'momentum',
  read: ({ betas }) => (betas as readonly number[] | undefined)?.[0],
  write: (group, value) => {
    group.betas = [value, ...(group.betas as readonly number[]).slice(1)];
    if ('momentum' in group) group.momentum = value;
  },
};

/** A schedule acting on the groups of an optimizer. The first value is set on construction. */
export abstract class ParamScheduler {
  readonly optimizer: Schedulable;
  readonly paramName: string;
  readonly begin: number;
  readonly end: number;
  /** Whether `step()` is meant once an epoch; once an iteration otherwise. */
  readonly byEpoch: boolean;
  /** Steps taken inside the window; the first is 0, and -1 is before it. */
  lastStep: number;
  readonly typeName: string;
  protected readonly groups: readonly GroupSettings[];
  protected readonly field: Field;
  protected options: AnyOptions;
  protected baseValues: number[];
  protected globalStep = -1;
  #lastValues: number[] = [];

  protected constructor({ name, param }: SchedulerType, optimizer: Schedulable, options: AnyOptions) {
    this.typeName = name;
    this.optimizer = optimizer;
    this.options = options;
    this.paramName = param ?? String(options.param_name);
    this.begin = options.begin;
    this.end = options.end;
    this.byEpoch = options.by_epoch;
    this.lastStep = options.last_step;
    this.groups = scheduledGroups(optimizer);
    this.field = fieldOf(this.paramName, optimizer);
    this.baseValues = this.groups.map((group, index) => this.#initialValue(group, index));
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

  /** Progress and options, under the names of MMEngine's checkpoints. */
  stateDict(): Record<string, unknown> {
    return {
      ...this.options,
      param_name: this.paramName,
      base_values: [...this.baseValues],
      last_step: this.lastStep,
      _global_step: this.globalStep,
      _last_value: this.getLastValue(),
    };
  }

  /**
   * Continues from a `stateDict`, MMEngine's too. Groups keep the values they have: the optimizer's state has theirs.
   *
   * @throws TypeError when the state is not one of a scheduler.
   */
  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const { last_step, _global_step, base_values, _last_value } = state;
    if (typeof last_step !== 'number' || typeof _global_step !== 'number' || !isNumbers(base_values)) {
      throw new TypeError(
        `${this.typeName}.loadStateDict: last_step, _global_step and base_values are needed; found ${Object.keys(state).join(', ') || 'nothing'}`,
      );
    }
    if (base_values.length !== this.groups.length) {
      throw new TypeError(
        `${this.typeName}.loadStateDict: the state is of ${base_values.length} groups, the optimizer has ${this.groups.length}`,
      );
    }
    this.lastStep = last_step;
    this.globalStep = _global_step;
    this.baseValues = [...base_values];
    if (isNumbers(_last_value)) this.#lastValues = [..._last_value];
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

class SteppedScheduler extends ParamScheduler {
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

class PlateauScheduler extends ParamScheduler {
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
    const { base_values = this.baseValues, best, num_bad_epochs, cooldown_counter } = state;
    super.loadStateDict({ ...state, base_values });
    const fresh = initialPlateau(this.#options);
    this.#state = {
      // Infinity, the best before any metric, is null in JSON.
      best: typeof best === 'number' ? best : fresh.best,
      num_bad_epochs: Number(num_bad_epochs ?? 0),
      cooldown_counter: Number(cooldown_counter ?? 0),
    };
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

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

type OptionsOf<K extends ScheduleKind, P extends string | null> = ScheduleOptions<K> &
  (P extends null ? { param_name: string } : unknown);

/** A class of schedulers of one kind on one field. */
export interface SchedulerClass<K extends ScheduleKind = ScheduleKind, P extends string | null = string | null> {
  /** @throws ConfigError when an option is refused. */
  new (optimizer: Schedulable, options: OptionsOf<K, P>): ParamScheduler;
  /**
   * The same schedule stepped once an iteration, from options that count epochs.
   *
   * @throws ConfigError when an option is refused, or the kind cannot be converted.
   */
  buildIterFromEpoch(optimizer: Schedulable, options: OptionsOf<K, P> & { epoch_length: number }): ParamScheduler;
}

interface ConcreteScheduler extends ParamScheduler {
  step(metrics?: Metrics): void;
}

type SchedulerBase = new (type: SchedulerType, optimizer: Schedulable, options: AnyOptions) => ConcreteScheduler;

function schedulerClass<K extends ScheduleKind, P extends string | null>(
  name: string,
  _kind: K,
  _param: P,
): SchedulerClass<K, P> {
  const type = schedulerType(name);
  const Base: SchedulerBase = type.kind === 'ReduceOnPlateau' ? PlateauScheduler : SteppedScheduler;
  const Made = class extends Base {
    constructor(optimizer: Schedulable, options: unknown) {
      super(type, optimizer, parseSchedulerOptions(name, options) as AnyOptions);
    }

    static buildIterFromEpoch(optimizer: Schedulable, options: Record<string, unknown>): ParamScheduler {
      return new Made(optimizer, toIterations(type, options));
    }
  };
  Object.defineProperty(Made, 'name', { value: name });
  return Made as unknown as SchedulerClass<K, P>;
}

function schedulerType(name: string): SchedulerType {
  const type = SCHEDULER_TYPES.get(name);
  if (type === undefined) throw new Error(`internal: no scheduler type ${name}`);
  return type;
}

/** Options that count epochs, counting iterations. */
function toIterations({ name, kind }: SchedulerType, options: Record<string, unknown>): Record<string, unknown> {
  const { epoch_length, convert_to_iter_based: _, ...rest } = options;
  if (typeof epoch_length !== 'number' || !Number.isInteger(epoch_length) || epoch_length < 1) {
    throw new RangeError(
      `${name}: converting to iterations needs epoch_length, the iterations of an epoch; found ${String(epoch_length)}`,
    );
  }
  const checked = parseSchedulerOptions(name, { ...rest, convert_to_iter_based: true });
  const counted: readonly string[] = kind === 'ReduceOnPlateau' ? [] : SCHEDULES[kind].counted;
  const times = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(times);
    return typeof value === 'number' ? Math.trunc(value * epoch_length) : value;
  };
  const end = checked.end === NEVER ? NEVER : times(checked.end);
  const scaled = Object.fromEntries(counted.map((field) => [field, times(checked[field])]));
  return { ...checked, ...scaled, begin: times(checked.begin), end, by_epoch: false, convert_to_iter_based: false };
}

export const ConstantLR = schedulerClass('ConstantLR', 'Constant', 'lr');
export const StepLR = schedulerClass('StepLR', 'Step', 'lr');
export const MultiStepLR = schedulerClass('MultiStepLR', 'MultiStep', 'lr');
export const ExponentialLR = schedulerClass('ExponentialLR', 'Exponential', 'lr');
export const LinearLR = schedulerClass('LinearLR', 'Linear', 'lr');
export const CosineAnnealingLR = schedulerClass('CosineAnnealingLR', 'CosineAnnealing', 'lr');
export const PolyLR = schedulerClass('PolyLR', 'Poly', 'lr');
export const OneCycleLR = schedulerClass('OneCycleLR', 'OneCycle', 'lr');
export const CosineRestartLR = schedulerClass('CosineRestartLR', 'CosineRestart', 'lr');
export const ReduceOnPlateauLR = schedulerClass('ReduceOnPlateauLR', 'ReduceOnPlateau', 'lr');

export const ConstantMomentum = schedulerClass('ConstantMomentum', 'Constant', 'momentum');
export const StepMomentum = schedulerClass('StepMomentum', 'Step', 'momentum');
export const MultiStepMomentum = schedulerClass('MultiStepMomentum', 'MultiStep', 'momentum');
export const ExponentialMomentum = schedulerClass('ExponentialMomentum', 'Exponential', 'momentum');
export const LinearMomentum = schedulerClass('LinearMomentum', 'Linear', 'momentum');
export const CosineAnnealingMomentum = schedulerClass('CosineAnnealingMomentum', 'CosineAnnealing', 'momentum');
export const PolyMomentum = schedulerClass('PolyMomentum', 'Poly', 'momentum');
export const CosineRestartMomentum = schedulerClass('CosineRestartMomentum', 'CosineRestart', 'momentum');
export const ReduceOnPlateauMomentum = schedulerClass('ReduceOnPlateauMomentum', 'ReduceOnPlateau', 'momentum');

export const ConstantParamScheduler = schedulerClass('ConstantParamScheduler', 'Constant', null);
export const StepParamScheduler = schedulerClass('StepParamScheduler', 'Step', null);
export const MultiStepParamScheduler = schedulerClass('MultiStepParamScheduler', 'MultiStep', null);
export const ExponentialParamScheduler = schedulerClass('ExponentialParamScheduler', 'Exponential', null);
export const LinearParamScheduler = schedulerClass('LinearParamScheduler', 'Linear', null);
export const CosineAnnealingParamScheduler = schedulerClass('CosineAnnealingParamScheduler', 'CosineAnnealing', null);
export const PolyParamScheduler = schedulerClass('PolyParamScheduler', 'Poly', null);
export const OneCycleParamScheduler = schedulerClass('OneCycleParamScheduler', 'OneCycle', null);
export const CosineRestartParamScheduler = schedulerClass('CosineRestartParamScheduler', 'CosineRestart', null);
export const ReduceOnPlateauParamScheduler = schedulerClass('ReduceOnPlateauParamScheduler', 'ReduceOnPlateau', null);

/** Every scheduler class by the name that a config calls it. */
const CLASSES = {
  ConstantLR,
  StepLR,
  MultiStepLR,
  ExponentialLR,
  LinearLR,
  CosineAnnealingLR,
  PolyLR,
  OneCycleLR,
  CosineRestartLR,
  ReduceOnPlateauLR,
  ConstantMomentum,
  StepMomentum,
  MultiStepMomentum,
  ExponentialMomentum,
  LinearMomentum,
  CosineAnnealingMomentum,
  PolyMomentum,
  CosineRestartMomentum,
  ReduceOnPlateauMomentum,
  ConstantParamScheduler,
  StepParamScheduler,
  MultiStepParamScheduler,
  ExponentialParamScheduler,
  LinearParamScheduler,
  CosineAnnealingParamScheduler,
  PolyParamScheduler,
  OneCycleParamScheduler,
  CosineRestartParamScheduler,
  ReduceOnPlateauParamScheduler,
} as const;

/** What a factory of `PARAM_SCHEDULERS` receives: the config with what it acts on. */
export interface SchedulerBuildConfig extends TypedConfig {
  readonly optimizer: Schedulable;
  /** Iterations of an epoch, where a config asks for conversion. */
  readonly epoch_length?: number;
}

/** Parameter schedulers by the `type` of a `param_scheduler`. */
export const PARAM_SCHEDULERS = new Registry<ParamScheduler, SchedulerBuildConfig>('PARAM_SCHEDULERS', {
  what: 'parameter scheduler',
  entries: Object.entries(CLASSES).map(([name, Class]) => [
    name,
    (cfg) => fromConfig(Class as unknown as SchedulerClass, cfg),
  ]),
});

function fromConfig(
  Class: SchedulerClass,
  { type: _, optimizer, epoch_length, ...options }: SchedulerBuildConfig,
): ParamScheduler {
  const { convert_to_iter_based: convert, ...rest } = options;
  const given = rest as unknown as OptionsOf<ScheduleKind, string | null>;
  if (convert !== true) return new Class(optimizer, given);
  return Class.buildIterFromEpoch(optimizer, { ...given, epoch_length: epoch_length ?? Number.NaN });
}

export interface BuildSchedulerOptions {
  /** Iterations of an epoch; needed where a config says `convert_to_iter_based`. */
  readonly epochLength?: number;
}

/**
 * Builds the schedulers of a `param_scheduler` config, one mapping or a list, in its order.
 *
 * @param optimizer an optimizer or an optimizer wrapper; its groups take their first values at once.
 * @throws ConfigError when the config is refused; nothing has been changed then.
 */
export function buildParamScheduler(
  optimizer: Schedulable,
  cfg: unknown,
  { epochLength }: BuildSchedulerOptions = {},
): ParamScheduler[] {
  const custom = PARAM_SCHEDULERS.names().filter((name) => !SCHEDULER_TYPES.has(name));
  const epoch = epochLength === undefined ? {} : { epoch_length: epochLength };
  return parseParamScheduler(cfg, custom).map((config) =>
    PARAM_SCHEDULERS.build({ ...config, ...epoch, optimizer }, ['param_scheduler']),
  );
}
