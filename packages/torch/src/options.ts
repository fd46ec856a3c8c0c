/** Options of layers, functions and factories: one plain object in the last place, with every name known. */
import { nearestName } from '@paramwise/core/internal';
import { isPlainObject } from './handle.ts';

/**
 * Options with their defaults filled in. An option that is `undefined` counts as not given.
 *
 * @param defaults in PyTorch's order, so that the first is what stands there when arguments go by position
 * @throws TypeError for what is no plain object, and for an option that `defaults` does not list, with what to write
 */
export function withDefaults<T extends object>(
  where: string,
  defaults: Required<T>,
  options: T,
  ...surplus: readonly unknown[]
): Required<T> {
  checkOptions(where, defaults, options, ...surplus);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}

/** @throws TypeError as `withDefaults` does; only the names and the kinds of the `defaults` matter */
export function checkOptions(
  where: string,
  defaults: object,
  options: unknown,
  ...surplus: readonly unknown[]
): asserts options is object {
  if (typeof options !== 'object' || options === null || !isPlainObject(options))
    throw new TypeError(`${where}: options are an object; found ${shown(options)} — ${remedy(defaults, options)}`);
  if (surplus.length > 0) checkNoSurplus(where, surplus);
  // Each new tensor comes through here: lists are made for the error alone.
  for (const name in options) {
    if (!Object.hasOwn(options, name) || Object.hasOwn(defaults, name)) continue;
    const known = Object.keys(defaults);
    const nearest = nearestName(name, known);
    const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
    throw new TypeError(`${where}: unknown option "${name}"${hint} Options: ${known.join(', ') || 'none'}`);
  }
}

/** @throws TypeError when there is any argument, other than `undefined`, behind those that `where` takes */
export function checkNoSurplus(where: string, surplus: readonly unknown[]): void {
  const given = surplus.filter((value) => value !== undefined);
  if (given.length === 0) return;
  const count = given.length === 1 ? 'an argument' : `${given.length} arguments`;
  throw new TypeError(`${where}: ${count} too many: ${given.map(shown).join(', ')}`);
}

/**
 * The argument that stands by position in PyTorch, as an option: the first that may have a value of this kind. A default
 * of null mostly stands for a number or a tensor, so other kinds look for their own first.
 */
function remedy(defaults: object, found: unknown): string {
  const entries = Object.entries(defaults);
  const kind = kindOf(found);
  const isOfKind = ([, value]: [string, unknown]) => value !== null && typeof value === kind;
  const mayBe = (entry: [string, unknown]) => entry[1] === null || isOfKind(entry);
  const isExact = kind === 'string' || kind === 'boolean';
  const [name] = (isExact ? entries.find(isOfKind) : undefined) ?? entries.find(mayBe) ?? [];
  if (found === null || found === undefined || name === undefined)
    return `options: ${entries.map(([each]) => each).join(', ')}`;
  return `PyTorch's argument by position is { ${name}: ${shown(found)} }`;
}

/** A list is a size for each dimension, and a size is a number. */
const kindOf = (value: unknown) => (Array.isArray(value) ? 'number' : typeof value);

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if (typeof value === 'function') return value.name || 'a function';
  return typeof value === 'object' && value !== null ? `a ${value.constructor.name}` : String(value);
}
