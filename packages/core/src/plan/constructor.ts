/** Plan → parameter groups → optimizer → wrapper. */
import { type OptimizerConfig, type OptimWrapperConfig, parseOptimWrapper } from '../config/config.ts';
import { ConfigError } from '../config/errors.ts';
import { type ParamwiseConfig, parseLayerDecay, parseParamwise } from '../config/paramwise-config.ts';
import type { OptimWrapperLike, ParamGroup } from '../groups.ts';
import { childModules, type ModuleView, type ParamView, walkModules } from '../model/model.ts';
import { unwrapModel } from '../model/unwrap.ts';
import { OPTIM_WRAPPERS, OPTIMIZERS } from '../registry.ts';
import { listSome } from '../text.ts';
import { gatherGroups, groupOf } from './merge.ts';
import type { ParamPlan, PlannedParam } from './param-plan.ts';
import { Planner, plannedToJson } from './plan.ts';
import { makePolicy, type Policy, policyFor } from './policy.ts';

export interface BuildOptions {
  /** Called with each warning: those of the plan before anything is built. Nothing is printed. */
  readonly onWarning?: (warning: string) => void;
}

/** Anything that makes an optimizer wrapper for a model. */
export interface OptimWrapperConstructor {
  build(model: ModuleView, options?: BuildOptions): OptimWrapperLike;
}

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

  /** Checks `paramwise_cfg`. */
  protected static readonly parse: (config: unknown, extraFields: readonly string[]) => ParamwiseConfig =
    parseParamwise;

  readonly optimWrapperCfg: OptimWrapperConfig;
  readonly optimizerCfg: OptimizerConfig;
  readonly paramwiseCfg: ParamwiseConfig;
  readonly #policy: Policy;
  readonly #runs = new WeakMap<readonly ParamGroup[], GroupRun>();

  /**
   * @param optimWrapperCfg `optim_wrapper` of a config. Its own `paramwise_cfg` holds where the next argument is `undefined`.
   */
  constructor(optimWrapperCfg: unknown, paramwiseCfg?: unknown) {
    this.optimWrapperCfg = parseOptimWrapper(optimWrapperCfg);
    this.optimizerCfg = this.optimWrapperCfg.optimizer;
    const { extraParamwiseFields, parse } = new.target;
    this.paramwiseCfg = parse(
      paramwiseCfg === undefined ? this.optimWrapperCfg.paramwise_cfg : paramwiseCfg,
      extraParamwiseFields,
    );
    this.#policy = makePolicy(this.optimizerCfg, this.paramwiseCfg);
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
   * @param prefix path of the module; empty for the model itself.
   * @param isDcnModule whether its parent is a deformable convolution.
   */
  addParams(groups: ParamGroup[], module: ModuleView, prefix = '', isDcnModule = false): void {
    this.#run(groups, module).visit({ module, prefix, isDcnModule });
    for (const child of childModules({ module, prefix })) {
      this.addParams(groups, child.module, child.prefix, child.isDcnModule);
    }
  }

  /** What would be built for this model, with reasons. Nothing is built. */
  plan(model: ModuleView): ParamPlan {
    return this.#prepare(model).plan;
  }

  /**
   * Builds the optimizer, then the wrapper, then switches off the gradients of what the config freezes.
   *
   * @throws ConfigError when a parameter is in two groups, when there is none to train, or when a type is not registered.
   */
  build(model: ModuleView, { onWarning }: BuildOptions = {}): OptimWrapperLike {
    const { plan, groups } = this.#prepare(model);
    for (const warning of plan.warnings) onWarning?.(warning);
    refuseUnbuildable(plan);
    const { optimizer: _, constructor: __, paramwise_cfg: ___, ...wrapperCfg } = this.optimWrapperCfg;
    const optimizer = OPTIMIZERS.build({ ...this.optimizerCfg, params: groups }, ['optim_wrapper', 'optimizer']);
    const wrapper = OPTIM_WRAPPERS.build({ ...wrapperCfg, optimizer }, ['optim_wrapper']);
    freeze(plan, onWarning);
    plans.set(wrapper, plan);
    return wrapper;
  }

  #prepare(model: ModuleView): { plan: ParamPlan; groups: ParamGroup[] } {
    const { model: root, warnings } = unwrapModel(model);
    const groups: ParamGroup[] = [];
    const isOverridden = this.addParams !== DefaultOptimWrapperConstructor.prototype.addParams;
    const run = this.#run(groups, root, !isOverridden && !this.#policy.isParamwise);
    if (isOverridden) this.addParams(groups, root);
    // The same visits without recursion, so that nesting is not bounded by the call stack.
    else for (const visited of walkModules(root)) run.visit(visited);
    const plan = run.finish(warnings, isOverridden ? this.constructor.name : undefined);
    return { plan, groups: gatherGroups(plan, groups) };
  }

  #run(groups: ParamGroup[], root: ModuleView, singleGroup = false): GroupRun {
    let run = this.#runs.get(groups);
    if (run === undefined) {
      run = new GroupRun(policyFor(this.#policy, root), singleGroup, groups);
      this.#runs.set(groups, run);
    }
    return run;
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
  protected static override readonly parse = parseLayerDecay;
}

/** One list of groups being filled: by the rules, and perhaps by a subclass between them. */
class GroupRun {
  readonly #planner: Planner;
  readonly #groups: ParamGroup[];
  readonly #planned = new Map<ParamGroup, PlannedParam>();
  #noted = 0;

  constructor(policy: Policy, singleGroup: boolean, groups: ParamGroup[]) {
    this.#planner = new Planner(policy, singleGroup);
    this.#groups = groups;
  }

  visit(visited: Parameters<Planner['visit']>[0]): void {
    this.#noteForeign();
    this.#planner.visit(visited, (planned) => {
      const group = groupOf(planned);
      this.#planned.set(group, planned);
      this.#groups.push(group);
    });
    this.#noted = this.#groups.length;
  }

  /**
   * The plan of the groups as they now are.
   *
   * @param author the subclass that may have written or changed some, to be named as the reason.
   */
  finish(warnings: readonly string[], author: string | undefined): ParamPlan {
    if (author === undefined) return this.#planner.finish([...this.#planned.values()], warnings);
    const entries = this.#groups.flatMap((group) => {
      const planned = this.#planned.get(group);
      return planned !== undefined && isUntouched(group, planned) ? [planned] : foreignEntries(group, planned, author);
    });
    return { ...this.#planner.finish(entries, warnings), duplicates: duplicatesIn(entries) };
  }

  /** Parameters that a subclass has appended since have a group too. */
  #noteForeign(): void {
    for (; this.#noted < this.#groups.length; this.#noted++) {
      const group = this.#groups[this.#noted]!;
      for (const [index, param] of group.params.entries()) this.#planner.note(param, nameIn(group, index));
    }
  }
}

