/** Config → constructor → wrapper, for one optimizer or several. */
import { ConfigError, type Issue } from '../config/errors.ts';
import { collectIssues } from '../config/members.ts';
import type { OptimWrapperLike } from '../groups.ts';
import type { ModuleView } from '../model/model.ts';
import { publicRegistries } from '../registries.ts';
import type { Registries } from '../registry.ts';
import type { BuildOptions } from './constructor.ts';
import { findMembers, type ModelOrModels } from './members.ts';
import { findConstructor, prepareFound } from './prepare.ts';
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
 * Builds an optimizer wrapper for each member of a config of several optimizers, such as the generator and the discriminator
 * of a GAN.
 *
 * Every config is checked before anything is built. `planOf` gives the plan of each.
 *
 * @param models one model of which each member trains the module of its name, or those that its `modules` names; or the
 * models by name, with a member for each.
 * @param cfg the `optim_wrapper`: a mapping of members, each with what a config of one optimizer has.
 * @throws ConfigError with the problems of all members, each under `optim_wrapper.NAME`.
 */
export function buildOptimWrappers<W extends OptimWrapperLike = OptimWrapperLike>(
  models: ModelOrModels,
  cfg: unknown,
  { registries = publicRegistries, onWarning, ...options }: ConfigBuildOptions = {},
): Record<string, W> {
  const { members, warnings } = findMembers(models, cfg, registries);
  const issues: Issue[] = [];
  for (const { name, model, found } of members) {
    collectIssues(name, issues, () => {
      // What makes no plan is asked when it builds.
      if (found.maker.prepare === undefined) return;
      const { plan } = prepareFound(model, found, registries, {});
      refuseDuplicates(plan);
      refuseEmpty(plan);
    });
  }
  if (issues.length > 0) throw new ConfigError(issues);
  for (const warning of warnings) onWarning?.(warning);
  const wrappers = members.map(({ name, model, found }) => {
    const told = { onWarning: (warning: string) => onWarning?.(`${name}: ${warning}`) };
    const build = () => found.maker.build(model, { registries, ...options, ...told }) as W;
    return [name, collectIssues(name, issues, build)!] as const;
  });
  if (issues.length > 0) throw new ConfigError(issues);
  return Object.fromEntries(wrappers);
}
