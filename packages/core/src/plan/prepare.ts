/**
 * The one way from a config to groups. Building, planning and every command take it, so that what is shown is what is
 * built, and what building refuses is refused by all.
 */

import { isMapping } from '../config/check.ts';
import { type OptimWrapperConfig, parseOptimWrapper, withoutParamwise } from '../config/config.ts';
import { CONSTRUCTOR_NAMES } from '../config/constructor-names.ts';
import { ConfigError, nearestName } from '../config/errors.ts';
import { hasMembers, readMembers } from '../config/members.ts';
import { PARAMWISE_FIELDS } from '../config/paramwise-config.ts';
import type { ModuleView } from '../model/model.ts';
import { publicRegistries } from '../registries.ts';
import type { Registries } from '../registry.ts';
import {
  DefaultOptimWrapperConstructor,
  type OptimWrapperConstructor,
  type Prepared,
  type PrepareOptions,
} from './constructor.ts';
import { isMisspelt } from './names.ts';
import type { ParamPlan } from './param-plan.ts';

/** The constructor that a config names, made for it. The caller's config is read here, and nowhere after. */
export interface FoundConstructor {
  readonly config: OptimWrapperConfig;
  readonly maker: OptimWrapperConstructor;
  /** Its name, where it is not known and the default rules stand in for it. */
  readonly unknownConstructor?: string;
  readonly warnings: readonly string[];
}

/** How a config is prepared. */
export interface ConfigPrepareOptions extends Omit<PrepareOptions, 'registries'> {
  /** In place of the config's own `paramwise_cfg`. */
  readonly paramwise?: unknown;
}

/** What a config leads to. */
export interface PreparedConfig extends Prepared {
  /** The constructor that the config names, where it is not known and the default rules stand in for it. */
  readonly unknownConstructor?: string;
}

/**
 * Reads a config and prepares the groups of a model: plan, groups, and all that building would refuse.
 *
 * @param registries what the names in the config stand for.
 * @param options.unknown with `warn` a plan by the default rules takes the place of an unknown constructor's.
 * @throws ConfigError with the problems found; for a constructor that makes no plan.
 */
export function prepare(
  model: ModuleView,
  optimWrapperCfg: unknown,
  registries: Registries = publicRegistries,
  options: ConfigPrepareOptions = {},
): PreparedConfig {
  return prepareFound(model, findConstructor(optimWrapperCfg, registries, options), registries, options);
}

/** Prepares the groups of a model by a config that was read. @throws ConfigError as `prepare`. */
export function prepareFound(
  model: ModuleView,
  { config, maker, ...found }: FoundConstructor,
  registries: Registries,
  options: ConfigPrepareOptions,
): PreparedConfig {
  const prepared = maker.prepare?.(model, { ...options, registries });
  if (prepared === undefined) {
    const allowed = 'a constructor with a method prepare, which makes a plan without building';
    const found = JSON.stringify(config.constructor);
    throw new ConfigError([{ code: 'invalid_value', path: ['optim_wrapper', 'constructor'], found, allowed }]);
  }
  const { unknownConstructor } = found;
  if (unknownConstructor === undefined) return prepared;
  const plan = { ...prepared.plan, warnings: [...found.warnings, ...prepared.plan.warnings] };
  return { ...prepared, plan, unknownConstructor, unknownNames: [...found.warnings, ...prepared.unknownNames] };
}

/**
 * Decides how each parameter of a model is trained. Nothing is built and no argument is changed.
 *
 * Parameters come depth first, a module's own before its children's. A parameter that stands in two places comes twice,
 * and once in `duplicates`, unless `bypass_duplicate` is set. Without any param-wise setting every parameter, frozen
 * ones too, is in one group.
 *
 * @param optimWrapperCfg `optim_wrapper` of a config. Its own `paramwise_cfg` holds where the next argument is `undefined`.
 * Its `constructor` decides; one of the user's own is asked for what it would build.
 * @throws ConfigError when the config is refused, all problems of a stage at once: whatever building would refuse, but for
 * what the plan shows: a parameter in two groups, and nothing to train.
 */
export function planParamGroups(model: ModuleView, optimWrapperCfg: unknown, paramwiseCfg?: unknown): ParamPlan {
  return prepare(model, optimWrapperCfg, publicRegistries, { paramwise: paramwiseCfg }).plan;
}

/** @throws ConfigError for a config that is refused, or a constructor that is not registered. */
export function findConstructor(
  optimWrapperCfg: unknown,
  registries: Registries,
  { paramwise, unknown = 'refuse' }: ConfigPrepareOptions = {},
): FoundConstructor {
  refuseMembers(optimWrapperCfg);
  const { constructors } = registries;
  const config = parseOptimWrapper(optimWrapperCfg, undefined, registries);
  const paramwise_cfg = (paramwise === undefined ? config.paramwise_cfg : paramwise) ?? null;
  const optim_wrapper_cfg = withoutParamwise(config);
  const type = config.constructor;
  if (constructors.has(type)) {
    return { config, maker: constructors.build({ type, optim_wrapper_cfg, paramwise_cfg }), warnings: [] };
  }
  const names = constructors.names();
  if (unknown === 'refuse' || isMisspelt(type, names)) {
    const meant = nearestName(type, [...names, ...CONSTRUCTOR_NAMES]);
    const issue = {
      path: ['optim_wrapper', 'constructor'],
      what: constructors.what,
      found: type,
      allowed: names,
      meant,
    };
    throw new ConfigError([{ code: 'unknown_name', ...issue }]);
  }
  return { config, unknownConstructor: type, ...standIn(type, optim_wrapper_cfg, paramwise_cfg) };
}

/** @throws ConfigError for a config of several optimizers, where one is wanted. */
function refuseMembers(optimWrapperCfg: unknown): void {
  if (!hasMembers(optimWrapperCfg)) return;
  const names = readMembers(optimWrapperCfg).members.map(({ name }) => name);
  const found = `several optimizers (${names.join(', ')})`;
  const allowed = 'one, with an optimizer: for several, call buildOptimWrappers or planOptimWrappers';
  throw new ConfigError([{ code: 'invalid_value', path: ['optim_wrapper'], found, allowed }]);
}

/** The default rules in place of a constructor that is not known, without what only that one may read. */
function standIn(
  type: string,
  config: OptimWrapperConfig,
  paramwise: unknown,
): Pick<FoundConstructor, 'maker' | 'warnings'> {
  const warnings = [`planned by the default rules, constructor ${JSON.stringify(type)} is not known here`];
  if (!isMapping(paramwise)) return { maker: new DefaultOptimWrapperConstructor(config, paramwise), warnings };
  const fields = Object.keys(paramwise).filter((field) => !PARAMWISE_FIELDS.includes(field));
  if (fields.length > 0) {
    warnings.push(`left out of paramwise_cfg, as only that constructor may read it: ${fields.join(', ')}`);
  }
  const known = Object.entries(paramwise).filter(([field]) => !fields.includes(field));
  return { maker: new DefaultOptimWrapperConstructor(config, Object.fromEntries(known)), warnings };
}
