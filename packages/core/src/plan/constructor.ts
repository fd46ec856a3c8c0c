/** Config → plan → parameter groups → optimizer → wrapper. */
import { isMapping } from '../config/check.ts';
import {
  namesConstructor,
  type OptimizerConfig,
  type OptimWrapperConfig,
  parseOptimWrapper,
} from '../config/config.ts';
import {
  type LayerDecayConfig,
  type ParamwiseConfig,
  parseLayerDecay,
  parseParamwise,
} from '../config/paramwise-config.ts';
import { parseLeniently } from '../config/slips.ts';
import type { OptimWrapperLike, ParamGroup } from '../groups.ts';
import { childModules, type ModuleView } from '../model/model.ts';
import { unwrapModel } from '../model/unwrap.ts';
import { OPTIM_WRAPPERS, OPTIMIZERS, type TypedConfig } from '../registry.ts';
import { listSome } from '../text.ts';
import { GroupRun } from './group-run.ts';
import { gatherGroups, paramGroupsOf } from './merge.ts';
import type { EngineRegistries, UnknownNames } from './names.ts';
import type { ParamPlan } from './param-plan.ts';
import { planModel } from './plan.ts';
import { makePolicy, type Policy, type PolicyExtras, policyFor } from './policy.ts';
import { checkConfig, checkPlan, refuseDuplicates, refuseEmpty } from './refusals.ts';

/** What a factory of `OPTIM_WRAPPER_CONSTRUCTORS` receives. */
export interface ConstructorBuildConfig extends TypedConfig {
  readonly optim_wrapper_cfg: unknown;
  readonly paramwise_cfg: unknown;
}

export interface BuildOptions {
  /** Called with each warning: those of the plan before anything is built. Nothing is printed. */
  readonly onWarning?: (warning: string) => void;
  /** What names in the config stand for. Default: the public registries, such as `OPTIMIZERS`. */
  readonly registries?: EngineRegistries;
}

export interface PrepareOptions {
  /** What names in the config stand for. Default: the public registries, such as `OPTIMIZERS`. */
  readonly registries?: EngineRegistries;
  /** What becomes of names that nothing is known of. Default `refuse`; `warn`, as they may be registered elsewhere. */
  readonly unknown?: UnknownNames;
  /** `any` where the model stands for others, so that no parameter is refused for its shape. Default `real`. */
  readonly shapes?: 'real' | 'any';
}

/** All that building needs. Nothing is built yet, and nothing about the config is left to be refused. */
export interface Prepared {
  /** The checked `optim_wrapper`. */
  readonly config: OptimWrapperConfig;
  readonly plan: ParamPlan;
  /** What the optimizer will be given. */
  readonly groups: ParamGroup[];
  /** What is said of names that nothing is known of; it stands among the plan's warnings too. */
  readonly unknownNames: readonly string[];
}

/** Anything that makes an optimizer wrapper for a model. */
export interface OptimWrapperConstructor {
  build(model: ModuleView, options?: BuildOptions): OptimWrapperLike;
  /** What would be built, where the constructor can tell. */
  prepare?(model: ModuleView, options?: PrepareOptions): Prepared;
}

/** What a constructor of another library makes of its config before the rules decide. */
export interface Adapted {
  /** As it is built. */
  readonly optimizer: OptimizerConfig;
  /** What the rules read. */
  readonly paramwise: ParamwiseConfig | LayerDecayConfig;
  readonly extras?: PolicyExtras;
  readonly warnings?: readonly string[];
}

/** A checked config, and its `paramwise_cfg` as it was given. */
export interface ToAdapt {
  readonly optimizer: OptimizerConfig;
  readonly paramwise: ParamwiseConfig | LayerDecayConfig;
  readonly given: unknown;
}

/** What names stand for where no registries are handed in. */
export const PUBLIC: EngineRegistries = { optimizers: OPTIMIZERS, wrappers: OPTIM_WRAPPERS };

const plans = new WeakMap<object, ParamPlan>();

/** The plan that an optimizer wrapper was built from; `undefined` for one that was not built from a plan. */
export function planOf(optimWrapper: object): ParamPlan | undefined {
  return plans.get(optimWrapper);
}

/**
 * Makes groups by the param-wise rules and builds optimizer and wrapper from them.
 *
 * A subclass writes its own policy by overriding `addParams`; what that appends is what is built. Parameters may have any
 * shape; `flat_decay_mult` is for those of one dimension.
 *
 * Defaults: without `paramwise_cfg` all parameters make one group. A multiplier that is not given writes nothing, and the
 * group takes the optimizer's setting · `bypass_duplicate`, `merge_groups`, `strict` false · `custom_keys_mode` `replace`.
 *
 * Source: MMEngine's DefaultOptimWrapperConstructor.
 *
 * @throws ConfigError on construction when a config is refused.
 */
