/** The distinct groups whose schedule is worth a curve: those of a plan, or what the config alone tells of. */
import { type GroupSettings, type ParamPlan, readModel } from '@paramwise/core';
import {
  effectiveGroups,
  findAlgorithmInfo,
  groupDefaults,
  prepare,
  resolveSchedules,
  scheduledFields,
} from '@paramwise/core/internal';
import type { ConfigFile } from './config/load.ts';
import { reasonOf, refuse } from './refusal.ts';

export interface ScheduledGroup {
  readonly name: string;
  /** Starting values, with the defaults of the algorithm that steps the group. */
  readonly settings: GroupSettings;
}

/** Groups of the plan that differ in rate, momentum or a scheduled field, each named by what decided. */
export function plannedGroups(plan: ParamPlan, config: ConfigFile): ScheduledGroup[] {
  const merged = effectiveGroups(plan);
  const groups = merged.map(({ params: _, paramNames: __, name, ...settings }) => ({
    name: name === undefined || name === 'default' ? 'optimizer' : name,
    settings: { ...startOf(config, settings.algorithm), ...settings },
  }));
  return distinct(groups, ['lr', 'momentum', 'betas', ...fieldsOf(config)]);
}

export interface ConfiguredGroups {
  readonly groups: readonly ScheduledGroup[];
  /** About names in the config that nothing is known of. */
  readonly warnings: readonly string[];
}

/**
 * Groups that a config has without a model: the optimizer's settings and those of each custom key and rate rule.
 *
 * They are planned on a model that has one parameter for each.
 */
export function configuredGroups(config: ConfigFile): ConfiguredGroups {
  const { paramwise_cfg, constructor: maker } = Object(config.optim_wrapper) as Record<string, unknown>;
  if (typeof maker === 'string' && maker !== 'DefaultOptimWrapperConstructor') {
    refuse(`the groups of ${maker} depend on the model; give it with --model`);
  }
  const keys = Object.keys(Object(Object(paramwise_cfg).custom_keys));
  const names = ['weight', 'bias', ...keys];
  const paramOf = (name: string, id: number) => {
    return { name, id, shape: name === 'weight' ? [2, 2] : [2], requires_grad: true };
  };
  const norm = { id: 1, types: ['_BatchNorm'], params: [paramOf('norm', names.length)], children: [] };
  // Norms have a decay of their own at most.
  const children = fieldsOf(config).includes('weight_decay') ? [['norm', norm]] : [];
  const root = { id: 0, types: ['Module'], params: names.map(paramOf), children };
  const model = readModel({ format: 'paramwise-model/1', name: 'config', root });
  const wrapper = withoutMatching(config.optim_wrapper);
  const { plan, unknownNames } = prepare(model, wrapper, undefined, { unknown: 'warn', shapes: 'any' });
  return { groups: plannedGroups(plan, config), warnings: unknownNames };
}

/** Without what tells how keys match the paths of a model: here each key has a parameter of its very name. */
function withoutMatching(wrapper: unknown): unknown {
  const { paramwise_cfg } = Object(wrapper) as Record<string, unknown>;
  const { strict, custom_keys_match } = Object(paramwise_cfg) as Record<string, unknown>;
  if (strict !== true && custom_keys_match !== 'path') return wrapper;
  const kept = Object.entries(Object(paramwise_cfg)).filter(([field, value]) => {
    // A value that is wrong is left to be refused.
    return !(field === 'strict' && value === true) && !(field === 'custom_keys_match' && value === 'path');
  });
  return { ...Object(wrapper), paramwise_cfg: Object.fromEntries(kept) };
}

/** Does a preview; a schedule that does not fit the groups is refused like a config that is wrong. */
export function fittingGroups<T>(preview: () => T): T {
  try {
    return preview();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return refuse(reasonOf(error), error);
    throw error;
  }
}

/** Settings of the optimizer: what the config gives, and the algorithm's defaults. None for an algorithm of the user's. */
export function optimizerSettings(config: ConfigFile): GroupSettings {
  return startOf(config, undefined);
}

/** Settings that a group has without any of its own. @param algorithm of the group, where it is another than the optimizer's. */
function startOf({ optim_wrapper }: ConfigFile, algorithm: unknown): GroupSettings {
  const { type, ...settings } = Object(Object(optim_wrapper).optimizer) as Record<string, unknown>;
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
  const info = findAlgorithmInfo(String(algorithm ?? type));
  if (algorithm === undefined || algorithm === type) return { ...info?.defaults, ...given };
  return info === undefined ? given : groupDefaults(info, given);
}

function fieldsOf({ param_scheduler }: ConfigFile): string[] {
  return scheduledFields(resolveSchedules(param_scheduler ?? []));
}

function distinct(groups: readonly ScheduledGroup[], fields: readonly string[]): ScheduledGroup[] {
  const seen = new Map<string, string[]>();
  const kept = groups.filter(({ name, settings }) => {
    const id = JSON.stringify(fields.map((field) => settings[field]));
    const names = seen.get(id);
    names?.push(name);
    if (names === undefined) seen.set(id, [name]);
    return names === undefined;
  });
  const names = [...seen.values()];
  return kept.map(({ settings }, index) => ({ settings, name: listed(names[index]!) }));
}

const MAX_NAMES = 3;

function listed(names: readonly string[]): string {
  const unique = [...new Set(names)];
  const more = unique.length > MAX_NAMES ? ` and ${unique.length - MAX_NAMES} more` : '';
  return unique.slice(0, MAX_NAMES).join(' + ') + more;
}
