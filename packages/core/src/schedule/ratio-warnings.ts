/** Options of a schedule that undo what param-wise rules did: one value for groups that are to differ. */
import type { ScheduleKind } from '../config/scheduler-config.ts';
import { formatNumber } from '../text.ts';

interface Hazard {
  readonly field: string;
  readonly isFloor: boolean;
  readonly instead: string;
}

const HAZARDS: { readonly [K in ScheduleKind]?: Hazard } = {
  CosineAnnealing: { field: 'eta_min', isFloor: true, instead: 'give eta_min_ratio instead' },
  CosineRestart: { field: 'eta_min', isFloor: true, instead: 'give eta_min_ratio instead' },
  CosineAnnealingDecay: { field: 'eta_min', isFloor: true, instead: 'give eta_min_ratio instead' },
  PolyRatio: { field: 'eta_min', isFloor: true, instead: 'give eta_min_ratio instead' },
  Poly: { field: 'eta_min', isFloor: true, instead: 'leave eta_min at 0' },
  ReduceOnPlateau: { field: 'min_value', isFloor: true, instead: 'give min_value one number a group' },
  OneCycle: { field: 'eta_max', isFloor: false, instead: 'give eta_max one number a group' },
};

interface Scheduled {
  readonly typeName: string;
  readonly kind: ScheduleKind;
  readonly paramName: string;
}

/** @param values of each group before the schedule. A floor of zero keeps every ratio on the way down. */
export function ratioWarnings(
  { typeName, kind, paramName }: Scheduled,
  options: Readonly<Record<string, unknown>>,
  values: readonly number[],
): string[] {
  const hazard = HAZARDS[kind];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (hazard === undefined || !(low < high)) return [];
  const value = options[hazard.field];
  if (typeof value !== 'number' || (hazard.isFloor && value === 0)) return [];
  const what = hazard.isFloor ? 'is a floor for' : 'is the peak of';
  const range = `${formatNumber(low)} to ${formatNumber(high)}`;
  return [
    `${typeName}: ${hazard.field} ${formatNumber(value)} ${what} all groups, whose ${paramName} differ (${range}), and so breaks the ratio between them; ${hazard.instead}`,
  ];
}