export class DefaultOptimWrapperConstructor implements OptimWrapperConstructor {
  /** Fields of `paramwise_cfg` that a subclass reads beside the known ones. */
  static readonly extraParamwiseFields: readonly string[] = [];
  /** Fields of custom keys that a subclass reads beside those of the algorithms. */
  static readonly extraKeyFields: readonly string[] = [];

  /** Checks `paramwise_cfg`. */
  protected static readonly parse: (config: unknown, extraFields: readonly string[]) => ParamwiseConfig =
    parseParamwise;

  /** What becomes of a config that only this constructor reads. Default: nothing. */
  protected static readonly adapt: (config: ToAdapt) => Adapted = ({ optimizer, paramwise }) => ({
    optimizer,
    paramwise,
  });

  /** The name in a config, where one is made without. */
  protected static readonly registeredAs: string = 'DefaultOptimWrapperConstructor';

  readonly optimWrapperCfg: OptimWrapperConfig;
  readonly optimizerCfg: OptimizerConfig;
  readonly paramwiseCfg: ParamwiseConfig;
  readonly #policy: Policy;
  readonly #warnings: readonly string[];
  readonly #runs = new WeakMap<readonly ParamGroup[], GroupRun>();

  /**
   * @param optimWrapperCfg `optim_wrapper` of a config. Its own `paramwise_cfg` holds where the next argument is `undefined`.
   */
  constructor(optimWrapperCfg: unknown, paramwiseCfg?: unknown) {
    const { extraParamwiseFields, parse, adapt, registeredAs } = new.target;
    const config = parseOptimWrapper(optimWrapperCfg, undefined, PUBLIC);
    const given = paramwiseCfg === undefined ? config.paramwise_cfg : paramwiseCfg;
    const read = parseLeniently(given, (each) => parse(each, extraParamwiseFields));
    const {
      optimizer,
      paramwise,
      extras,
      warnings = [],
    } = adapt({
      optimizer: config.optimizer,
      paramwise: read.config,
      given,
    });
    const maker = namesConstructor(optimWrapperCfg) ? config.constructor : registeredAs;
    this.optimWrapperCfg = { ...config, constructor: maker, optimizer };
    this.optimizerCfg = optimizer;
    this.paramwiseCfg = paramwise;
    this.#policy = makePolicy(config.optimizer, paramwise, { ...extras, built: optimizer });
    this.#warnings = [...read.warnings, ...warnings];
  }

  /** The optimizer's `lr`, which multipliers apply to. */
  get baseLr(): number | undefined {
    return this.#policy.baseLr;
  }

  /** The optimizer's `weight_decay`, which multipliers apply to. */
  get baseWeightDecay(): number | undefined {
    return this.#policy.baseDecay;
  }

  /**
   * Appends the groups of a module and all below it.
   *
   * With layer decay, a part of a model is numbered by its `prefix`.
   *
   * @param prefix path of the module; empty for the model itself.
   * @param isDcnModule whether its parent is a deformable convolution.
   */
  addParams(groups: ParamGroup[], module: ModuleView, prefix = '', isDcnModule = false): void {
    const run = this.#runs.get(groups) ?? new GroupRun(this.#policy, groups);
    this.#runs.set(groups, run);
    run.within({ module, prefix, isDcnModule }, () => {
      for (const child of childModules({ module, prefix })) {
        this.addParams(groups, child.module, child.prefix, child.isDcnModule);
      }
    });
  }

  /**
   * What would be built for this model, with reasons. Nothing is built.
   *
   * @throws ConfigError as `prepare`.
   */
  plan(model: ModuleView, options?: PrepareOptions): ParamPlan {
    return this.#prepare(model, options).plan;
  }

  /**
   * The plan and the groups that would be built for this model.
   *
   * @throws ConfigError for all that `build` refuses, but for what the plan shows: a parameter in two groups, and nothing to
   * train.
   */
  prepare(model: ModuleView, options?: PrepareOptions): Prepared {
    return this.#prepare(model, options);
  }

  /**
   * Builds the optimizer, then the wrapper, then switches off the gradients of what the config freezes.
   *
   * @throws ConfigError when a parameter is in two groups, when there is none to train, or when a type is not registered.
   */
  build(model: ModuleView, options: BuildOptions = {}): OptimWrapperLike {
    return buildPrepared(this.#prepare(model, options), options);
  }

  #prepare(model: ModuleView, { registries = PUBLIC, unknown, shapes }: PrepareOptions = {}): Prepared {
    const { extraKeyFields } = this.constructor as typeof DefaultOptimWrapperConstructor;
    const known = checkConfig(this.optimWrapperCfg, this.paramwiseCfg, { registries, unknown }, extraKeyFields);
    const { model: root, warnings } = unwrapModel(model);
    const { plan, groups } = this.#planned(root, [...known.warnings, ...this.#warnings, ...warnings]);
    checkPlan(plan, groups, known, shapes);
    return {
      config: this.optimWrapperCfg,
      plan,
      // Whoever only looks at a plan needs none.
      get groups() {
        return groups();
      },
      unknownNames: known.warnings,
    };
  }

