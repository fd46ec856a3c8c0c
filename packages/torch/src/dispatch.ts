/**
 * Calls of operators: arguments onto the wire, one native call, results back.
 *
 * What a JavaScript value becomes: a number that is whole is an int or, where the operator wants one, a float; other
 * numbers are floats; a bigint is an int64; `null` is None; an array is a list; a plain object in the last place holds
 * keyword arguments, in camelCase or as the schema spells them; `undefined` is an argument that is not given.
 */
import { decode, encode, encodeString } from './codec.ts';
import { Handle, isPlainObject } from './handle.ts';
import { native } from './native.ts';
import { Tensor } from './tensor.ts';
import { decideThreads } from './threads.ts';
import { MOST_STRINGS, reserve, results, Tag, wire } from './wire.ts';

/** The id of an operator by its full name, `aten::add` (the arguments choose the overload) or `aten::add.Tensor`. */
export function findOperator(name: string): number {
  decideThreads();
  encodeString(name, 0);
  return native.find();
}

/**
 * Lets operators be called that trust their arguments: libtorch's internals (`_name`, `…_backward`) and a few others.
 * A wrong argument to one of them can end the process. Off by default, and per thread.
 */
export function allowUncheckedOperators(allowed = true): void {
  wire.words[0] = allowed ? 1 : 0;
  native.allowUnchecked();
}

/**
 * Calls an operator by its name in the dispatcher, such as `aten::add` or `aten::_foreach_add_.Scalar`.
 *
 * @returns the tensor; an array where the operator returns several values or a list; a number, boolean, string or null
 * @throws Error with libtorch's message, the operator's schema, and libtorch's full text as `cause`
 */
export function callOperator(name: string, ...args: unknown[]): unknown {
  let id = idsByName.get(name);
  if (id === undefined) {
    id = findOperator(name);
    idsByName.set(name, id);
  }
  return call(id, args);
}

const idsByName = new Map<string, number>();

/** Stands in word 0 while arguments are written: whoever else uses the buffer writes over it. */
const WRITING = -1;

/** Calls operator `id`. */
export function call(id: number, args: readonly unknown[]): unknown {
  let given = args.length;
  while (given > 0 && args[given - 1] === undefined) given--;
  const options = args[given - 1];
  // Getters of the options run before anything is written: they may call operators themselves.
  const keywords = isKeywords(options) ? Object.entries(options).filter(([, value]) => value !== undefined) : undefined;
  if (keywords) given--;
  wire.words[0] = WRITING;
  let at = 2;
  for (let i = 0; i < given; i++) at = encode(args[i], at);
  if (keywords) encodeKeywords(keywords, at);
  return finish(id, given + (keywords?.length ?? 0), args);
}

function finish(id: number, given: number, args: readonly unknown[]): unknown {
  const { words } = wire;
  if (words[0] !== WRITING)
    throw new Error(
      'an element of a list called the engine while the arguments of an operator were read: pass plain values',
    );
  words[0] = id;
  words[1] = given;
  const result = native.call();
  if (result < 0) return decode(results())[0];
  const self = args[0];
  return self instanceof Handle && self.id === result ? self : tensorOf(result, args);
}

/** An operator that returned one of its arguments returns that very object, not a second holder of it. */
function tensorOf(id: number, args: readonly unknown[]): Tensor {
  for (const value of args) {
    if (value instanceof Tensor && value.id === id) return value;
    if (isKeywords(value))
      for (const option of Object.values(value)) if (option instanceof Tensor && option.id === id) return option;
  }
  return new Tensor(id);
}

function isKeywords(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Handle) &&
    !Array.isArray(value) &&
    isPlainObject(value)
  );
}

function encodeKeywords(options: readonly (readonly [string, unknown])[], start: number): void {
  let at = start;
  for (const [name, value] of options) {
    reserve(at, 1);
    wire.words[at] = Tag.Keyword;
    at = encode(value, encodeString(schemaName(name), at + 1));
  }
}

const schemaNames = new Map<string, string>();

/** `alignCorners` → `align_corners`; names that are no camelCase (`N`, `HxW`) stay. */
function schemaName(name: string): string {
  let found = schemaNames.get(name);
  if (found === undefined) {
    found = /^[a-z]/.test(name) ? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name;
    if (schemaNames.size < MOST_STRINGS) schemaNames.set(name, found);
  }
  return found;
}
