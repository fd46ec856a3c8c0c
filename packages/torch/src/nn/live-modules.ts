/** Every module that is still in use, for the question who holds what; nothing is kept alive by it. */

interface Entry {
  readonly module: WeakRef<object>;
  readonly members: (module: object) => Iterable<readonly [string, unknown]>;
}

let entries: Entry[] = [];
let sweepAt = 1024;

/** @param members of a module, also those that no walk has met */
export function noteModule<M extends object>(
  module: M,
  members: (module: M) => Iterable<readonly [string, unknown]>,
): void {
  if (entries.length >= sweepAt) sweep();
  entries.push({ module: new WeakRef(module), members: members as Entry['members'] });
}

function sweep(): void {
  entries = entries.filter(({ module }) => module.deref() !== undefined);
  sweepAt = Math.max(1024, 2 * entries.length);
}

/** For what modules hold as members, the modules that hold it. */
export function ownersOfMembers(): ReadonlyMap<object, readonly object[]> {
  const owners = new Map<object, object[]>();
  for (const { module, members } of entries) {
    const owner = module.deref();
    if (owner === undefined) continue;
    for (const value of membersOf(owner, members)) {
      if (typeof value !== 'object' || value === null) continue;
      const known = owners.get(value);
      if (known) known.push(owner);
      else owners.set(value, [owner]);
    }
  }
  return owners;
}

/** A constructor that threw leaves a module half made, which may be unable to say what it holds: then nothing. */
function membersOf(owner: object, members: Entry['members']): unknown[] {
  try {
    return [...members(owner)].map(([, value]) => value);
  } catch {
    return [];
  }
}
