/** Names and values of what lies below a module, depth first, a module before its children. */

/** What is walked: a module, seen by what it holds. */
export interface Walkable<Self> {
  /** Children by name; one held under two names comes twice. */
  ownChildren(): [string, Self][];
}

export interface NamedOptions {
  /** Put in front of every name. Default none. */
  prefix?: string;
  /** Go into children. Default true. */
  recurse?: boolean;
  /** Give what stands in several places once, under its first name. Default true. */
  removeDuplicate?: boolean;
}

/** `root` under `prefix`, and every module below it by its dotted path. */
export function namedModules<M extends Walkable<M>>(
  root: M,
  options: Omit<NamedOptions, 'recurse'> = {},
): [string, M][] {
  const { prefix = '', removeDuplicate = true } = options;
  const seen = new Set<M>();
  const found: [string, M][] = [];
  const visit = (path: string, module: M): void => {
    if (removeDuplicate && seen.has(module)) return;
    seen.add(module);
    found.push([path, module]);
    for (const [name, child] of module.ownChildren()) visit(joined(path, name), child);
  };
  visit(prefix, root);
  return found;
}

/** What `own` gives for every module, by dotted path. */
export function namedMembers<M extends Walkable<M>, T>(
  root: M,
  own: (module: M) => [string, T][],
  options: NamedOptions,
): [string, T][] {
  const { prefix = '', recurse = true, removeDuplicate = true } = options;
  const modules: [string, M][] = recurse ? namedModules(root, { prefix, removeDuplicate }) : [[prefix, root]];
  const seen = new Set<T>();
  return modules.flatMap(([path, module]) =>
    own(module).flatMap(([name, value]): [string, T][] => {
      if (removeDuplicate && seen.has(value)) return [];
      seen.add(value);
      return [[joined(path, name), value]];
    }),
  );
}

/** The member called `name`. Throws with the names there are; `where` is the call that asks. */
export function memberNamed<T>(where: string, name: string, members: readonly [string, T][], kind: string): T {
  const found = members.find(([each]) => each === name);
  if (found) return found[1];
  const names = members.map(([each]) => each).join(', ') || 'none';
  throw new RangeError(`${where}: there is no ${kind} "${name}" here; there are: ${names}`);
}

/** A name below a path. */
export function joined(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}
