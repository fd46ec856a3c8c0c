/**
 * The names that schedules go by, and building them from a config.
 *
 * Each kind has three: `…LR`, `…Momentum`, and `…ParamScheduler`, whose `param_name` says which field it acts on.
 */
import { Registry, type TypedConfig } from './registry.ts';
import type { Schedulable } from './schedulable.ts';
import { SCHEDULES } from './schedule.ts';
import { type AnyOptions, type Metrics, type ParamScheduler, PlateauScheduler, SteppedScheduler } from './scheduler.ts';
import {
  NEVER,
  parseParamScheduler,
  parseSchedulerOptions,
  SCHEDULER_TYPES,
  type ScheduleKind,
  type ScheduleOptions,
  type SchedulerType,
} from './scheduler-config.ts';

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
  /**
   * Steps of an epoch; needed where a config says `convert_to_iter_based`. Optimizer updates, where a `ScheduleDriver`
   * counts these; iterations otherwise.
   */
  readonly epochLength?: number;
  /** Called with each warning of a scheduler. Nothing is printed. */
  readonly onWarning?: (warning: string) => void;
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
  { epochLength, onWarning }: BuildSchedulerOptions = {},
): ParamScheduler[] {
  const custom = PARAM_SCHEDULERS.names().filter((name) => !SCHEDULER_TYPES.has(name));
  const epoch = epochLength === undefined ? {} : { epoch_length: epochLength };
  const schedulers = parseParamScheduler(cfg, custom).map((config) =>
    PARAM_SCHEDULERS.build({ ...config, ...epoch, optimizer }, ['param_scheduler']),
  );
  for (const warning of schedulers.flatMap(({ warnings }) => warnings)) onWarning?.(warning);
  return schedulers;
}
