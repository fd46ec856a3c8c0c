/** Custom keys for parameters by path: as few as names allow. */

/** What custom keys are looked for in: the path, with a dot before it at the root. */
export function searchedName(path: string): string {
  return path.includes('.') ? path : `.${path}`;
}

/**
 * One key for every module whose parameters all have the same settings, if those are not the standard ones; the outermost
 * such module. A key can catch more than it is for: the caller checks.
 */
export function modulePrefixKeys<T>(
  targets: ReadonlyMap<string, T>,
  standard: T,
  isSame: (a: T, b: T) => boolean,
): Map<string, T> {
  const below = new Map<string, { target: T; count: number; mixed: boolean }>();
  for (const [path, target] of targets) {
    for (const prefix of prefixesOf(path)) {
      const known = below.get(prefix) ?? { target, count: 0, mixed: false };
      below.set(prefix, known);
      known.count++;
      known.mixed ||= !isSame(known.target, target);
    }
  }
  const keys = new Map<string, T>();
  for (const [path, target] of targets) {
    if (isSame(target, standard)) continue;
    const module = prefixesOf(path).find((prefix) => !below.get(prefix)!.mixed);
    const isAlone = module === undefined || below.get(module)!.count === 1;
    keys.set(isAlone ? searchedName(path) : module, target);
  }
  return keys;
}

/** `a.b.c` → `a.`, `a.b.` */
function prefixesOf(path: string): string[] {
  return [...path.matchAll(/\./g)].map(({ index }) => path.slice(0, index + 1));
}
