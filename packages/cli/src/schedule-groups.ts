/** The distinct groups whose schedule is worth a curve: those of a plan, or what the config alone tells of. */
import { type GroupSettings, type ParamPlan, readModel } from '@paramwise/core';
import { effectiveGroups, prepare } from '@paramwise/core/internal';
import type { ConfigFile } from './config/load.ts';
import { reasonOf, refuse } from './refusal.ts';

export interface ScheduledGroup {
  readonly name: string;
  /** Starting values: `lr`, and `momentum` or `betas`. */
  readonly settings: GroupSettings;
}

/** What optimizers of PyTorch have where a config gives nothing. */
const DEFAULT_BETAS = [0.9, 0.999];
const BETAS_BY_TYPE = new Map([['Lion', [0.9, 0.99]]]);
const HAS_BETAS = /adam|lamb|lion/i;

/** Groups of the plan that differ in rate or momentum, each named by what decided. */
export function plannedGroups(plan: ParamPlan, config: ConfigFile): ScheduledGroup[] {
  const merged = effectiveGroups(plan);
  const defaults = optimizerSettings(config);
  return distinct(
    merged.map(({ params: _, paramNames: __, name, ...settings }) => ({
      name: name === undefined || name === 'default' ? 'optimizer' : name,
      settings: { ...defaults, ...settings },
    })),
  );
}

/**
 * Groups that a config has without a model: the optimizer's settings and those of each custom key and rate rule.
 *
 * They are planned on a model that has one parameter for each.
 */
export function configuredGroups(config: ConfigFile): ScheduledGroup[] {
  const { paramwise_cfg, constructor: maker } = Object(config.optim_wrapper) as Record<string, unknown>;
  if (typeof maker === 'string' && maker !== 'DefaultOptimWrapperConstructor') {
    refuse(`the groups of ${maker} depend on the model; give it with --model`);
  }
  const keys = Object.keys(Object(Object(paramwise_cfg).custom_keys));
  const names = ['weight', 'bias', ...keys];
  const params = names.map((name, id) => ({ name, id, shape: [2], requires_grad: true }));
  const root = { id: 0, types: ['Module'], params, children: [] };
  const model = readModel({ format: 'paramwise-model/1', name: 'config', root });
  const { plan } = prepare(model, config.optim_wrapper, undefined, { unknown: 'warn', shapes: 'any' });
  return plannedGroups(plan, config);
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

function optimizerSettings({ optim_wrapper }: ConfigFile): GroupSettings {
  const { type, ...settings } = Object(Object(optim_wrapper).optimizer) as Record<string, unknown>;
  const name = String(type);
  const momentum = HAS_BETAS.test(name) ? { betas: BETAS_BY_TYPE.get(name) ?? DEFAULT_BETAS } : { momentum: 0 };
  const given = Object.entries(settings).filter(([, value]) => value !== null);
  return { ...momentum, ...Object.fromEntries(given) };
}

function distinct(groups: readonly ScheduledGroup[]): ScheduledGroup[] {
  const seen = new Map<string, string[]>();
  const kept = groups.filter(({ name, settings }) => {
    const id = JSON.stringify([settings.lr, settings.momentum, settings.betas]);
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
