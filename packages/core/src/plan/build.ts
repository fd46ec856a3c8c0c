/** Config → constructor → wrapper, for one model or several. */
import { ConfigError, type Issue } from '../config/errors.ts';
import type { OptimWrapperLike } from '../groups.ts';
import type { ModuleView } from '../model/model.ts';
import { publicRegistries } from '../registries.ts';
import type { Registries } from '../registry.ts';
import type { BuildOptions } from './constructor.ts';
import { findConstructor } from './prepare.ts';
import { refuseDuplicates, refuseEmpty } from './refusals.ts';

/** How a config is built. */
export interface ConfigBuildOptions extends BuildOptions {
  /** What the names in the config stand for. Default: the public registries, such as `OPTIMIZERS`. */
  readonly registries?: Registries;
}

/**
 * Builds the optimizer wrapper that an `optim_wrapper` config describes: plan, groups, optimizer, wrapper.
 *
 * `planOf` gives the plan of the result. The config is not changed.
 *
 * @throws ConfigError when the config is refused.
 */
export function buildOptimWrapper<W extends OptimWrapperLike = OptimWrapperLike>(
  model: ModuleView,
  cfg: unknown,
  { registries = publicRegistries, ...options }: ConfigBuildOptions = {},
): W {
  // What the registered factory makes is for its user to know.
  return findConstructor(cfg, registries).maker.build(model, { registries, ...options }) as W;
}

/**
 * One optimizer wrapper for each of several models trained together, such as the generator and the discriminator of a GAN.
 *
 * Every config is checked before anything is built.
 *
 * @param models the models by name.
 * @param cfgs an `optim_wrapper` config for each of those names.
 * @throws ConfigError with the problems of all configs, each under `optim_wrapper.NAME`; for a name that only one of the two
 * has, too.
 */
export function buildOptimWrappers<W extends OptimWrapperLike = OptimWrapperLike>(
  models: Readonly<Record<string, ModuleView>>,
  cfgs: Readonly<Record<string, unknown>>,
  { registries = publicRegistries, ...options }: ConfigBuildOptions = {},
): Record<string, W> {
  const names = Object.keys(models);
  const issues: Issue[] = Object.keys(cfgs)
    .filter((name) => !names.includes(name))
    .map((name) => ({ code: 'unknown_field', path: ['optim_wrapper', name], allowed: names }));
  for (const name of names) {
    if (Object.hasOwn(cfgs, name)) continue;
    issues.push({ code: 'missing', path: ['optim_wrapper', name], allowed: 'a config for this model' });
  }
  const given = names.filter((name) => Object.hasOwn(cfgs, name));
  const makers = given.map((name) => collectIssues(name, issues, () => findConstructor(cfgs[name], registries).maker));
  if (issues.length > 0) throw new ConfigError(issues);
  for (const [index, name] of given.entries()) {
    collectIssues(name, issues, () => {
      const prepared = makers[index]!.prepare?.(models[name]!, { registries });
      if (prepared === undefined) return;
      refuseDuplicates(prepared.plan);
      refuseEmpty(prepared.plan);
    });
  }
  if (issues.length > 0) throw new ConfigError(issues);
  const wrappers = given.map((name, index) =>
    collectIssues(
      name,
      issues,
      () => [name, makers[index]!.build(models[name]!, { registries, ...options }) as W] as const,
    ),
  );
  if (issues.length > 0) throw new ConfigError(issues);
  return Object.fromEntries(wrappers.filter((entry) => entry !== undefined));
}

/** What `make` gives; where it refuses, nothing, and its issues are noted as those of the config of this name. */
function collectIssues<T>(name: string, issues: Issue[], make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const issue of error.issues) {
      const inner = issue.path[0] === 'optim_wrapper' ? issue.path.slice(1) : issue.path;
      issues.push({ ...issue, path: ['optim_wrapper', name, ...inner] });
    }
    return undefined;
  }
}
