/** What a class of schedulers is: options checked, and converted from epochs to iterations where that is asked for. */
import { ConfigError, type ConfigPath, describeValue } from '../config/errors.ts';
import {
  NEVER,
  parseSchedulerOptions,
  SCHEDULER_TYPES,
  type ScheduleKind,
  type ScheduleOptions,
  type SchedulerType,
} from '../config/scheduler-config.ts';
import { formatNumber } from '../text.ts';
import type { Schedulable } from './schedulable.ts';
import { SCHEDULES } from './schedule.ts';
import { type AnyOptions, type Metrics, type ParamScheduler, PlateauScheduler, SteppedScheduler } from './scheduler.ts';

export type OptionsOf<K extends ScheduleKind, P extends string | null> = ScheduleOptions<K> &
  (P extends null ? { param_name: string } : unknown);

/**
 * A class of schedulers of one kind on one field.
 *
 * Options of all: `begin` 0 and `end` 1e9, the first step at which it acts and the first at which it no longer does · `by_epoch`
 * true: a step is an epoch, otherwise an iteration · `last_step` -1: where to resume without a state · `convert_to_iter_based`
 * false: whether options count epochs and steps iterations · `counts` `updates` (or `iterations`): what a `ScheduleDriver`
 * counts. All are chainable but OneCycle: several may act on one value, each in its window.
 */
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

/** The class of a name. */
export function schedulerClass<K extends ScheduleKind, P extends string | null>(
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
    const found = epoch_length === undefined ? 'none is given' : `found ${String(epoch_length)}`;
    throw new RangeError(`${name}: converting to iterations needs epoch_length, the iterations of an epoch; ${found}`);
  }
  const checked = parseSchedulerOptions(name, { ...rest, convert_to_iter_based: true });
  const counted: readonly string[] = kind === 'ReduceOnPlateau' ? [] : SCHEDULES[kind].counted;
  const times = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(times);
    return typeof value === 'number' ? Math.trunc(value * epoch_length) : value;
  };
  const end = checked.end === NEVER ? NEVER : times(checked.end);
  const scaled = Object.fromEntries(counted.map((field) => [field, times(checked[field])]));
  const window = { begin: times(checked.begin), end };
  refuseNoStep(name, checked, { ...scaled, ...window }, epoch_length);
  return { ...checked, ...scaled, ...window, by_epoch: false, convert_to_iter_based: false };
}

type Options = Readonly<Record<string, unknown>>;

/** @throws ConfigError for epochs that come to no iteration, in the words of the config. */
function refuseNoStep(name: string, epochs: Options, steps: Options, epochLength: number): void {
  const refuse = (path: ConfigPath, found: unknown, length: number): never => {
    const allowed = `a step or more: ${formatNumber(length)} epochs of ${epochLength} iterations are no step`;
    throw new ConfigError([{ code: 'invalid_value', path: [name, ...path], found: describeValue(found), allowed }]);
  };
  const { begin, end, periods } = epochs;
  if (Number(steps.end) <= Number(steps.begin)) refuse(['end'], end, Number(end) - Number(begin));
  if (steps.T_max === 0) refuse(['T_max'], epochs.T_max, Number(epochs.T_max));
  const empty = Array.isArray(steps.periods) ? steps.periods.indexOf(0) : -1;
  if (empty >= 0 && Array.isArray(periods)) refuse(['periods', empty], periods[empty], Number(periods[empty]));
}
