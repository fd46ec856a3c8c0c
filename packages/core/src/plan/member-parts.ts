/** Which part of a model each of several optimizers trains. */
import type { Issue } from '../config/errors.ts';
import { nearestName } from '../config/errors.ts';
import type { MemberConfig } from '../config/members.ts';
import { regexProblem } from '../config/regex-cost.ts';
import { type ModuleView, type ParamView, walkDistinctParams, walkModules } from '../model/model.ts';
import { listSome } from '../text.ts';

/** A part of a model. */
export interface ModelPart {
  readonly model: ModuleView;
  /** Its path in the whole; empty where it holds several modules, whose paths are then those of the whole. */
  readonly module: string;
}

/**
 * The modules that a member trains: a child or a module by its path, else all whose path a regular expression matches
 * as a whole.
 *
 * Source: MMagic's MultiOptimWrapperConstructor.
 *
 * @param issues takes what is wrong, under the member's name.
 */
export function findPart(root: ModuleView, { name, modules }: MemberConfig, issues: Issue[]): ModelPart | undefined {
  const [only] = modules;
  const found = modules.flatMap((wanted) => {
    const matches = modulesNamed(root, wanted);
    if (matches.length === 0) issues.push(unknownModule(root, name, wanted, modules));
    return matches;
  });
  if (found.length === 0) return undefined;
  const [first] = found;
  if (found.length === 1 && first![0] === only) return { model: first![1], module: first![0] };
  return { model: together(found), module: '' };
}

type Found = readonly (readonly [path: string, module: ModuleView])[];

function modulesNamed(root: ModuleView, wanted: string): Found {
  const all = [...walkModules(root)].filter(({ prefix }) => prefix !== '');
  const named = all.find(({ prefix }) => prefix === wanted);
  if (named !== undefined) return [[wanted, named.module]];
  const pattern = `^(?:${wanted})$`;
  if (!/[*+?[\]()|\\^$]/.test(wanted) || regexProblem(pattern) !== undefined) return [];
  const matches = new RegExp(pattern, 'u');
  return all.filter(({ prefix }) => matches.test(prefix)).map(({ prefix, module }) => [prefix, module]);
}

/** A module that has these as children, under their paths. */
export function together(children: Found): ModuleView {
  return { moduleKind: { type: 'other' }, ownParams: () => [], ownChildren: () => children };
}

function unknownModule(root: ModuleView, name: string, wanted: string, modules: readonly string[]): Issue {
  const path = ['optim_wrapper', name, ...(modules.length === 1 && wanted === name ? [] : ['modules'])];
  const children = [...root.ownChildren()].map(([child]) => child);
  const nearest = nearestName(wanted, children);
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  const has = children.length === 0 ? 'the model has none' : `the model has ${listSome(children)}`;
  const allowed = `the name of a module that it trains (${has})${hint}`;
  return { code: 'invalid_value', path, found: `no module "${wanted}" in the model`, allowed };
}

/** What each member trains. */
interface Trained {
  readonly name: string;
  readonly params: ReadonlySet<ParamView>;
}

/** Parameters that two optimizers move, and those that none does. */
export function partWarnings(root: ModuleView, members: readonly Trained[]): string[] {
  const places = [...walkDistinctParams(root)].map(([path, param]) => {
    return { path, param, of: members.filter(({ params }) => params.has(param)).map(({ name }) => name) };
  });
  const shared = places.filter(({ of }) => of.length > 1);
  const alone = places.filter(({ of, param }) => of.length === 0 && param.requiresGrad);
  const warnings: string[] = [];
  if (shared.length > 0) {
    const names = [...new Set(shared.flatMap(({ of }) => of))].join(' and ');
    warnings.push(`trained by ${names}, each with an optimizer of its own: ${pathsOf(shared)}`);
  }
  if (alone.length > 0) warnings.push(`trained by no member: ${pathsOf(alone)}`);
  return warnings;
}

const pathsOf = (places: readonly { readonly path: string }[]) => listSome(places.map(({ path }) => path));
