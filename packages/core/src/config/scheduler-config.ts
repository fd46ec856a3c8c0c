/**
 * The shape of `param_scheduler`: one schema a kind of schedule, and the names each kind goes by.
 *
 * Fields and defaults are those of MMEngine 0.10's `mmengine.optim.scheduler`.
 */
import * as z from 'zod';
import { check, closed, copyPlain, isMapping } from './check.ts';
import { ConfigError, type ConfigPath, describeValue, nearestName } from './errors.ts';
import { atLeast, count, dotted, flag, notNegative, number, positive, scope } from './fields.ts';
import { lastPart, typeName, withoutScope } from './type-names.ts';

/** The `end` of a schedule that never ends, as MMEngine writes it. */
export const NEVER = 1e9;

const fraction = number.min(0, { error: 'a number from 0 to 1' }).max(1, { error: 'a number from 0 to 1' });
const FACTOR = 'a number from 0 to 1; any with type: "mmpose.ConstantLR", the schedule that MMPose has by this name';
const perGroup = z.union([number, z.array(number)], { error: 'a number, or a list with one number a group' });

const common = {
  /** First step at which the schedule acts. */
  begin: notNegative.default(0),
  /** First step at which it no longer does. */
  end: positive.default(NEVER),
  last_step: atLeast(-1).default(-1),
  by_epoch: flag.default(true),
  /**
   * What a `ScheduleDriver` steps a schedule by iteration on: optimizer updates (where not given), or iterations whether or
   * not they end in an update, as in MMEngine.
   */
  counts: z.enum(['updates', 'iterations'], { error: '"updates" or "iterations"' }).optional(),
  /** Accepted for portability; nothing is ever printed. */
  verbose: flag.default(false),
  convert_to_iter_based: flag.default(false),
};
const minimum = { eta_min: number.nullish(), eta_min_ratio: number.nullish() };

/** Own fields of each kind; what they mean stands above the arithmetic in `schedule.ts`. */
const SHAPES = {
  Constant: {
    factor: number
      .min(0, { error: FACTOR })
      .max(1, { error: FACTOR })
      .default(1 / 3),
  },
  Step: { step_size: count, gamma: number.default(0.1) },
  MultiStep: { milestones: z.array(notNegative, { error: 'a list of steps' }), gamma: number.default(0.1) },
  Exponential: { gamma: number },
  Linear: {
    start_factor: fraction.positive({ error: 'a number above 0, up to 1' }).default(1 / 3),
    end_factor: fraction.default(1),
  },
  CosineAnnealing: { T_max: positive.nullish(), ...minimum },
  Poly: { power: number.default(1), eta_min: number.default(0) },
  OneCycle: {
    eta_max: perGroup.default(0),
    total_steps: count.nullish(),
    epochs: count.nullish(),
    steps_per_epoch: count.nullish(),
    pct_start: fraction.default(0.3),
    anneal_strategy: z.enum(['cos', 'linear'], { error: '"cos" or "linear"' }).default('cos'),
    div_factor: positive.default(25),
    final_div_factor: positive.default(1e4),
    three_phase: flag.default(false),
  },
  CosineRestart: {
    periods: z.array(positive, { error: 'a list of periods' }),
    restart_weights: z.array(number, { error: 'a list of weights' }).default([1]),
    ...minimum,
  },
  ReduceOnPlateau: {
    monitor: z.string({ error: 'the name of a metric' }).default('loss'),
    rule: z.enum(['less', 'greater'], { error: '"less" or "greater"' }).default('less'),
    factor: number.lt(1, { error: 'a number below 1' }).default(0.1),
    patience: z.int({ error: 'a whole number' }).default(10),
    threshold: notNegative.default(1e-4),
    threshold_rule: z.enum(['rel', 'abs'], { error: '"rel" or "abs"' }).default('rel'),
    cooldown: z.int({ error: 'a whole number' }).default(0),
    min_value: perGroup.default(0),
    eps: number.default(1e-8),
  },
  QuadraticWarmup: {},
  PolyRatio: { power: number.default(1), eta_min: number.default(0), eta_min_ratio: number.nullish() },
  CosineAnnealingDecay: { T_max: positive.nullish(), ...minimum },
  AnyConstant: { factor: number.default(1 / 3) },
} as const satisfies Record<string, z.ZodRawShape>;

