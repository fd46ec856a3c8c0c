/** What a schedule will do, without doing it. */
import type { GroupSettings } from '../groups.ts';
import { type BuildSchedulerOptions, buildParamScheduler, resolveSchedules } from './build.ts';
import { previewNeed, requireEpochLength } from './run-length.ts';
import type { ParamScheduler } from './scheduler.ts';

/**
 * `epochLength`: with it a step is an iteration, and schedules by epoch move every so many steps; without it every schedule
 * moves at every step · `maxEpochs` and `maxIters`: the length of the run, which a schedule without an `end` takes ·
 * `onWarning`: called with each warning of a schedule.
 */
export interface PreviewOptions extends BuildSchedulerOptions {
  /** Metrics for plateau schedules, `metrics[k]` at step k + 1. Default: none. */
  readonly metrics?: readonly (number | Readonly<Record<string, number>>)[];
  /** What the optimizer's groups have without settings of their own, such as `betas`. Default: nothing. */
  readonly defaults?: Readonly<GroupSettings>;
}

/**
 * The scheduled settings of every group after 0, 1, … `steps` steps: `result[k][group]` holds one number for each
 * setting that the config schedules, by its name.
 *
 * @param config a `param_scheduler`, one mapping or a list.
 * @param groups settings of the groups; they are copied, not changed.
 * @throws ConfigError when the config is refused, or `epochLength` is missing: where schedules by epoch and by iteration are to
 * share one axis, or one is converted.
 */
export function previewSchedule(
  config: unknown,
  groups: readonly Readonly<GroupSettings>[],
  steps: number,
  { metrics = [], defaults = {}, ...options }: PreviewOptions = {},
): Record<string, number>[][] {
  const { epochLength } = options;
  requireEpochLength(previewNeed(resolveSchedules(config, options)), options);
  const paramGroups = groups.map((group) => ({ ...defaults, ...group }));
  const optimizer = Object.keys(defaults).length === 0 ? { paramGroups } : { paramGroups, defaults };
  const schedulers = buildParamScheduler(optimizer, config, options);
  const result = [snapshot(schedulers, paramGroups)];
  for (let step = 1; step <= steps; step++) {
    for (const scheduler of schedulers) {
      const isDue = epochLength === undefined || !scheduler.byEpoch || step % epochLength === 0;
      if (isDue) scheduler.step(metrics[step - 1]);
    }
    result.push(snapshot(schedulers, paramGroups));
  }
  return result;
}

function snapshot(schedulers: readonly ParamScheduler[], groups: readonly GroupSettings[]): Record<string, number>[] {
  return groups.map((group) => {
    const names = [...new Set(schedulers.map(({ paramName }) => paramName))];
    return Object.fromEntries(names.map((name) => [name, read(group, name)]));
  });
}

function read(group: GroupSettings, name: string): number {
  if (name === 'momentum' && !(name in group) && Array.isArray(group.betas)) return Number(group.betas[0]);
  return Number(group[name]);
}
