/** The schedules of one optimizer, or of several under their names. */
import { ConfigError, type Issue } from '../config/errors.ts';
import { collectIssues, readMemberSchedules } from '../config/members.ts';
import { type BuildSchedulerOptions, buildParamScheduler as buildForOne, resolveSchedules } from './build.ts';
import { checkRunOptions } from './run-length.ts';
import { orUnchanged, type Schedulable, scheduledGroups } from './schedulable.ts';
import type { ParamScheduler } from './scheduler.ts';

/** Several of a kind under names: an `OptimWrapperDict`, or a `Map`. */
export interface Members<T> {
  entries(): Iterable<readonly [string, T]>;
}

/** The schedules of several optimizers by name. */
export type MemberSchedulers = Readonly<Record<string, readonly ParamScheduler[]>>;

/**
 * Builds the schedulers of a `param_scheduler` config, one mapping or a list, in its order.
 *
 * Of several optimizers each has schedulers of its own: by what the config says under its name, or all by the same schedule.
 *
 * @param optimizer an optimizer or an optimizer wrapper; its groups take their first values at once. Or several under names.
 * @returns a list; for several a list under each name
 * @throws ConfigError when the config is refused, or needs a length that is not given, or has no schedule for a member;
 * TypeError or RangeError where it does not fit the groups. Nothing has been changed then.
 */
export function buildParamScheduler(
  optimizer: Schedulable,
  cfg: unknown,
  options?: BuildSchedulerOptions,
): ParamScheduler[];
export function buildParamScheduler(
  optimizers: Members<Schedulable>,
  cfg: unknown,
  options?: BuildSchedulerOptions,
): Record<string, ParamScheduler[]>;
export function buildParamScheduler(
  optimizer: Schedulable | Members<Schedulable>,
  cfg: unknown,
  options: BuildSchedulerOptions = {},
): ParamScheduler[] | Record<string, ParamScheduler[]> {
  return isMembers(optimizer) ? buildForMembers(optimizer, cfg, options) : buildForOne(optimizer, cfg, options);
}

/** Whether there are several under names. */
export function isMembers<T extends object>(value: T | Members<T>): value is Members<T> {
  return typeof (value as Partial<Members<T>>)?.entries === 'function';
}

function buildForMembers(
  optimizers: Members<Schedulable>,
  cfg: unknown,
  options: BuildSchedulerOptions,
): Record<string, ParamScheduler[]> {
  checkRunOptions('buildParamScheduler', options);
  const { onWarning, ...run } = options;
  const members = [...optimizers.entries()];
  const names = members.map(([name]) => name);
  const schedules = readMemberSchedules(cfg, names);
  // What holds for all is refused once, where it stands.
  const asked = schedules.isMapping ? names : names.slice(0, 1);
  const issues: Issue[] = [];
  const asMember = <T>(name: string, work: () => T): T | undefined =>
    schedules.isMapping ? collectIssues(name, issues, work, 'param_scheduler') : work();
  for (const name of asked) asMember(name, () => resolveSchedules(schedules.byMember.get(name), run, run.registry));
  if (issues.length > 0) throw new ConfigError(issues);
  const groups = members.flatMap(([, optimizer]) => scheduledGroups(optimizer));
  return orUnchanged(groups, () => {
    const built = members.map(([name, optimizer]) => {
      const told = { ...run, onWarning: onWarning && ((warning: string) => onWarning(`${name}: ${warning}`)) };
      const build = () => buildForOne(optimizer, schedules.byMember.get(name), told);
      return [name, asMember(name, () => named(name, build)) ?? []] as const;
    });
    if (issues.length > 0) throw new ConfigError(issues);
    return Object.fromEntries(built);
  });
}

/** Does `work`; where it refuses groups, the error names the member. */
function named<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TypeError) throw new TypeError(`${name}: ${error.message}`, { cause: error });
    if (error instanceof RangeError) throw new RangeError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}
