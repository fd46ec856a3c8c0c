/** A `param_scheduler` → the curves of every distinct group. */
import { type PreviewOptions, previewSchedule } from '@paramwise/core';
import { type RunLength, resolveSchedules, runEnd } from '@paramwise/core/internal';
import type { ScheduledGroup } from '../schedule-groups.ts';
import { type Chart, thinSeries } from './charts.ts';
import { numberText } from './page/text.ts';

/** Scheduled settings of one group after 0, 1, … steps, by the name of the setting. */
export interface GroupCurves {
  /** Settings it begins with. */
  readonly name: string;
  /** What decided about the group. */
  readonly about: string;
  readonly values: Readonly<Record<string, readonly number[]>>;
}

export interface ScheduleRequest extends Omit<PreviewOptions, 'metrics'> {
  readonly groups: readonly ScheduledGroup[];
  /** `param_scheduler`, one mapping or a list. */
  readonly scheduler: unknown;
  /** Default: those of the run, or until the last schedule has ended where its length is not known. */
  readonly steps?: number | undefined;
}

/** @throws ConfigError when the schedule is refused. */
export function groupCurves({ groups, scheduler, steps, ...options }: ScheduleRequest): GroupCurves[] {
  const settings = groups.map((group) => group.settings);
  const count = steps ?? runSteps(scheduler, options) ?? stepsUntilEnd(scheduler, options);
  const preview = previewSchedule(scheduler, settings, count, options);
  const names = startingSettings(groups);
  return groups.map(({ name: about }, index) => {
    const curve = (setting: string) => preview.map((step) => step[index]![setting]!);
    const name = names[index]!;
    return {
      name,
      about,
      values: Object.fromEntries(Object.keys(preview[0]![index]!).map((key) => [key, curve(key)])),
    };
  });
}

/** `lr 0.1`, and the momentum where groups do not differ in the rate alone. */
function startingSettings(groups: readonly ScheduledGroup[]): string[] {
  const rates = groups.map(({ settings: { lr } }) => `lr ${typeof lr === 'number' ? numberText(lr) : 'default'}`);
  if (new Set(rates).size === rates.length) return rates;
  return groups.map(({ settings: { momentum, betas } }, index) => {
    const value = momentum ?? (Array.isArray(betas) ? betas[0] : undefined);
    return value === undefined ? rates[index]! : `${rates[index]}, momentum ${String(value)}`;
  });
}

const FALLBACK_STEPS = 100;
const NEVER = 1e9;

/** Steps of the whole run: iterations where an epoch has a length or schedules count them; `undefined` where not known. */
export function runSteps(scheduler: unknown, run: RunLength): number | undefined {
  const schedules = resolveSchedules(scheduler, run);
  if (schedules.length === 0) return runEnd(false, run) ?? runEnd(true, run);
  const byEpoch = schedules.some(({ by_epoch }) => by_epoch !== false);
  return runEnd(byEpoch && run.epochLength === undefined, run);
}

/** The step at which nothing moves any more, or 100 where that cannot be told. */
function stepsUntilEnd(scheduler: unknown, { epochLength }: RunLength): number {
  const ends = resolveSchedules(scheduler).map((one) => {
    const end = lastStep(one);
    return one.by_epoch === true && epochLength !== undefined ? end * epochLength : end;
  });
  const last = Math.max(0, ...ends.filter((end) => end > 0 && end < NEVER));
  return last === 0 ? FALLBACK_STEPS : Math.ceil(last);
}

function lastStep(config: Readonly<Record<string, unknown>>): number {
  const { begin, end, T_max, total_steps, milestones, periods } = config;
  const start = Number(begin ?? 0);
  if (typeof end === 'number' && end < NEVER) return end;
  if (typeof T_max === 'number') return start + T_max;
  if (typeof total_steps === 'number') return start + total_steps;
  if (Array.isArray(milestones)) return start + 1.25 * Math.max(0, ...milestones.map(Number));
  if (Array.isArray(periods)) return start + periods.reduce((sum: number, period) => sum + Number(period), 0);
  return 0;
}

const TITLES: Readonly<Record<string, string>> = {
  lr: 'Learning rate',
  momentum: 'Momentum',
  weight_decay: 'Weight decay',
};

/** One chart a scheduled setting, one series a group. */
export function scheduleCharts(curves: readonly GroupCurves[], xLabel = 'step'): Chart[] {
  const settings = [...new Set(curves.flatMap(({ values }) => Object.keys(values)))];
  return settings.map((setting) => ({
    section: 'schedule',
    title: TITLES[setting] ?? setting,
    xLabel,
    series: curves.flatMap(({ name, about, values }, colour) => {
      const y = values[setting]?.map((value) => (Number.isFinite(value) ? value : null));
      return y === undefined ? [] : [thinSeries({ name, about, colour, x: y.map((_, step) => step), y })];
    }),
  }));
}
