/** Model and config → plan: one entry a parameter, with its settings and reasons. */
import { parseOptimWrapper, parseParamwise } from './config.ts';
import { distinctParams, joinPath, type ModuleView, type ParamView, type VisitedModule, walkModules } from './model.ts';
import type { DuplicateParam, ParamPlan, PlannedParam, SkippedParam } from './param-plan.ts';
import { reasonsFor } from './reasons.ts';
import { type Decision, makeDecider, makePolicy, type ParamFacts, type ParamOptions, type Policy } from './rules.ts';
import { unwrapModel } from './unwrap.ts';
import { policyWarnings } from './warnings.ts';

/**
 * Decides how each parameter of a model is trained. Nothing is built and no argument is changed.
 *
 * Parameters come depth first, a module's own before its children's. A parameter that stands in two places comes twice,
 * and once in `duplicates`, unless `bypass_duplicate` is set. Without any param-wise setting every parameter, frozen
 * ones too, is in one group.
 *
 * @param optimWrapperCfg `optim_wrapper` of a config. Its own `paramwise_cfg` holds where the next argument is `undefined`.
 * @throws ConfigError when the config is refused; all problems at once.
 */
export function planParamGroups(model: ModuleView, optimWrapperCfg: unknown, paramwiseCfg?: unknown): ParamPlan {
  const { optimizer, paramwise_cfg: inner } = parseOptimWrapper(optimWrapperCfg);
  const paramwise = parseParamwise(paramwiseCfg === undefined ? inner : paramwiseCfg);
  const { model: root, warnings } = unwrapModel(model);
  const policy = makePolicy(optimizer, paramwise);
  const planner = new Planner(policy, !policy.isParamwise);
  const groups: PlannedParam[] = [];
  for (const visited of walkModules(root)) planner.visit(visited, (planned) => groups.push(planned));
  return planner.finish(groups, warnings);
}

class DecidedParam implements PlannedParam {
  readonly param: ParamView;
  readonly #policy: Policy;
  readonly #facts: ParamFacts;
  readonly #decision: Decision;

  constructor(policy: Policy, facts: ParamFacts, decision: Decision) {
    this.param = facts.param;
    this.#policy = policy;
    this.#facts = facts;
    this.#decision = decision;
  }

  get path(): string {
    return joinPath(this.#facts.prefix, this.#facts.name);
  }

  get options(): ParamOptions {
    return this.#decision.options;
  }

  get decidedBy(): readonly string[] {
    return this.#decision.decidedBy;
  }

  get reasons(): readonly string[] {
    return reasonsFor(this.#policy, this.#facts, this.#decision);
  }

  toJSON(): object {
    return plannedToJson(this);
  }
}

/** Settings written out: a tensor engine's parameter would print its whole state. */
export function plannedToJson({ path, param, options, reasons }: Omit<PlannedParam, 'decidedBy'>): object {
  const { shape, requiresGrad } = param;
  const id = 'id' in param ? { id: param.id } : {};
  return { path, param: { ...id, shape, requiresGrad }, options, reasons };
}

/** One planning run: visits modules, keeps what was met, and at the end says what is odd. */
export class Planner {
  readonly policy: Policy;
  readonly #singleGroup: boolean;
  readonly #decide: (facts: ParamFacts) => Decision;
  readonly #firstPath = new Map<ParamView, string>();
  readonly #skipped: SkippedParam[] = [];
  readonly #duplicates: DuplicateParam[] = [];
  readonly #used = new Set<unknown>();
  readonly #matched = new Set<unknown>();

  /** @param singleGroup take every parameter once, frozen ones too, as all are to be in one group. */
  constructor(policy: Policy, singleGroup: boolean) {
    this.policy = policy;
    this.#singleGroup = singleGroup;
    this.#decide = makeDecider(policy);
  }

  /** Decides about the own parameters of one module. */
  visit(visited: VisitedModule, emit: (planned: PlannedParam) => void): void {
    for (const [name, param] of distinctParams(visited.module)) {
      const planned = this.#singleGroup ? this.#planBare(visited, name, param) : this.#planOne(visited, name, param);
      if (planned !== undefined) emit(planned);
    }
  }

  /** Counts a parameter as having a group, under the first path it is noted with. */
  note(param: ParamView, path: string): void {
    if (!this.#firstPath.has(param)) this.#firstPath.set(param, path);
  }

  finish(groups: readonly PlannedParam[], before: readonly string[] = []): ParamPlan {
    const { policy } = this;
    const seen = {
      groups,
      skipped: this.#skipped,
      duplicates: this.#duplicates,
      used: this.#used,
      matched: this.#matched,
    };
    return {
      groups,
      skipped: this.#skipped,
      duplicates: this.#duplicates,
      warnings: [...before, ...policyWarnings(policy, seen)],
      singleGroup: this.#singleGroup,
      base: { lr: policy.baseLr, weight_decay: policy.baseDecay },
    };
  }

  #planOne(visited: VisitedModule, name: string, param: ParamView): PlannedParam | undefined {
    const first = this.#firstPath.get(param);
    if (first !== undefined) {
      const path = joinPath(visited.prefix, name);
      if (this.policy.bypassDuplicate) {
        this.#skipped.push({
          path,
          param,
          first,
          reason: `it is the same parameter as ${first}, which has a group (bypass_duplicate)`,
        });
        return undefined;
      }
      if (param.requiresGrad) this.#duplicates.push({ path, first, param });
    }
    if (!param.requiresGrad) {
      this.#skipped.push({ path: joinPath(visited.prefix, name), param, reason: 'it requires no gradient' });
      return undefined;
    }
    const facts = factsOf(visited, name, param);
    const decision = this.#decide(facts);
    this.#count(decision, facts);
    if (first === undefined) this.#firstPath.set(param, joinPath(visited.prefix, name));
    return new DecidedParam(this.policy, facts, decision);
  }

  #planBare(visited: VisitedModule, name: string, param: ParamView): PlannedParam | undefined {
    if (this.#firstPath.has(param)) return undefined;
    const facts = factsOf(visited, name, param);
    this.#firstPath.set(param, joinPath(visited.prefix, name));
    return new DecidedParam(this.policy, facts, this.#decide(facts));
  }

  #count({ key, rate, decay }: Decision, facts: ParamFacts): void {
    this.#used.add(key).add(rate).add(decay);
    if (key === undefined) return;
    // Only keys that have not won yet are of interest: the warning is about those that never do.
    for (const other of this.policy.keys) {
      if (this.#used.has(other) || this.#matched.has(other)) continue;
      if (other.applies(facts)) this.#matched.add(other);
    }
  }
}

function factsOf({ module, prefix, isDcnModule }: VisitedModule, name: string, param: ParamView): ParamFacts {
  return { name, prefix, searched: `${prefix}.${name}`, kind: module.moduleKind, isDcnModule, param };
}