function nameIn({ paramNames }: ParamGroup, index: number): string {
  return paramNames?.[index] ?? '(unnamed)';
}

function isUntouched(group: ParamGroup, { options, param }: PlannedParam): boolean {
  const { params, paramNames: _, ...settings } = group;
  if (params.length !== 1 || params[0] !== param) return false;
  const fields = Object.keys(settings);
  return fields.length === Object.keys(options).length && fields.every((field) => settings[field] === options[field]);
}

function foreignEntries(group: ParamGroup, planned: PlannedParam | undefined, author: string): PlannedParam[] {
  const { params, paramNames: _, ...options } = group;
  const note =
    planned === undefined ? `addParams of ${author} made this group` : `addParams of ${author} then changed the group`;
  const reasons = [...(planned?.reasons ?? []), note];
  const decidedBy = [...(planned?.decidedBy ?? []), `addParams of ${author}`];
  return params.map((param, index) => {
    const entry = { path: nameIn(group, index), param, options, decidedBy, reasons };
    return { ...entry, toJSON: () => plannedToJson(entry) };
  });
}

function duplicatesIn(entries: readonly PlannedParam[]): ParamPlan['duplicates'] {
  const first = new Map<ParamView, string>();
  return entries.flatMap(({ path, param }) => {
    const known = first.get(param);
    if (known === undefined) first.set(param, path);
    return known === undefined ? [] : [{ path, first: known, param }];
  });
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

function refuseUnbuildable({ duplicates, groups, skipped }: ParamPlan): void {
  const path = ['optim_wrapper', 'paramwise_cfg', 'bypass_duplicate'];
  const issues = duplicates.map(({ first, path: second }) => ({
    code: 'duplicate_parameter' as const,
    path,
    first,
    second,
  }));
  if (issues.length > 0) throw new ConfigError(issues);
  if (groups.length === 0)
    throw new ConfigError([{ code: 'no_parameters', path: ['optim_wrapper'], skipped: skipped.length }]);
}
