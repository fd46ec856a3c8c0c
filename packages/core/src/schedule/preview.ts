/** What a schedule will do, without doing it. */
import type { GroupSettings } from '../groups.ts';
import { buildParamScheduler } from './build.ts';
import type { ParamScheduler } from './scheduler.ts';

export interface PreviewOptions {
  /**
   * Iterations of an epoch. With it a step is an iteration, and schedules by epoch move every so many steps; without it
   * every schedule moves at every step.
   */
  readonly epochLength?: number;
  /** Metrics for plateau schedules, `metrics[k]` at step k + 1. */
  readonly metrics?: readonly (number | Readonly<Record<string, number>>)[];
}

/**
 * The scheduled settings of every group after 0, 1, … `steps` steps: `result[k][group]` holds one number for each
 * setting that the config schedules, by its name.
 *
 * @param config a `param_scheduler`, one mapping or a list.
 * @param groups settings of the groups; they are copied, not changed.
 * @throws ConfigError when the config is refused.
 */
export function previewSchedule(
  config: unknown,
  groups: readonly Readonly<GroupSettings>[],
  steps: number,
  { epochLength, metrics = [] }: PreviewOptions = {},
): Record<string, number>[][] {
  const paramGroups = groups.map((group) => ({ ...group }));
  const schedulers = buildParamScheduler({ paramGroups }, config, epochLength === undefined ? {} : { epochLength });
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
