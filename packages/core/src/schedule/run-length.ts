/** The length of a run: what MMEngine's runner fills in where a schedule leaves it open, and what cannot be without it. */
import { isMapping } from '../config/check.ts';
import { ConfigError, describeValue } from '../config/errors.ts';
import { type ParamSchedulerConfig, parseParamScheduler, SCHEDULER_TYPES } from '../config/scheduler-config.ts';
import { beginsLate } from './window-warnings.ts';

/** How long a run is. Iterations are optimizer updates where a `ScheduleDriver` counts these. */
export interface RunLength {
  /** Epochs of the run: the `end` of schedules by epoch that have none. Default: not known. */
  readonly maxEpochs?: number | undefined;
  /** Iterations of the run: the `end` of schedules by iteration that have none. Default: `maxEpochs` of `epochLength`. */
  readonly maxIters?: number | undefined;
  /** Iterations of an epoch; needed where a config says `convert_to_iter_based`. Default: not known. */
  readonly epochLength?: number | undefined;
}

/**
 * Checked schedules, each with an `end`: its own, or the run's.
 *
 * As in MMEngine's `Runner._build_param_scheduler`, with one difference: a run of iterations has `max_epochs` 1 there, here as
 * many epochs as its iterations make.
 *
 * @throws ConfigError when a schedule or a length is refused.
 */
export function readSchedules(config: unknown, run: RunLength, customTypes: readonly string[]): ParamSchedulerConfig[] {
  checkLengths(run);
  const filled = Array.isArray(config) ? config.map((each) => withEnd(each, run)) : withEnd(config, run);
  return parseParamScheduler(filled, customTypes);
}

/** The end of the run in the unit of a schedule; `undefined` where it is not known. */
export function runEnd(byEpoch: boolean, { maxEpochs, maxIters, epochLength }: RunLength): number | undefined {
  if (byEpoch) return maxEpochs ?? (maxIters && epochLength ? Math.ceil(maxIters / epochLength) : undefined);
  return maxIters ?? (maxEpochs && epochLength ? maxEpochs * epochLength : undefined);
}

function withEnd(schedule: unknown, run: RunLength): unknown {
  if (!isMapping(schedule) || schedule.end !== undefined) return schedule;
  const end = runEnd(schedule.by_epoch !== false, run);
  // A value times zero has no way back, so such a schedule cannot end.
  if (end === undefined || beginsLate(schedule, end) || schedule.factor === 0) return schedule;
  return { ...schedule, end };
}

/** Why the length of an epoch has to be known to build these schedules; `undefined` where it has not. */
export function conversionNeed(schedules: readonly ParamSchedulerConfig[]): string | undefined {
  const converts = schedules.some(({ convert_to_iter_based }) => convert_to_iter_based === true);
  return converts ? 'convert_to_iter_based needs the iterations of an epoch' : undefined;
}

/** Why it has to be known to show them, on one axis. */
export function previewNeed(schedules: readonly ParamSchedulerConfig[]): string | undefined {
  // What a type of the user's counts is not known, unless its config says.
  const known = schedules.filter(({ type, by_epoch }) => SCHEDULER_TYPES.has(type) || by_epoch !== undefined);
  return conversionNeed(schedules) ?? mixedNeed(known.map(({ by_epoch }) => by_epoch !== false));
}

/** Why it has to be known for schedules of these units. */
export function mixedNeed(byEpoch: readonly boolean[]): string | undefined {
  const isMixed = new Set(byEpoch).size > 1;
  return isMixed ? 'schedules by epoch and by iteration need the iterations of an epoch' : undefined;
}

/** @throws ConfigError that names the option. */
export function requireEpochLength(need: string | undefined, { epochLength }: RunLength): void {
  if (need === undefined || epochLength !== undefined) return;
  throw new ConfigError([{ code: 'missing', path: ['epochLength'], allowed: `a whole number: ${need}` }]);
}

const OPTIONS: readonly string[] = ['maxEpochs', 'maxIters', 'epochLength', 'onWarning', 'registry'];

/** @throws ConfigError for options that are no object, and for one that there is not: a length would be missing without a word. */
export function checkRunOptions(where: string, options: unknown, more: readonly string[] = []): void {
  const allowed = [...OPTIONS, ...more];
  if (!isMapping(options)) {
    const found = describeValue(options);
    throw new ConfigError([{ code: 'invalid_value', path: [where], found, allowed: `options: ${allowed.join(', ')}` }]);
  }
  const unknown = Object.keys(options).filter((name) => !allowed.includes(name));
  if (unknown.length === 0) return;
  throw new ConfigError(unknown.map((name) => ({ code: 'unknown_field', path: [where, name], allowed })));
}

function checkLengths(run: RunLength): void {
  const allowed = 'a whole number from 1 up';
  for (const name of ['maxEpochs', 'maxIters', 'epochLength'] as const) {
    const value = run[name];
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw new ConfigError([{ code: 'invalid_value', path: [name], found: describeValue(value), allowed }]);
  }
}
