/** Values into a module: names and shapes are compared first, so that a refusal changes nothing. */
import { noGrad } from '../autograd.ts';
import { Tensor } from '../tensor.ts';
import { joined } from './module-walk.ts';

/** Tensors by dotted path. */
export type StateDict = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** What state is loaded into: a module, seen by what it holds. */
export interface StateOwner {
  stateDict(): Map<string, Tensor>;
  namedModules(options: { removeDuplicate: boolean }): [string, { readonly optionalState: readonly string[] }][];
}

export interface LoadResult {
  /** Names that the module has and the state lacks, but for those of a tensor that the state has under another name. */
  missingKeys: string[];
  /** Names that the state has and the module lacks. */
  unexpectedKeys: string[];
}

/** Loads `state` into `module`; see `Module.loadStateDict`. */
export function loadState(module: StateOwner, state: StateDict, strict: boolean): LoadResult {
  const given = state instanceof Map ? (state as ReadonlyMap<string, Tensor>) : new Map(Object.entries(state));
  const wanted = module.stateDict();
  const absent = absentNames(wanted, given);
  const optional = optionalNames(module);
  const missingKeys = absent.filter((name) => !optional.has(name));
  const unexpectedKeys = [...given.keys()].filter((name) => !wanted.has(name));
  const problems = shapeProblems(wanted, given);
  if (strict && unexpectedKeys.length > 0) problems.unshift(`unexpected: ${unexpectedKeys.join(', ')}`);
  if (strict && missingKeys.length > 0) problems.unshift(`missing: ${missingKeys.join(', ')}`);
  if (problems.length > 0) {
    const hint = strict ? '\nWith { strict: false } missing and unexpected names are only reported.' : '';
    throw new Error(
      `${module.constructor.name}.loadStateDict: the state does not fit:\n  ${problems.join('\n  ')}${hint}`,
    );
  }
  noGrad(() => {
    for (const [name, target] of wanted) {
      const values = given.get(name);
      if (values) target.copy_(values);
      else if (optional.has(name) && absent.includes(name)) target.zero_();
    }
  });
  return { missingKeys, unexpectedKeys };
}

/** Names of `wanted` whose tensor stands under no name of `given`: tied weights need one of theirs. */
export function absentNames(wanted: ReadonlyMap<string, Tensor>, given: { has(name: string): boolean }): string[] {
  const names = [...wanted.keys()];
  const found = new Set(names.filter((name) => given.has(name)).map((name) => wanted.get(name)));
  return names.filter((name) => !found.has(wanted.get(name)));
}

function shapeProblems(wanted: ReadonlyMap<string, Tensor>, given: ReadonlyMap<string, Tensor>): string[] {
  return [...wanted].flatMap(([name, target]) => {
    const values = given.get(name);
    if (values === undefined) return [];
    if (!(values instanceof Tensor)) return [`${name}: expected a tensor, found ${typeof values}`];
    const [expected, found] = [target.shape.join(', '), values.shape.join(', ')];
    return expected === found ? [] : [`${name}: the module has shape [${expected}], the state [${found}]`];
  });
}

function optionalNames(module: StateOwner): Set<string> {
  return new Set(
    module
      .namedModules({ removeDuplicate: false })
      .flatMap(([path, each]) => each.optionalState.map((name) => joined(path, name))),
  );
}
