/** A plan as rows: what takes effect for each parameter, for whoever shows a plan. */
import type { ParamGroup } from '../groups.ts';
import type { ParamView } from '../model/model.ts';
import { paramGroupsOf } from './merge.ts';
import type { ParamPlan, PlannedParam, SkippedParam } from './param-plan.ts';

/** A parameter with the settings that take effect. */
interface TrainedRow extends EffectiveSettings {
  readonly isTrained: true;
  readonly path: string;
  readonly param: ParamView;
  /** Names of the custom keys and rules that set something. */
  readonly decidedBy: readonly string[];
  readonly reasons: readonly string[];
}

/** A parameter that is left out. */
export interface LeftOutRow extends Pick<SkippedParam, 'path' | 'param' | 'first' | 'frozenBy'> {
  readonly isTrained: false;
  readonly reasons: readonly string[];
}

export type PlanRow = TrainedRow | LeftOutRow;

interface EffectiveSettings {
  /** The optimizer's where the group has none; `undefined` where that has none either. */
  readonly lr: unknown;
  readonly weightDecay: unknown;
  /** All else but the multipliers that led to the two. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** Every parameter: trained ones in the order of the plan, then those that are left out. */
export function planRows({ groups, skipped, base }: ParamPlan): PlanRow[] {
  return [
    ...groups.map((planned) => trainedRow(base, planned)),
    ...skipped.map(({ reason, ...entry }): LeftOutRow => ({ ...entry, isTrained: false, reasons: [reason] })),
  ];
}

function trainedRow(base: ParamPlan['base'], planned: PlannedParam): TrainedRow {
  const { path, param, options, decidedBy } = planned;
  return {
    isTrained: true,
    path,
    param,
    ...effectiveSettings(base, options),
    decidedBy,
    // Rendering them takes longer than all else, and a table needs none.
    get reasons() {
      return planned.reasons;
    },
  };
}

/** The settings of a group as they take effect. */
export function effectiveSettings(
  base: ParamPlan['base'],
  settings: Readonly<Record<string, unknown>>,
): EffectiveSettings {
  const {
    lr = base.lr,
    weight_decay: weightDecay = base.weight_decay,
    lr_mult: _,
    decay_mult: __,
    ...others
  } = settings;
  return { lr, weightDecay, others };
}

/** One group for each distinct set of settings, whether or not the plan merges its groups. */
export function effectiveGroups(plan: ParamPlan): ParamGroup[] {
  return paramGroupsOf({ ...plan, mergeGroups: true, singleGroup: false });
}
