/** What a schedule will do, without doing it. */
import type { GroupSettings } from '../groups.ts';
import { type BuildSchedulerOptions, buildParamScheduler, resolveSchedules } from './build.ts';
import { checkRunOptions, mixedNeed, previewNeed, requireEpochLength } from './run-length.ts';
import { fieldOf, type Schedulable } from './schedulable.ts';
import { type Metrics, type ParamScheduler, PlateauScheduler } from './scheduler.ts';

/**
 * `epochLength`: with it a step is an iteration, and schedules by epoch move every so many steps; without it every schedule
 * moves at every step · `maxEpochs` and `maxIters`: the length of the run, which a schedule without an `end` takes ·
 * `onWarning`: called with each warning of a schedule.
 */
export interface PreviewOptions extends BuildSchedulerOptions {
  /** Metrics for plateau schedules, `metrics[k]` at step k + 1. Default: none. */
  readonly metrics?: readonly Metrics[];
  /** Settings of the optimizer's, which tell whether momentum is `momentum` or the first of `betas`. Default: the first group. */
  readonly defaults?: Readonly<GroupSettings>;
}

/**
 * The scheduled settings of every group after 0, 1, … `steps` steps: `result[k][group]` holds one number for each
 * setting that the config schedules, by its name. A step is taken as a `ScheduleDriver` takes it: schedules by iteration
 * first, then those by epoch, then those on a plateau by the metrics of the step.
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
  given: PreviewOptions = {},
): Record<string, number>[][] {
  checkRunOptions('previewSchedule', given, ['metrics', 'defaults']);
  const { metrics = [], defaults, ...options } = given;
  const { epochLength } = options;
  requireEpochLength(previewNeed(resolveSchedules(config, options, options.registry)), options);
  const paramGroups = groups.map((group) => ({ ...group }));
  const optimizer = defaults === undefined ? { paramGroups } : { paramGroups, defaults };
  const schedulers = buildParamScheduler(optimizer, config, options);
  requireEpochLength(mixedNeed(schedulers.map(({ byEpoch }) => byEpoch)), options);
  const result = [snapshot(schedulers, optimizer)];
  for (let step = 1; step <= steps; step++) {
    const isEpochEnd = epochLength === undefined || step % epochLength === 0;
    stepAll(schedulers, isEpochEnd, metrics[step - 1]);
    result.push(snapshot(schedulers, optimizer));
  }
  return result;
}

/** One step in the order of a `ScheduleDriver`: schedules by iteration, those by epoch, then the judgement of an evaluation. */
function stepAll(schedulers: readonly ParamScheduler[], isEpochEnd: boolean, metrics: Metrics | undefined): void {
  for (const scheduler of schedulers) if (!scheduler.byEpoch) scheduler.step();
  for (const scheduler of schedulers) if (scheduler.byEpoch && isEpochEnd) scheduler.step();
  if (metrics === undefined) return;
  for (const scheduler of schedulers) {
    if (scheduler instanceof PlateauScheduler && (isEpochEnd || !scheduler.byEpoch)) scheduler.step(metrics);
  }
}

function snapshot(schedulers: readonly ParamScheduler[], optimizer: Schedulable): Record<string, number>[] {
  const fields = [...new Set(schedulers.map(({ paramName }) => paramName))].map((name) => fieldOf(name, optimizer));
  return optimizer.paramGroups.map((group) =>
    Object.fromEntries(fields.map(({ name, read }) => [name, Number(read(group))])),
  );
}