export type ScheduleKind = keyof typeof SHAPES;
type Shapes = typeof SHAPES;
type Inputs = { [K in ScheduleKind]: z.input<z.ZodObject<Shapes[K]>> & z.input<z.ZodObject<typeof common>> };
type Outputs = { [K in ScheduleKind]: z.output<z.ZodObject<Shapes[K]>> & z.output<z.ZodObject<typeof common>> };
/** Options of a kind of schedule as a caller writes them. */
export type ScheduleOptions<K extends ScheduleKind> = Inputs[K];
/** The same with defaults filled in. */
export type CheckedScheduleOptions<K extends ScheduleKind> = Outputs[K];

/** Names of the options that say what a schedule does; the rest say where it is, or how it was written. */
export function optionNames(kind: ScheduleKind): string[] {
  return [...Object.keys(SHAPES[kind]), 'begin', 'end', 'by_epoch', 'counts'];
}

/** Kinds of MMEngine's, each of which has the names that `SCHEDULED_PARAMS` makes. */
const SCHEDULE_KINDS = [
  ...(['Constant', 'Step', 'MultiStep', 'Exponential', 'Linear', 'CosineAnnealing', 'Poly', 'OneCycle'] as const),
  ...(['CosineRestart', 'ReduceOnPlateau'] as const),
] satisfies ScheduleKind[];

/** How a schedule is named by what it acts on. `null`: the config says, in `param_name`. */
const SCHEDULED_PARAMS = { LR: 'lr', Momentum: 'momentum', ParamScheduler: null } as const;

export interface SchedulerType {
  readonly name: string;
  readonly kind: ScheduleKind;
  /** The group field it acts on; `null` where `param_name` says. */
  readonly param: string | null;
}

/** Those of MMDetection and MMPose, MMSegmentation, and MMPretrain; the last, of MMPose, is not MMEngine's of that name. */
const SISTER_TYPES: readonly SchedulerType[] = [
  { name: 'QuadraticWarmupLR', kind: 'QuadraticWarmup', param: 'lr' },
  { name: 'QuadraticWarmupMomentum', kind: 'QuadraticWarmup', param: 'momentum' },
  { name: 'QuadraticWarmupParamScheduler', kind: 'QuadraticWarmup', param: null },
  { name: 'PolyLRRatio', kind: 'PolyRatio', param: 'lr' },
  { name: 'CosineAnnealingWeightDecay', kind: 'CosineAnnealingDecay', param: 'weight_decay' },
  { name: 'mmpose.ConstantLR', kind: 'AnyConstant', param: 'lr' },
];

/** Every built-in scheduler type by name. There is no OneCycleMomentum: the policy is one of learning rates. */
export const SCHEDULER_TYPES: ReadonlyMap<string, SchedulerType> = new Map(
  [
    ...SCHEDULE_KINDS.flatMap((kind) =>
      Object.entries(SCHEDULED_PARAMS)
        .filter(([suffix]) => kind !== 'OneCycle' || suffix !== 'Momentum')
        .map(([suffix, param]): SchedulerType => ({ name: kind + suffix, kind, param })),
    ),
    ...SISTER_TYPES,
  ].map((type) => [type.name, type]),
);

const paramName = { param_name: z.string({ error: 'the name of a group field, such as "lr"' }) };

const OPTION_SCHEMAS = new Map<string, z.ZodType>(
  [...SCHEDULER_TYPES.values()].map(({ name, kind, param }) => [
    name,
    closed({ ...(param === null ? paramName : {}), ...SHAPES[kind], ...common }),
  ]),
);

