/** The way from a config of several optimizers to the groups of each: the way of one, taken by every member. */
import { ConfigError, type Issue } from '../config/errors.ts';
import { collectIssues, MEMBERS_CONSTRUCTOR, type MembersConfig, readMembers } from '../config/members.ts';
import { type ModuleView, walkDistinctParams } from '../model/model.ts';
import { isModuleView, unwrapModel } from '../model/unwrap.ts';
import { publicRegistries } from '../registries.ts';
import type { Registries } from '../registry.ts';
import { findPart, partWarnings, together } from './member-parts.ts';
import { isMisspelt, type UnknownNames } from './names.ts';
import type { ParamPlan } from './param-plan.ts';
import { type FoundConstructor, findConstructor, type PreparedConfig, prepareFound } from './prepare.ts';

/** One model whose modules are trained by several optimizers, or several models by name. */
export type ModelOrModels = ModuleView | Readonly<Record<string, ModuleView>>;

/** A member of a config, with what it trains and what makes its wrapper. */
interface FoundMember {
  readonly name: string;
  /** Its `optim_wrapper`, unchecked. */
  readonly optimWrapper: unknown;
  readonly model: ModuleView;
  /** Path of that model in the whole; empty where it is several modules of it. */
  readonly module: string;
  readonly found: FoundConstructor;
}

interface FoundMembers {
  readonly members: readonly FoundMember[];
  /** What is odd about the mapping or about what its members train. */
  readonly warnings: readonly string[];
}

/** A member, prepared as a config of its own would be. */
export interface PreparedMember
  extends PreparedConfig,
    Pick<FoundMember, 'name' | 'optimWrapper' | 'model' | 'module'> {}

interface PreparedMembers {
  readonly members: readonly PreparedMember[];
  readonly warnings: readonly string[];
  /** The constructor of the mapping, where it is not known and members stand for modules all the same. */
  readonly unknownConstructor: string | undefined;
}

/**
 * Prepares the groups of every member.
 *
 * @throws ConfigError with the problems of all members, as `prepare` with those of one.
 */
export function prepareMembers(
  models: ModelOrModels,
  cfg: unknown,
  registries: Registries = publicRegistries,
  { unknown = 'refuse' }: { readonly unknown?: UnknownNames } = {},
): PreparedMembers {
  const { members, warnings } = findMembers(models, cfg, registries, unknown);
  const issues: Issue[] = [];
  const prepared = members.flatMap(({ found, ...member }) => {
    const one = collectIssues(member.name, issues, () => prepareFound(member.model, found, registries, { unknown }));
    return one === undefined ? [] : [{ ...one, ...member }];
  });
  if (issues.length > 0) throw new ConfigError(issues);
  return { members: prepared, warnings, unknownConstructor: readMembers(cfg).otherConstructor };
}

/**
 * Decides how each parameter is trained, for every member of a config of several optimizers. Nothing is built.
 *
 * Paths are those in the module that a member trains, as keys and rules see them.
 *
 * @param models as for `buildOptimWrappers`.
 * @throws ConfigError with the problems of all members, each under `optim_wrapper.NAME`.
 */
export function planOptimWrappers(models: ModelOrModels, cfg: unknown): Record<string, ParamPlan> {
  return Object.fromEntries(prepareMembers(models, cfg).members.map(({ name, plan }) => [name, plan]));
}

/** @throws ConfigError with the problems of the mapping, of what members train, and of the form of their configs. */
export function findMembers(
  models: ModelOrModels,
  cfg: unknown,
  registries: Registries,
  unknown: UnknownNames = 'refuse',
): FoundMembers {
  const config = readMembers(cfg);
  const { root, warnings, issues } = isModuleView(models) ? ofModel(models, config) : ofModels(models, config);
  warnings.push(...constructorWarnings(config, registries, unknown, issues));
  const order = isModuleView(models) ? [] : Object.keys(models);
  // Models that are given by name keep their order.
  const ordered = [...config.members].sort((a, b) => order.indexOf(a.modules[0]!) - order.indexOf(b.modules[0]!));
  const members = ordered.flatMap(({ name, optimWrapper, modules }) => {
    const isKnown = isModuleView(models) || modules.every((module) => Object.hasOwn(models, module));
    const part = isKnown ? findPart(root, { name, optimWrapper, modules }, issues) : undefined;
    const found = collectIssues(name, issues, () => findConstructor(optimWrapper, registries, { unknown }));
    return part === undefined || found === undefined ? [] : [{ name, optimWrapper, ...part, found }];
  });
  if (issues.length > 0) throw new ConfigError(issues);
  const trained = members.map(({ name, model }) => ({ name, params: paramsOf(model) }));
  return { members, warnings: [...warnings, ...partWarnings(root, trained)] };
}

interface Start {
  readonly root: ModuleView;
  readonly warnings: string[];
  readonly issues: Issue[];
}

function ofModel(given: ModuleView, { issues }: MembersConfig): Start {
  const { model, warnings } = unwrapModel(given);
  return { root: model, warnings: [...warnings], issues: [...issues] };
}

/** Models by name: each has its member, and each member its model. */
function ofModels(models: Readonly<Record<string, ModuleView>>, { members, issues: ofConfig }: MembersConfig): Start {
  const names = Object.keys(models);
  const trained = members.flatMap(({ modules }) => modules);
  const issues: Issue[] = members
    .filter(({ modules }) => !modules.every((module) => names.includes(module)))
    .map(({ name }) => ({ code: 'unknown_field', path: ['optim_wrapper', name], allowed: names }));
  for (const name of names) {
    if (trained.includes(name)) continue;
    issues.push({ code: 'missing', path: ['optim_wrapper', name], allowed: 'a config for this model' });
  }
  return { root: together(Object.entries(models)), warnings: [], issues: [...issues, ...ofConfig] };
}

/** What a constructor that is not known would make of the members, it alone knows. */
function constructorWarnings(
  { otherConstructor, members }: MembersConfig,
  { constructors }: Registries,
  unknown: UnknownNames,
  issues: Issue[],
): string[] {
  if (otherConstructor === undefined) return [];
  const path = ['optim_wrapper', 'constructor'];
  const names = [MEMBERS_CONSTRUCTOR];
  if (constructors.has(otherConstructor)) {
    const found = JSON.stringify(otherConstructor);
    const allowed = `"${MEMBERS_CONSTRUCTOR}", or none: the constructor of a member stands in it, as in optim_wrapper.${members[0]?.name ?? 'NAME'}.constructor`;
    issues.push({ code: 'invalid_value', path, found, allowed });
    return [];
  }
  if (unknown === 'refuse' || isMisspelt(otherConstructor, names)) {
    issues.push({ code: 'unknown_name', path, what: constructors.what, found: otherConstructor, allowed: names });
    return [];
  }
  return [
    `each member is planned for the module of its name, constructor ${JSON.stringify(otherConstructor)} is not known here`,
  ];
}

const paramsOf = (model: ModuleView) => new Set([...walkDistinctParams(model)].map(([, param]) => param));
