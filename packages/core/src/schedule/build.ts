/** From a `param_scheduler` to its schedulers: the registry of their types, and building a list. */
import { type ParamSchedulerConfig, SCHEDULER_TYPES, type ScheduleKind } from '../config/scheduler-config.ts';
import { Registry, type TypedConfig } from '../registry.ts';
import {
  ConstantLR,
  CosineAnnealingLR,
  CosineRestartLR,
  ExponentialLR,
  LinearLR,
  MultiStepLR,
  OneCycleLR,
  PolyLR,
  ReduceOnPlateauLR,
  StepLR,
} from './lr-schedulers.ts';
import {
  ConstantMomentum,
  CosineAnnealingMomentum,
  CosineRestartMomentum,
  ExponentialMomentum,
  LinearMomentum,
  MultiStepMomentum,
  PolyMomentum,
  ReduceOnPlateauMomentum,
  StepMomentum,
} from './momentum-schedulers.ts';
import {
  ConstantParamScheduler,
  CosineAnnealingParamScheduler,
  CosineRestartParamScheduler,
  ExponentialParamScheduler,
  LinearParamScheduler,
  MultiStepParamScheduler,
  OneCycleParamScheduler,
  PolyParamScheduler,
  ReduceOnPlateauParamScheduler,
  StepParamScheduler,
} from './param-schedulers.ts';
import {
  checkRunOptions,
  conversionNeed,
  type RunLength,
  readSchedules,
  requireEpochLength,
  runEnd,
} from './run-length.ts';
import { checkSchedulable, orUnchanged, type Schedulable, scheduledGroups } from './schedulable.ts';
import type { ParamScheduler } from './scheduler.ts';
import type { OptionsOf, SchedulerClass } from './scheduler-class.ts';
import {
  AnyConstantLR,
  CosineAnnealingWeightDecay,
  PolyLRRatio,
  QuadraticWarmupLR,
  QuadraticWarmupMomentum,
  QuadraticWarmupParamScheduler,
} from './sister-schedulers.ts';
import { beginsLate, runWarnings } from './window-warnings.ts';

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

/** Those of other libraries. */
const SISTER_CLASSES = {
  QuadraticWarmupLR,
  QuadraticWarmupMomentum,
  QuadraticWarmupParamScheduler,
  PolyLRRatio,
  CosineAnnealingWeightDecay,
  'mmpose.ConstantLR': AnyConstantLR,
} as const;

/** What a factory of `PARAM_SCHEDULERS` receives: the config with what it acts on. */
export interface SchedulerBuildConfig extends TypedConfig {
  readonly optimizer: Schedulable;
  /** Iterations of an epoch, where a config asks for conversion. */
  readonly epoch_length?: number;
}

export type SchedulerRegistry = Registry<ParamScheduler, SchedulerBuildConfig>;

/** Parameter schedulers by the `type` of a `param_scheduler`. */
export const PARAM_SCHEDULERS = new Registry<ParamScheduler, SchedulerBuildConfig>('PARAM_SCHEDULERS', {
  what: 'parameter scheduler',
  entries: Object.entries(CLASSES).map(entryOf),
  unlisted: Object.entries(SISTER_CLASSES).map(entryOf),
});

function entryOf([name, Class]: [string, unknown]) {
  return [name, (cfg: SchedulerBuildConfig) => fromConfig(Class as SchedulerClass, cfg)] as const;
}

function fromConfig(
  Class: SchedulerClass,
  { type: _, optimizer, epoch_length, ...options }: SchedulerBuildConfig,
): ParamScheduler {
  const { convert_to_iter_based: convert, ...rest } = options;
  const given = rest as unknown as OptionsOf<ScheduleKind, string | null>;
  if (convert !== true) return new Class(optimizer, given);
  // That the length is there is checked by the class, whoever calls it.
  return Class.buildIterFromEpoch(optimizer, { ...given, epoch_length: epoch_length! });
}

/**
 * `maxEpochs` and `maxIters`: the length of the run, which a schedule without an `end` takes, as with MMEngine's runner ·
 * `epochLength`: needed where a config says `convert_to_iter_based`. All count optimizer updates, where a `ScheduleDriver`
 * counts these; iterations otherwise.
 */
export interface BuildSchedulerOptions extends RunLength {
  /** Called with each warning of a scheduler. Nothing is printed. */
  readonly onWarning?: ((warning: string) => void) | undefined;
  /** What types stand for. Default: the public `PARAM_SCHEDULERS`. */
  readonly registry?: SchedulerRegistry | undefined;
}

/** The schedules of a config as they are built, with every `end` that is known. @throws ConfigError when it is refused. */
export function resolveSchedules(
  cfg: unknown,
  run: RunLength = {},
  registry: SchedulerRegistry = PARAM_SCHEDULERS,
): ParamSchedulerConfig[] {
  const custom = registry.names().filter((name) => !SCHEDULER_TYPES.has(name));
  return readSchedules(cfg, run, custom);
}

/** The group fields that these schedules act on; what a type of the user's acts on is told by its `param_name` alone. */
export function scheduledFields(configs: readonly ParamSchedulerConfig[]): string[] {
  const fields = configs.map(({ type, param_name }) => SCHEDULER_TYPES.get(type)?.param ?? param_name);
  return [...new Set(fields.filter((field) => typeof field === 'string'))];
}

/**
 * Builds the schedulers of a `param_scheduler` config, one mapping or a list, in its order; none of `null`.
 *
 * @param optimizer an optimizer or an optimizer wrapper; its groups take their first values at once.
 * @throws ConfigError when the config is refused, or needs a length that is not given; TypeError or RangeError where it does
 * not fit the groups. Nothing has been changed then.
 */
export function buildParamScheduler(
  optimizer: Schedulable,
  cfg: unknown,
  options: BuildSchedulerOptions = {},
): ParamScheduler[] {
  checkRunOptions('buildParamScheduler', options);
  checkSchedulable('buildParamScheduler', optimizer);
  const { onWarning, registry = PARAM_SCHEDULERS, ...run } = options;
  const configs = resolveSchedules(cfg, run, registry);
  requireEpochLength(conversionNeed(configs), run);
  const epoch = run.epochLength === undefined ? {} : { epoch_length: run.epochLength };
  // One schedule begins from what those before it have written.
  const schedulers = orUnchanged(scheduledGroups(optimizer), () =>
    configs.map((config) => registry.build({ ...config, ...epoch, optimizer }, ['param_scheduler'])),
  );
  for (const [index, { warnings }] of schedulers.entries()) {
    const config = configs[index]!;
    const end = runEnd(config.by_epoch !== false, run);
    const ofRun = runWarnings(config, end);
    // What it would do were it to act is beside the point.
    const neverActs = end !== undefined && ofRun.length > 0 && beginsLate(config, end);
    for (const warning of neverActs ? ofRun : [...ofRun, ...warnings]) onWarning?.(warning);
  }
  return schedulers;
}
