/**
 * A warning of modules and parameters that a module holds where nobody finds them: in a plain array or object, a Map or a
 * Set, as in PyTorch. They would run, but neither be trained nor saved.
 */
import { isPlainObject } from '../handle.ts';
import { ownersOfMembers } from './live-modules.ts';

type Members = readonly (readonly [string, unknown])[];

/** Tells modules and parameters from other values. */
type IsMember = (value: unknown) => value is object;

/** How deep containers are looked into, and how many values of a property are: a hint is not worth more. */
const MAX_DEPTH = 4;
const MAX_VALUES = 10_000;

/** Whatever was met as a member of some module. */
const registered = new WeakSet<object>();

/** Classes with the properties that were warned of. */
const warned = new Set<string>();

interface Suspect {
  readonly owner: object;
  /** Class and property. */
  readonly where: string;
  readonly held: readonly object[];
  /** What it is held in, after "a". */
  readonly kind: string;
}

let suspects: Suspect[] = [];

/**
 * Looks at the members of a module. Lists of what is registered elsewhere are common, so it is judged at the end of the
 * tick, when the walk has been through the whole tree.
 */
export function lookForUnregistered(owner: object, members: Members, isMember: IsMember): void {
  for (const [name, value] of members) {
    if (isMember(value)) registered.add(value);
    else if (isContainer(value)) suspect(owner, name, value, isMember);
  }
}

/** How much there is to look at; another number when members came, or items of a list, a Map or a Set. */
export function countToLookAt(members: Members): number {
  let count = members.length;
  for (const [, value] of members) {
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) count += value.length;
    else if (isKeyed(value)) count += value.size;
  }
  return count;
}

function suspect(owner: object, name: string, container: object, isMember: IsMember): void {
  const where = `${owner.constructor.name}.${name}`;
  if (warned.has(where)) return;
  const held = heldIn(container, isMember);
  if (held.length === 0) return;
  if (suspects.length === 0) queueMicrotask(judge);
  suspects.push({ owner, where, held, kind: kindOf(container) });
}

/** Modules and parameters in arrays, plain objects, maps and sets, and in those that these hold. */
function heldIn(outermost: object, isMember: IsMember): object[] {
  const found: object[] = [];
  const seen = new Set([outermost]);
  let level = [outermost];
  let left = MAX_VALUES;
  for (let depth = 1; depth <= MAX_DEPTH && level.length > 0; depth++) {
    const below: object[] = [];
    for (const container of level) {
      for (const value of valuesOf(container)) {
        if (left-- === 0) return found;
        if (isMember(value)) found.push(value);
        else if (isContainer(value) && !seen.has(value)) {
          seen.add(value);
          below.push(value);
        }
      }
    }
    level = below;
  }
  return found;
}

/** No getter is called: it may be costly, or throw. */
function* valuesOf(container: object): Generator<unknown> {
  if (isKeyed(container)) yield* container.values();
  else if (Array.isArray(container))
    for (let i = 0; i < container.length; i++) yield Object.getOwnPropertyDescriptor(container, i)?.value;
  else for (const name of Object.keys(container)) yield Object.getOwnPropertyDescriptor(container, name)?.value;
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
  const unsure = suspects.filter(({ held }) => !held.every((value) => registered.has(value)));
  suspects = [];
  if (unsure.every(({ where }) => warned.has(where))) return;
  const owners = ownersOfMembers();
  for (const { owner, where, held, kind } of unsure) {
    if (warned.has(where) || held.every((value) => owners.has(value) || isAbove(value, owner, owners))) continue;
    warned.add(where);
    warn(where, kind);
  }
}

/** Whether a module holds `below` at some depth: a child may know its parents. */
function isAbove(module: object, below: object, owners: ReadonlyMap<object, readonly object[]>): boolean {
  const above = new Set([below]);
  for (const each of above) for (const owner of owners.get(each) ?? []) above.add(owner);
  return above.has(module);
}

function warn(where: string, kind: string): void {
  const [modules, params] = LISTS.has(kind) ? ['ModuleList', 'ParameterList'] : ['ModuleDict', 'ParameterDict'];
  process.emitWarning(
    `${where} holds modules or parameters in a ${kind}, which are not registered: they are neither trained nor ` +
      `saved; use ${modules} or ${params}, or a #private property for what is to stay outside`,
    { type: 'ParamwiseWarning', code: 'PARAMWISE_MODULE' },
  );
}
