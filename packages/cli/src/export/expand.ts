/**
 * A config with settings of our own → one that MMEngine's default constructor reads, with the same rate and decay for every
 * parameter.
 *
 * Where a config has none of our own settings it stays as it is. Otherwise the plan is written out as custom keys: one for
 * every module whose parameters are treated alike, the whole path where that would catch others. The result is planned
 * again and compared, parameter by parameter, before it is given out.
 */
import type { ModuleView, ParamPlan, SkippedParam } from '@paramwise/core';
import { LAYER_DECAY_NAMES, lastPart, prepare } from '@paramwise/core/internal';
import type { Planned } from '../planning.ts';
import { refuse } from '../refusal.ts';
import { modulePrefixKeys, searchedName } from './keys.ts';
import { plainSchedulers } from './schedulers.ts';

export interface PlainConfig {
  readonly optim_wrapper: Mapping;
  readonly param_scheduler: unknown;
  /** What is different, though rates and decays are not. */
  readonly notes: readonly string[];
}

type Mapping = Readonly<Record<string, unknown>>;

/** What a parameter's group holds; `undefined` is the optimizer's own. */
interface Target {
  readonly lr: number | undefined;
  readonly decay: number | undefined;
  readonly others: Mapping;
}

/** @throws Refusal where MMEngine cannot express the plan, or where the plan is not the constructor's own. */
export function plainConfig({ plan, model, config, optimizer, ...planned }: Planned): PlainConfig {
  const { on_non_finite, ...optim_wrapper } = Object(config.optim_wrapper) as Mapping;
  const { paramwise_cfg, constructor: _, ...given } = optim_wrapper;
  const { schedulers, notes: schedulerNotes } = plainSchedulers(config, frozenPaths(plan).length > 0);
  const notes = [...schedulerNotes, ...finiteNotes(on_non_finite)];
  if (isPlain(optim_wrapper)) {
    return { optim_wrapper, param_scheduler: schedulers, notes };
  }
  refuseUnknownConstructor(planned);
  refuseInexpressible(plan);
  // Without what only its constructor reads, under the name that MMEngine knows its class by.
  const { type, _scope_ } = Object(given.optimizer) as Mapping;
  const { weight_decay = optimizer.weight_decay } = plan.base;
  const decay = weight_decay === undefined ? {} : { weight_decay };
  const scope = _scope_ === undefined ? {} : { _scope_ };
  const wrapper = { ...given, optimizer: { ...optimizer, ...decay, type, ...scope } };
  const bypass = (Object(paramwise_cfg) as Mapping).bypass_duplicate;
  const rest = bypass === undefined || bypass === null ? {} : { bypass_duplicate: bypass };
  const custom_keys = matchingKeys(model, plan, (keys) => withKeys(wrapper, rest, keys));
  return {
    optim_wrapper: withKeys(wrapper, rest, custom_keys),
    param_scheduler: schedulers,
    notes: [...expansionNotes(plan, wrapper), ...notes],
  };
}

function withKeys(wrapper: Mapping, rest: Mapping, keys: ReadonlyMap<string, Mapping>): Mapping {
  const custom_keys = Object.fromEntries(keys);
  const paramwise = { ...rest, ...(keys.size > 0 && { custom_keys }) };
  return Object.keys(paramwise).length === 0 ? wrapper : { ...wrapper, paramwise_cfg: paramwise };
}

/** MMEngine takes every step, as `step` does. */
function finiteNotes(onNonFinite: unknown): string[] {
  if (onNonFinite === undefined || onNonFinite === 'step') return [];
  return [`on_non_finite: ${String(onNonFinite)} is left out: MMEngine steps with gradients that are not finite, too`];
}

const OWN_FIELDS = ['custom_keys_mode', 'custom_keys_match', 'matrix_algorithm', 'merge_groups', 'strict'];
const OWN_KEY_FIELDS = ['freeze', 'freeze_until', 'algorithm'];

/** Whether MMEngine reads it as it stands: with nothing of our own, for its default constructor or one of the user's. */
function isPlain(optimWrapper: unknown): boolean {
  const { paramwise_cfg, constructor: maker } = Object(optimWrapper) as Mapping;
  const paramwise = Object(paramwise_cfg) as Mapping;
  const keys = Object.values(Object(paramwise.custom_keys));
  const isOurs = OWN_FIELDS.some((field) => Object.hasOwn(paramwise, field));
  const hasOurs = keys.some((key) => OWN_KEY_FIELDS.some((field) => Object.hasOwn(Object(key), field)));
  // Every object inherits a property of this name.
  const isOurMaker = typeof maker === 'string' && LAYER_DECAY_NAMES.some((name) => name === lastPart(maker));
  return !isOurMaker && !isOurs && !hasOurs;
}

