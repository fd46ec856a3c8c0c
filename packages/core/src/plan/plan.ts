/** Modules and policy → plan: one entry a parameter, with its settings and reasons. */
import {
  distinctParams,
  joinPath,
  type ModuleView,
  type ParamView,
  type VisitedModule,
  walkModules,
} from '../model/model.ts';
import { type Decision, keyName, makeDecider, type ParamOptions } from './decision.ts';
import type { DuplicateParam, ParamPlan, PlannedParam, SkippedParam } from './param-plan.ts';
import type { Policy } from './policy.ts';
import { frozenReason, reasonsFor } from './reasons.ts';
import type { ParamFacts } from './rules.ts';
import { policyWarnings, refuseUnmatched } from './warnings.ts';

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
    return this.#facts.path;
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

/** The plan of a whole model. Without any param-wise setting all parameters are in one group, frozen ones too. */
export function planModel(root: ModuleView, policy: Policy, warnings: readonly string[]): ParamPlan {
  const planner = new Planner(policy, !policy.isParamwise);
  const groups: PlannedParam[] = [];
  const emit = (planned: PlannedParam) => groups.push(planned);
  for (const visited of walkModules(root)) planner.visit(visited, emit);
  return planner.finish(groups, warnings);
}

/** One planning run: visits modules, keeps what was met, and at the end says what is odd. */
export class Planner {
  readonly #singleGroup: boolean;
  #policy: Policy;
  #decide: (facts: ParamFacts) => Decision;
  readonly #firstPath = new Map<ParamView, string>();
  readonly #skipped: SkippedParam[] = [];
  /** Parameters that a key freezes, with where and why. */
  readonly #frozen = new Map<ParamView, SkippedParam>();
  readonly #duplicates: DuplicateParam[] = [];
  readonly #decisions = new Set<Decision>();
  readonly #trained: ParamFacts[] = [];
  readonly #untrained: ParamFacts[] = [];

  /** @param singleGroup take every parameter once, frozen ones too, as all are to be in one group. */
  constructor(policy: Policy, singleGroup: boolean) {
    this.#policy = policy;
    this.#singleGroup = singleGroup;
    this.#decide = makeDecider(policy);
  }

  /** Decides by this policy from here on: that of the model which is visited next. */
  follow(policy: Policy): void {
    this.#policy = policy;
    this.#decide = makeDecider(policy);
  }

  /** Decides about the own parameters of one module. */
  visit(visited: VisitedModule, emit: (planned: PlannedParam) => void): void {
    for (const [name, param] of distinctParams(visited.module)) {
      const facts = factsOf(visited, name, param);
      const planned = this.#singleGroup ? this.#planBare(facts) : this.#planOne(facts);
      if (planned !== undefined) emit(planned);
    }
  }

  /** Counts a parameter as having a group, under the first path it is noted with. */
  note(param: ParamView, path: string): void {
    if (!this.#firstPath.has(param)) this.#firstPath.set(param, path);
  }

  /** @throws ConfigError in strict mode, for custom keys that match nothing. */
  finish(groups: readonly PlannedParam[], before: readonly string[] = []): ParamPlan {
    const policy = this.#policy;
    const record = {
      groups,
      skipped: this.#skipped,
      duplicates: this.#duplicates,
      decisions: this.#decisions,
      trained: this.#trained,
      untrained: this.#untrained,
    };
    refuseUnmatched(policy, record);
    let warnings: readonly string[] | undefined;
    return {
      groups,
      skipped: this.#skipped,
      frozen: [...this.#frozen.values()].filter(({ param }) => param.requiresGrad),
      duplicates: this.#duplicates,
      get warnings() {
        warnings ??= [...before, ...policyWarnings(policy, record)];
        return warnings;
      },
      singleGroup: this.#singleGroup,
      mergeGroups: policy.mergeGroups,
      base: { lr: policy.baseLr, weight_decay: policy.baseDecay },
    };
  }

  #planOne(facts: ParamFacts): PlannedParam | undefined {
    const { param } = facts;
    const first = this.#firstPath.get(param);
    if (first !== undefined && this.#policy.bypassDuplicate) {
      return this.#skip(facts, `it is the same parameter as ${first}, which has a group (bypass_duplicate)`, { first });
    }
    if (first !== undefined && param.requiresGrad) this.#duplicates.push({ path: facts.path, first, param });
    const frozen = this.#frozen.get(param);
    if (frozen !== undefined) {
      return this.#skip(facts, `it is the same parameter as ${frozen.path}, which ${frozen.frozenBy} freezes`, frozen);
    }
    const decision = this.#decide(facts);
    const { frozenBy } = decision;
    if (frozenBy !== undefined && first === undefined) {
      this.#decisions.add(decision);
      this.#skip(facts, frozenReason(frozenBy), { frozenBy: keyName(frozenBy) });
      this.#frozen.set(param, this.#skipped.at(-1)!);
      return undefined;
    }
    if (!param.requiresGrad) return this.#skip(facts, 'it requires no gradient', {});
    this.#decisions.add(decision);
    this.#trained.push(facts);
    if (first === undefined) this.#firstPath.set(param, facts.path);
    return new DecidedParam(this.#policy, facts, decision);
  }

  #planBare(facts: ParamFacts): PlannedParam | undefined {
    if (this.#firstPath.has(facts.param)) return undefined;
    this.#firstPath.set(facts.param, facts.path);
    return new DecidedParam(this.#policy, facts, this.#decide(facts));
  }

  #skip(facts: ParamFacts, reason: string, { first, frozenBy }: Pick<SkippedParam, 'first' | 'frozenBy'>): undefined {
    const why = { ...(first !== undefined && { first }), ...(frozenBy !== undefined && { frozenBy }) };
    this.#skipped.push({ path: facts.path, param: facts.param, reason, ...why });
    this.#untrained.push(facts);
    return undefined;
  }
}

function factsOf({ module, prefix, isDcnModule }: VisitedModule, name: string, param: ParamView): ParamFacts {
  const path = joinPath(prefix, name);
  const searched = prefix === '' ? `.${name}` : path;
  return { name, path, prefix, searched, kind: module.moduleKind, isDcnModule, param };
}
