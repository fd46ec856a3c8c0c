/** A plan as JSON. */
import type { ParamPlan, ParamView } from '@paramwise/core';
import type { PlannedConfig } from './planning.ts';

/** What `plan --json` prints. */
export interface PlanJson {
  /** One a parameter: `path`, `param` (its id in the model), and its options as they stand in a parameter group. */
  readonly groups: readonly ({ readonly path: string; readonly param: number } & Readonly<Record<string, unknown>>)[];
  readonly skipped: readonly {
    readonly path: string;
    readonly param: number;
    readonly reason: string;
    /** Where the parameter already has a group, if that is why. */
    readonly first?: string;
    /** The custom key that freezes it, if that is why. */
    readonly frozenBy?: string;
  }[];
  readonly warnings: readonly string[];
}

/** What `plan --json` prints for a config of several optimizers. */
export interface MembersPlanJson {
  /** By name. Paths are those in `module`, which is the path of what the member trains; empty for the model itself. */
  readonly members: Readonly<Record<string, PlanJson & { readonly module: string }>>;
  /** Of the model, and of the members together. */
  readonly warnings: readonly string[];
}

export function membersPlanJson({ members, warnings }: PlannedConfig): MembersPlanJson {
  const plans = members.map(({ name, module, plan }) => [name, { module, ...planJson(plan) }]);
  return { members: Object.fromEntries(plans), warnings };
}

/** The plan as data. A parameter of a model without ids gets its number in the order in which parameters are planned. */
export function planJson({ groups, skipped, warnings }: ParamPlan): PlanJson {
  const idOf = paramIds();
  return {
    groups: groups.map(({ path, param, options }) => ({ path, param: idOf(param), ...options })),
    skipped: skipped.map(({ param, ...entry }) => ({ ...entry, param: idOf(param) })),
    warnings,
  };
}

function paramIds(): (param: ParamView) => number {
  const numbers = new Map<ParamView, number>();
  return (param) => {
    if ('id' in param && typeof param.id === 'number') return param.id;
    const number = numbers.get(param) ?? numbers.size;
    numbers.set(param, number);
    return number;
  };
}