/** A plan by the default rules is not what a constructor that is not known here would do, so it is not written out. */
export function refuseUnknownConstructor({ unknownConstructor }: Pick<Planned, 'unknownConstructor'>): void {
  if (unknownConstructor === undefined) return;
  refuse(
    `optim_wrapper.constructor: ${unknownConstructor} is not known here, so its plan cannot be written out; remove settings that only Paramwise has, or the constructor`,
  );
}

/** Settings of a group that no argument of an optimizer stands for. */
export function refuseInexpressible(plan: ParamPlan): void {
  for (const field of ['algorithm', 'freeze_until']) {
    const found = plan.groups.filter(({ options }) => options[field] !== undefined);
    if (found.length === 0) continue;
    refuse(
      `${field} has no counterpart there: ${found.length} parameters have it (${found[0]!.path} is the first); remove it from the config`,
    );
  }
}

function frozenPaths({ skipped }: ParamPlan): string[] {
  // A constructor may leave out what nothing freezes.
  const isLeftOut = ({ first, frozenBy, param }: SkippedParam) =>
    frozenBy !== undefined || (first === undefined && param.requiresGrad);
  return skipped.filter(isLeftOut).map(({ path }) => path);
}

function expansionNotes(plan: ParamPlan, { clip_grad }: Mapping): string[] {
  const frozen = frozenPaths(plan).length;
  const notes = ['custom keys were written out for this model; write them again for another'];
  if (plan.mergeGroups) notes.push('groups are not merged: MMEngine makes one for each parameter');
  if (frozen === 0) return notes;
  const clipped = clip_grad === undefined || clip_grad === null ? '' : ' and count when gradients are clipped by norm';
  notes.push(
    `${frozen} frozen parameters have rate and decay 0 here: they keep their values, but still get gradients${clipped}`,
  );
  return notes;
}

function targetsOf(plan: ParamPlan): Map<string, Target> {
  const targets = new Map<string, Target>();
  for (const path of frozenPaths(plan))
    targets.set(path, { lr: 0, decay: plan.base.weight_decay === undefined ? undefined : 0, others: {} });
  for (const { path, options } of plan.groups) {
    const { lr = plan.base.lr, weight_decay = plan.base.weight_decay, lr_mult: _, decay_mult: __, ...others } = options;
    targets.set(path, { lr, decay: weight_decay, others });
  }
  return targets;
}

/** Keys that, planned again, give every parameter what it is to have. */
function matchingKeys(
  model: ModuleView,
  plan: ParamPlan,
  wrap: (keys: ReadonlyMap<string, Mapping>) => Mapping,
): ReadonlyMap<string, Mapping> {
  const targets = targetsOf(plan);
  const standard: Target = { lr: plan.base.lr, decay: plan.base.weight_decay, others: {} };
  const keys = new Map<string, Mapping>();
  for (const [key, target] of modulePrefixKeys(targets, standard, isSame)) keys.set(key, keySettings(target, plan));
  // A whole path decides about its own parameter, as no longer key can be in it; so this ends.
  for (
    let wrong = mismatches(model, wrap(keys), targets);
    wrong.length > 0;
    wrong = mismatches(model, wrap(keys), targets)
  ) {
    for (const path of wrong) {
      const key = searchedName(path);
      if (keys.has(key)) throw new Error(`internal: the key ${key} does not decide about its own parameter`);
      keys.set(key, keySettings(targets.get(path)!, plan));
    }
  }
  return keys;
}

function mismatches(model: ModuleView, optimWrapper: Mapping, targets: ReadonlyMap<string, Target>): string[] {
  const found = targetsOf(prepare(model, optimWrapper, undefined, { unknown: 'warn' }).plan);
  return [...targets].filter(([path, target]) => !isSame(found.get(path) ?? target, target)).map(([path]) => path);
}

const RELATIVE = 1e-12;

function isSame(a: Target, b: Target): boolean {
  return isNear(a.lr, b.lr) && isNear(a.decay, b.decay) && JSON.stringify(a.others) === JSON.stringify(b.others);
}

function isNear(a = Number.NaN, b = Number.NaN): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= RELATIVE * Math.abs(b);
}

function keySettings({ lr, decay, others }: Target, { base }: ParamPlan): Mapping {
  if (base.lr === undefined) {
    return refuse('optim_wrapper.optimizer.lr: missing; a custom key of MMEngine needs it');
  }
  return {
    ...factor('lr', 'lr_mult', lr, base.lr),
    ...factor('weight_decay', 'decay_mult', decay, base.weight_decay),
    ...others,
  };
}

/** As a multiplier where there is something to multiply. */
function factor(field: string, multiplier: string, value: number | undefined, base: number | undefined): Mapping {
  if (value === undefined || value === base) return {};
  if (base === undefined || base === 0) return { [field]: value };
  return { [multiplier]: Number((value / base).toPrecision(15)) };
}
