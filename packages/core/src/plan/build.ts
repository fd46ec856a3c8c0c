/** Config → constructor → wrapper, for one model or several. */
import { parseOptimWrapper } from '../config/config.ts';
import { ConfigError, type Issue } from '../config/errors.ts';
import { LAYER_DECAY_NAMES } from '../config/paramwise-config.ts';
import type { OptimWrapperLike } from '../groups.ts';
import type { ModuleView } from '../model/model.ts';
import { Registry, type TypedConfig } from '../registry.ts';
import {
  type BuildOptions,
  DefaultOptimWrapperConstructor,
  LayerDecayOptimWrapperConstructor,
  type OptimWrapperConstructor,
} from './constructor.ts';

/** What a factory of `OPTIM_WRAPPER_CONSTRUCTORS` receives. */
export interface ConstructorBuildConfig extends TypedConfig {
  readonly optim_wrapper_cfg: unknown;
  readonly paramwise_cfg: unknown;
}

const layerDecay = (cfg: ConstructorBuildConfig) =>
  new LayerDecayOptimWrapperConstructor(cfg.optim_wrapper_cfg, cfg.paramwise_cfg);

/** Constructors by the `constructor` of `optim_wrapper`. */
export const OPTIM_WRAPPER_CONSTRUCTORS = new Registry<OptimWrapperConstructor, ConstructorBuildConfig>(
  'OPTIM_WRAPPER_CONSTRUCTORS',
  {
    what: 'optimizer wrapper constructor',
    entries: [
      [
        'DefaultOptimWrapperConstructor',
        (cfg) => new DefaultOptimWrapperConstructor(cfg.optim_wrapper_cfg, cfg.paramwise_cfg),
      ],
      ...LAYER_DECAY_NAMES.map((name) => [name, layerDecay] as const),
    ],
  },
);

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
  options: BuildOptions = {},
): W {
  // What the registered factory makes is for its user to know.
  return constructorOf(cfg).build(model, options) as W;
}

function constructorOf(cfg: unknown): OptimWrapperConstructor {
  const { constructor: type, paramwise_cfg, ...optim_wrapper_cfg } = parseOptimWrapper(cfg);
  const config = { type, optim_wrapper_cfg, paramwise_cfg: paramwise_cfg ?? null };
  if (OPTIM_WRAPPER_CONSTRUCTORS.has(type)) return OPTIM_WRAPPER_CONSTRUCTORS.build(config);
  const { what } = OPTIM_WRAPPER_CONSTRUCTORS;
  const issue = { path: ['optim_wrapper', 'constructor'], what, found: type };
  throw new ConfigError([{ code: 'unknown_name', ...issue, allowed: OPTIM_WRAPPER_CONSTRUCTORS.names() }]);
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
  options: BuildOptions = {},
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
  const makers = given.map((name) => collectIssues(name, issues, () => constructorOf(cfgs[name])));
  if (issues.length > 0) throw new ConfigError(issues);
  const wrappers = given.map((name, index) =>
    collectIssues(name, issues, () => [name, makers[index]!.build(models[name]!, options) as W] as const),
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
