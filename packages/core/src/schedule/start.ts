/** The start of a schedule: what it begins from, worked out before anything is written. */
import type { CheckedScheduleOptions, SchedulerType } from '../config/scheduler-config.ts';
import type { GroupSettings } from '../groups.ts';
import { type Field, type Schedulable, scheduledGroups } from './schedulable.ts';
import { oneCycleBounds } from './schedule.ts';

export interface Start {
  /** The value of each group before any schedule. */
  readonly baseValues: number[];
  /** What is to be written into each group for those that come after, named as in PyTorch: `initial_lr`. */
  readonly settings: readonly GroupSettings[];
}

interface StartOptions {
  readonly last_step: number;
}

/** @throws TypeError or RangeError for groups that the schedule cannot act on; nothing has been changed. */
export function planStart(
  type: SchedulerType,
  optimizer: Schedulable,
  options: StartOptions,
  { name, read }: Pick<Field, 'name' | 'read'>,
): Start {
  const groups = scheduledGroups(optimizer);
  const bounds = cycleBounds(type, optimizer, options);
  const key = `initial_${name}`;
  const baseValues = groups.map((group, index) => {
    const current = read(group);
    if (typeof current !== 'number') {
      throw new TypeError(
        `${type.name}: group ${index} has no number under "${name}"; it has ${Object.keys(group).join(', ')}`,
      );
    }
    const initial = bounds[index]?.[key] ?? group[key] ?? (options.last_step === -1 ? current : undefined);
    if (typeof initial === 'number') return initial;
    throw new TypeError(
      `${type.name}: last_step ${options.last_step} resumes a schedule, and group ${index} has no "${key}"; load the optimizer's state first`,
    );
  });
  return { baseValues, settings: baseValues.map((value, index) => ({ [key]: value, ...bounds[index] })) };
}

/** A cycle sets the values it goes between, whatever the groups had; their names are those of PyTorch's OneCycleLR. */
function cycleBounds({ name, kind }: SchedulerType, optimizer: Schedulable, options: StartOptions): GroupSettings[] {
  if (kind !== 'OneCycle' || options.last_step !== -1) return [];
  const cycle = options as CheckedScheduleOptions<'OneCycle'>;
  checkPerGroup(name, 'eta_max', cycle.eta_max, optimizer);
  return scheduledGroups(optimizer).map((_, index) => {
    const { initial, max, min } = oneCycleBounds(cycle, index);
    return { initial_lr: initial, max_lr: max, min_lr: min };
  });
}

/** @throws RangeError for a list of another length than the groups'. */
export function checkPerGroup(
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