  #planned(root: ModuleView, warnings: readonly string[]): { plan: ParamPlan; groups: () => ParamGroup[] } {
    if (this.addParams === DefaultOptimWrapperConstructor.prototype.addParams) {
      // The same visits without recursion, so that nesting is not bounded by the call stack.
      const plan = planModel(root, policyFor(this.#policy, root), warnings);
      return { plan, groups: once(() => paramGroupsOf(plan)) };
    }
    const groups: ParamGroup[] = [];
    const run = new GroupRun(this.#policy, groups, { root });
    this.#runs.set(groups, run);
    this.addParams(groups, root);
    const plan = run.finish(warnings, this.constructor.name);
    return { plan, groups: once(() => gatherGroups(plan, groups)) };
  }
}

/**
 * The rules of `DefaultOptimWrapperConstructor`, with a lower rate the nearer a layer is to the input.
 *
 * `paramwise_cfg` takes MMDetection's `decay_rate`, `decay_type` and `num_layers`, MMPretrain's `layer_decay_rate`, and all
 * that the default constructor takes. ViT, Swin and ConvNeXt are known by their parameters' names; `layer_of` numbers
 * anything else. Rates are as `layer-decay.ts` says, times the rate multiplier of a custom key or rule; a custom key that
 * gives an `lr` means that very rate. Decay follows the default constructor's rules and no hidden one: what MMDetection
 * exempts from decay unasked is `flat_decay_mult: 0` here, and the plan warns where no decay rule is set.
 *
 * Defaults: `decay_rate` is required (or `layer_decay_rate`) · `decay_type` `layer_wise` · `num_layers` counted in the model ·
 * `backbone` the child of that name, otherwise the whole model · else as the default constructor. Parameters may have any
 * shape.
 *
 * Source: Bao et al., "BEiT", 2021; MMDetection's LearningRateDecayOptimizerConstructor and MMPretrain's
 * LearningRateDecayOptimWrapperConstructor, names that work here too.
 *
 * @throws ConfigError from `build` and `plan` where the layers of the model cannot be numbered.
 */
export class LayerDecayOptimWrapperConstructor extends DefaultOptimWrapperConstructor {
  protected static override readonly parse: (config: unknown, extraFields: readonly string[]) => LayerDecayConfig =
    parseLayerDecay;
  protected static override readonly registeredAs: string = 'LayerDecayOptimWrapperConstructor';

  protected static override readonly adapt = ({ optimizer, paramwise, given }: ToAdapt): Adapted => {
    // So are the configs of MMPose written, and none of ours.
    const isLikeMmpose = isMapping(given) && 'layer_decay_rate' in given && 'num_layers' in given;
    return { optimizer, paramwise, warnings: isLikeMmpose ? [OF_MMPOSE] : [] };
  };
}

const OF_MMPOSE =
  'MMPose has a constructor named LayerDecayOptimWrapperConstructor too, which takes the decay of norms, biases and pos_embed away and reads no custom_keys: say mmpose.LayerDecayOptimWrapperConstructor for that one';

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** @throws ConfigError for what a plan shows and building refuses, and for a type that is not registered. */
export function buildPrepared(
  prepared: Prepared,
  { onWarning, registries = PUBLIC }: BuildOptions = {},
): OptimWrapperLike {
  refuseDuplicates(prepared.plan);
  refuseEmpty(prepared.plan);
  for (const warning of prepared.plan.warnings) onWarning?.(warning);
  return assemble(prepared, registries, onWarning);
}

function assemble(
  { config, plan, groups }: Prepared,
  { optimizers, wrappers }: EngineRegistries,
  onWarning: BuildOptions['onWarning'],
): OptimWrapperLike {
  const { optimizer: optimizerCfg, constructor: _, paramwise_cfg: __, ...wrapperCfg } = config;
  const optimizer = optimizers.build({ ...optimizerCfg, params: groups }, ['optim_wrapper', 'optimizer']);
  const wrapper = wrappers.build({ ...wrapperCfg, optimizer }, ['optim_wrapper']);
  freeze(plan, onWarning);
  plans.set(wrapper, plan);
  return wrapper;
}

/** Switches off the gradients of what the config freezes; what cannot be switched is told of. */
function freeze({ frozen }: ParamPlan, onWarning: BuildOptions['onWarning']): void {
  for (const { param } of frozen) param.requiresGrad_?.(false);
  const still = frozen.filter(({ param }) => param.requiresGrad).map(({ path }) => path);
  if (still.length === 0) return;
  onWarning?.(
    `frozen parameters are not trained but still get gradients, as the model cannot switch them off: ${listSome(still)}`,
  );
}