const typed = [...SCHEDULER_TYPES.values()].map(({ name, kind, param }) =>
  closed({ type: dotted(name), _scope_: scope, ...(param === null ? paramName : {}), ...SHAPES[kind], ...common }),
);
const one = z.union(typed);

/** For the JSON Schema; configs are checked by `parseParamScheduler`, which names the type that a fault is in. */
export const paramSchedulerSchema = z.union([one, z.array(one)]);

/** What PyTorch, timm, Transformers and MMCV call schedules that have another name here. */
const NAMES_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['CosineAnnealingWarmRestarts', 'CosineRestartLR'],
  ['CosineRestart', 'CosineRestartLR'],
  ['CosineLR', 'CosineAnnealingLR'],
  ['CosineLRScheduler', 'CosineAnnealingLR'],
  ['CosineAnnealing', 'CosineAnnealingLR'],
  ['PolynomialLR', 'PolyLR'],
  ['PolyLRScheduler', 'PolyLR'],
  ['OneCycle', 'OneCycleLR'],
  ['ReduceLROnPlateau', 'ReduceOnPlateauLR'],
  ['PlateauLRScheduler', 'ReduceOnPlateauLR'],
  ['LinearWarmup', 'LinearLR'],
  ['ConstantWarmup', 'ConstantLR'],
]);

