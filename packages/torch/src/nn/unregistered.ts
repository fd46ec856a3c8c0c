/**
 * A warning of modules and parameters that a module holds where nobody finds them: in a plain array or object, a Map or a
 * Set, as in PyTorch. They would run, but neither be trained nor saved.
 */
import { isPlainObject } from '../handle.ts';

/** Whatever was met as a member of some module. */
const registered = new WeakSet<object>();

/** Classes with the properties that were warned of. */
const warned = new Set<string>();

interface Suspect {
  /** Class and property. */
  readonly where: string;
  readonly held: readonly object[];
  /** What it is held in, after "a". */
  readonly kind: string;
}

let suspects: Suspect[] = [];

/**
 * Looks at the members of a module once. Lists of what is registered elsewhere are common, so it is judged at the end of
 * the tick, when the walk has been through the whole tree.
 *
 * @param isMember tells modules and parameters from other values
 */
export function lookForUnregistered(
  owner: string,
  members: readonly (readonly [string, unknown])[],
  isMember: (value: unknown) => value is object,
): void {
  for (const [name, value] of members) {
    if (isMember(value)) registered.add(value);
    else if (isContainer(value)) suspect(`${owner}.${name}`, value, isMember);
  }
}

function suspect(where: string, container: object, isMember: (value: unknown) => value is object): void {
  if (warned.has(where)) return;
  const held = heldIn(container, isMember);
  if (held.length === 0) return;
  if (suspects.length === 0) queueMicrotask(judge);
  suspects.push({ where, held, kind: kindOf(container) });
}

/** Modules and parameters at any depth of arrays, plain objects, maps and sets. */
function heldIn(
  container: object,
  isMember: (value: unknown) => value is object,
  seen = new Set<object>(),
  found: object[] = [],
): object[] {
  seen.add(container);
  for (const value of isKeyed(container) ? container.values() : Object.values(container)) {
    if (isMember(value)) found.push(value);
    else if (isContainer(value) && !seen.has(value)) heldIn(value, isMember, seen, found);
  }
  return found;
}

function isContainer(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && (Array.isArray(value) || isKeyed(value) || isPlainObject(value))
  );
}

function isKeyed(value: object): value is Map<unknown, unknown> | Set<unknown> {
  return value instanceof Map || value instanceof Set;
}

const LISTS = new Set(['plain array', 'Set']);

function kindOf(container: object): string {
  if (isKeyed(container)) return container instanceof Map ? 'Map' : 'Set';
  return Array.isArray(container) ? 'plain array' : 'plain object';
}

function judge(): void {
  const all = suspects;
  suspects = [];
  for (const { where, held, kind } of all) {
    if (warned.has(where) || held.every((value) => registered.has(value))) continue;
    warned.add(where);
    const [modules, params] = LISTS.has(kind) ? ['ModuleList', 'ParameterList'] : ['ModuleDict', 'ParameterDict'];
    process.emitWarning(
      `${where} holds modules or parameters in a ${kind}, which are not registered: they are neither trained nor ` +
        `saved; use ${modules} or ${params}, or a #private property for what is to stay outside`,
      { type: 'ParamwiseWarning', code: 'PARAMWISE_MODULE' },
    );
  }
}
