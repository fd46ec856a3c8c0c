/** Plan → parameter groups: one a parameter, one for all, or one for each distinct set of settings. */
import { isMapping } from '../config/check.ts';
import type { ParamGroup } from '../groups.ts';
import type { ParamView } from '../model/model.ts';
import type { ParamPlan, PlannedParam } from './param-plan.ts';

/** The groups that an optimizer is built with. Each carries the paths of its parameters in `paramNames`. */
export function paramGroupsOf(plan: ParamPlan): ParamGroup[] {
  return gatherGroups(plan, plan.groups.map(groupOf));
}

export function groupOf({ path, param, options }: PlannedParam): ParamGroup {
  return { ...options, params: [param], paramNames: [path] };
}

/** The plan's groups, or those that a constructor made of them, as one, merged, or as they are. */
export function gatherGroups(plan: ParamPlan, groups: readonly ParamGroup[]): ParamGroup[] {
  if (plan.singleGroup) return [{ params: paramsOf(groups), ...namesOf(groups) }];
  return plan.mergeGroups ? mergeEqual(plan, groups) : [...groups];
}

/**
 * Groups with equal settings as one, in the order in which each set of settings is first met.
 *
 * Settings are compared, and written out, as they take effect: with the optimizer's `lr` and `weight_decay` where a
 * group has none, and without the multipliers that led to them. Each has a name of its own, what decided about it.
 */
function mergeEqual({ base, groups: planned }: ParamPlan, groups: readonly ParamGroup[]): ParamGroup[] {
  const deciders = new Map(planned.map(({ param, decidedBy }) => [param, decidedBy.join(', ') || 'default']));
  const bundles = new Map<string, { settings: Record<string, unknown>; members: ParamGroup[] }>();
  const idOf = settingsIds();
  for (const group of groups) {
    const settings = effectiveSettings(base, group);
    const id = idOf(settings);
    const bundle = bundles.get(id) ?? { settings, members: [] };
    bundles.set(id, bundle);
    bundle.members.push(group);
  }
  const taken = new Set<string>();
  return [...bundles.values()].map(({ settings, members }) => {
    const params = paramsOf(members);
    const name = distinctName(String(settings.name ?? nameOf(params, deciders)), taken);
    return { ...settings, params, ...namesOf(members), name };
  });
}

const paramsOf = (groups: readonly ParamGroup[]) => groups.flatMap(({ params }) => params);

/** Names of all, or none: a subclass may append groups without. */
function namesOf(groups: readonly ParamGroup[]): Pick<ParamGroup, 'paramNames'> {
  if (groups.some(({ params, paramNames }) => paramNames?.length !== params.length)) return {};
  return { paramNames: groups.flatMap(({ paramNames }) => paramNames ?? []) };
}

function effectiveSettings(base: ParamPlan['base'], group: ParamGroup): Record<string, unknown> {
  const { params: _, paramNames: __, lr_mult: ___, decay_mult: ____, ...settings } = group;
  const all = { lr: base.lr, weight_decay: base.weight_decay, ...settings };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function nameOf(params: readonly ParamView[], deciders: ReadonlyMap<ParamView, string>): string {
  return [...new Set(params.map((param) => deciders.get(param) ?? 'default'))].join(' + ');
}

function distinctName(name: string, taken: Set<string>): string {
  let distinct = name;
  for (let number = 2; taken.has(distinct); number++) distinct = `${name} (${number})`;
  taken.add(distinct);
  return distinct;
}

/** Equal settings have equal ids. What is no plain data, a function or a `Map` say, is equal to itself alone. */
function settingsIds(): (settings: Readonly<Record<string, unknown>>) => string {
  const objects = new Map<unknown, number>();
  const idOf = (value: unknown) => {
    objects.set(value, objects.get(value) ?? objects.size);
    return objects.get(value);
  };
  const show = (value: unknown): unknown => {
    if (typeof value === 'number' && !Number.isFinite(value)) return { unshown: String(value) };
    return isPlain(value) ? value : { unshown: idOf(value) };
  };
  return (settings) =>
    JSON.stringify(
      Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)),
      // Its value is what `toJSON` made of the entry.
      function (this: Readonly<Record<string, unknown>>, key) {
        return show(this[key]);
      },
    );
}

function isPlain(value: unknown): boolean {
  return value === null || /^(string|number|boolean)$/.test(typeof value) || Array.isArray(value) || isMapping(value);
}
