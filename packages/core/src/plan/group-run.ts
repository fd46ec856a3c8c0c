/** Parameter groups on their way to a plan, as constructors append them. */
import type { ParamGroup } from '../groups.ts';
import type { ModuleView, ParamView, VisitedModule } from '../model/model.ts';
import { groupOf } from './merge.ts';
import type { ParamPlan, PlannedParam } from './param-plan.ts';
import { Planner, plannedToJson } from './plan.ts';
import { type Policy, policyFor } from './policy.ts';

/** One list of groups being filled: by the rules, and perhaps by a subclass between them. */
export class GroupRun {
  readonly #policy: Policy;
  readonly #planner: Planner;
  readonly #groups: ParamGroup[];
  readonly #planned = new Map<ParamGroup, PlannedParam>();
  readonly #isWhole: boolean;
  #depth = 0;
  #noted = 0;

  /** @param whole the model, where all of it will be visited: its layers are then numbered once. */
  constructor(policy: Policy, groups: ParamGroup[], whole?: { root: ModuleView }) {
    this.#policy = policy;
    this.#groups = groups;
    this.#isWhole = whole !== undefined;
    const first = whole === undefined ? policy : policyFor(policy, whole.root);
    this.#planner = new Planner(first, false);
  }

  /** Visits a module, and `below` what is under it. Layers are numbered by the outermost of such modules. */
  within(visited: VisitedModule, below: () => void): void {
    if (this.#depth === 0 && !this.#isWhole) {
      this.#planner.follow(policyFor(this.#policy, visited.module, visited.prefix));
    }
    this.#depth++;
    try {
      this.visit(visited);
      below();
    } finally {
      this.#depth--;
    }
  }

  visit(visited: VisitedModule): void {
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
  finish(warnings: readonly string[], author: string): ParamPlan {
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
