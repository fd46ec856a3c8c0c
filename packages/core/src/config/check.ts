/** Checks a value of unknown shape against a schema and turns what the schema says into `Issue`s. */
import * as z from 'zod';
import { ConfigError, type ConfigPath, describeValue, type Issue } from './errors.ts';

const MAX_DEPTH = 100;

/**
 * A mapping with exactly these fields.
 *
 * The text of an `error` in our schemas is "what is allowed"; for a mapping that is the list of its fields.
 */
export function closed<S extends z.ZodRawShape>(shape: S) {
  const fields = Object.keys(shape).join(', ');
  return z.strictObject(shape, { error: ({ code }) => (code === 'unrecognized_keys' ? fields : 'a mapping') });
}

/** A mapping whose listed fields are checked and whose other fields pass. */
export function open<S extends z.ZodRawShape>(shape: S) {
  return z.looseObject(shape, { error: 'a mapping' });
}

/**
 * The value as the schema reads it, defaults filled in. The caller's value is copied first and never changed.
 *
 * @throws ConfigError with every issue; paths begin with `root`.
 */
export function check<S extends z.ZodType>(schema: S, value: unknown, root: ConfigPath): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ConfigError(result.error.issues.flatMap((issue) => translate(issue, value, root)));
}

function translate(issue: z.core.$ZodIssue, value: unknown, root: ConfigPath): Issue[] {
  const path = [...root, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const allowed = issue.message.split(', ');
    return issue.keys.map((key) => ({ code: 'unknown_field', path: [...path, key], allowed }));
  }
  const inside = issue.code === 'invalid_union' ? issue.errors.filter(isInside) : [];
  if (inside.length === 1)
    return inside[0]!.flatMap((each) => translate({ ...each, path: [...issue.path, ...each.path] }, value, root));
  const found = issue.path.reduce<unknown>(fieldOf, value);
  if (found === undefined) return [{ code: 'missing', path, allowed: issue.message }];
  return [{ code: 'invalid_value', path, found: describeValue(found), allowed: issue.message }];
}

/** Whether a form of a value is the right one but for what it holds. */
function isInside(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.every(({ code, path }) => path.length > 0 || code === 'unrecognized_keys');
}

function fieldOf(value: unknown, key: PropertyKey): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, key)
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined;
}

/**
 * A copy of mappings and lists, all the way down; anything else (numbers, functions, instances of classes) is shared.
 *
 * @throws ConfigError for a field named `__proto__`, which parsed JSON can hold, and for nesting without end.
 */
export function copyPlain(value: unknown, path: ConfigPath): unknown {
  if (path.length > MAX_DEPTH) {
    const allowed = `at most ${MAX_DEPTH} levels of nesting`;
    throw new ConfigError([
      { code: 'invalid_value', path: path.slice(0, 3), found: 'a value that contains itself', allowed },
    ]);
  }
  if (Array.isArray(value)) return value.map((item, index) => copyPlain(item, [...path, index]));
  if (!isMapping(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    // A field that is undefined is one that is not given.
    if (item === undefined) continue;
    if (key === '__proto__') throw new ConfigError([{ code: 'unsafe_key', path: [...path, key] }]);
    copy[key] = copyPlain(item, [...path, key]);
  }
  return copy;
}

/** Whether the value is a plain mapping, from this realm or another. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