export interface ParamSchedulerConfig {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * Checked copies of a `param_scheduler` config, one mapping or a list of them; always a list, and an empty one of `null`,
 * which is Python's `None`. Defaults are filled in, scopes and paths of types are looked through.
 *
 * @param customTypes names of types that users registered: their fields pass unchecked.
 * @throws ConfigError with every problem found.
 */
export function parseParamScheduler(
  config: unknown,
  customTypes: readonly string[] = [],
  root: ConfigPath = ['param_scheduler'],
): ParamSchedulerConfig[] {
  const copy = copyPlain(config, root);
  if (copy === null) return [];
  if (!Array.isArray(copy)) return [parseOne(copy, customTypes, root)];
  const issues: ConfigError['issues'][number][] = [];
  const parsed = copy.flatMap((item: unknown, index) => {
    try {
      return [parseOne(item, customTypes, [...root, index])];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      issues.push(...error.issues);
      return [];
    }
  });
  if (issues.length > 0) throw new ConfigError(issues);
  return parsed;
}

function parseOne(config: unknown, customTypes: readonly string[], path: ConfigPath): ParamSchedulerConfig {
  if (!isMapping(config)) {
    throw new ConfigError([
      {
        code: 'invalid_value',
        path,
        found: describeValue(config),
        allowed: 'a mapping with a type, or a list of them',
      },
    ]);
  }
  const { fields, scope } = withoutScope(config);
  const { type: found, ...options } = fields;
  const at = [...path, 'type'];
  if (found === undefined) throw new ConfigError([{ code: 'missing', path: at, allowed: 'the name of a scheduler' }]);
  const registered = { has: (name: string) => customTypes.includes(name) };
  const type = typeof found === 'string' ? typeName(found, scope, SCHEDULER_TYPES, registered) : found;
  if (typeof type === 'string' && customTypes.includes(type)) return { type, ...options };
  if (typeof type !== 'string' || !SCHEDULER_TYPES.has(type)) {
    const known = [...SCHEDULER_TYPES.keys(), ...customTypes];
    const isOfSister = (name: string) => SISTER_TYPES.some((each) => each.name === name);
    const allowed = known.filter((name) => !isOfSister(name));
    throw new ConfigError([
      {
        code: 'unknown_name',
        path: at,
        what: 'parameter scheduler',
        found: String(type),
        allowed,
        meant: NAMES_ELSEWHERE.get(lastPart(String(type))) ?? nearestName(String(type), known),
      },
    ]);
  }
  return { type, ...parseSchedulerOptions(type, options, path) };
}

/** Checked options of one built-in scheduler type. @throws ConfigError with every problem found. */
export function parseSchedulerOptions(
  type: string,
  options: unknown,
  path: ConfigPath = [type],
): Record<string, unknown> {
  const schema = OPTION_SCHEMAS.get(type);
  const found = SCHEDULER_TYPES.get(type);
  if (schema === undefined || found === undefined) throw new Error(`internal: no schema for scheduler type ${type}`);
  const parsed = check(schema, copyPlain(options, path), path) as Record<string, unknown>;
  const fault = RELATIONS.find(({ kind, broken }) => (kind === undefined || kind === found.kind) && broken(parsed));
  if (fault === undefined) return parsed;
  const { field, allowed } = fault;
  const at = [...path, field];
  if (!isGiven(parsed[field])) throw new ConfigError([{ code: 'missing', path: at, allowed }]);
  throw new ConfigError([{ code: 'invalid_value', path: at, found: describeValue(parsed[field]), allowed }]);
}

type Options = Readonly<Record<string, unknown>>;
interface Relation {
  readonly kind?: ScheduleKind;
  readonly field: string;
  readonly allowed: string;
  readonly broken: (options: Options) => boolean;
}

const isGiven = (value: unknown) => value !== undefined && value !== null;
const bothMinima = ({ eta_min, eta_min_ratio }: Options) => isGiven(eta_min) && isGiven(eta_min_ratio);
const length = (value: unknown) => (Array.isArray(value) ? value.length : 0);

/** What must hold between two fields. */
const RELATIONS: readonly Relation[] = [
  { field: 'end', allowed: 'a step after begin', broken: (o) => Number(o.end) <= Number(o.begin) },
  {
    field: 'convert_to_iter_based',
    allowed: 'true only beside by_epoch: true',
    broken: (o) => o.convert_to_iter_based === true && o.by_epoch === false,
  },
  {
    kind: 'Constant',
    field: 'factor',
    allowed: 'a number above 0 where the schedule ends, as the value is then divided by it',
    broken: (o) => o.factor === 0 && o.end !== NEVER,
  },
  {
    kind: 'AnyConstant',
    field: 'factor',
    allowed: 'a number other than 0 where the schedule ends, as the value is then divided by it',
    broken: (o) => o.factor === 0 && o.end !== NEVER,
  },
  {
    kind: 'QuadraticWarmup',
    field: 'end',
    allowed: 'the step at which the warm-up ends, or the length of the run (maxEpochs, maxIters)',
    broken: (o) => Number(o.end) >= NEVER,
  },
  { kind: 'CosineAnnealing', field: 'eta_min_ratio', allowed: 'one of eta_min and eta_min_ratio', broken: bothMinima },
  {
    kind: 'CosineAnnealingDecay',
    field: 'eta_min_ratio',
    allowed: 'one of eta_min and eta_min_ratio',
    broken: bothMinima,
  },
  { kind: 'CosineRestart', field: 'eta_min_ratio', allowed: 'one of eta_min and eta_min_ratio', broken: bothMinima },
  {
    kind: 'CosineRestart',
    field: 'restart_weights',
    allowed: 'as many weights as periods',
    broken: (o) => length(o.restart_weights) !== length(o.periods),
  },
  {
    kind: 'OneCycle',
    field: 'total_steps',
    allowed: 'a whole number, or epochs together with steps_per_epoch',
    broken: (o) => !isGiven(o.total_steps) && !(isGiven(o.epochs) && isGiven(o.steps_per_epoch)),
  },
  {
    kind: 'OneCycle',
    field: 'param_name',
    allowed: '"lr"',
    broken: (o) => isGiven(o.param_name) && o.param_name !== 'lr',
  },
  {
    kind: 'ReduceOnPlateau',
    field: 'by_epoch',
    allowed: 'true: metrics come once an epoch',
    broken: (o) => o.by_epoch === false,
  },
  {
    kind: 'ReduceOnPlateau',
    field: 'convert_to_iter_based',
    allowed: 'false: metrics come once an epoch',
    broken: (o) => o.convert_to_iter_based === true,
  },
];
