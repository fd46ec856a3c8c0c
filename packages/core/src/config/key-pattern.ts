/**
 * Custom keys as patterns of paths, for `custom_keys_match: path`.
 *
 * A key is the path of a parameter, or of a module that stands for all parameters in it. Segments stand between dots: `*` is
 * any one, or any part of one, and `**` any number of them. `re:` begins a regular expression, looked for in the path.
 */
import { regexProblem } from './regex-cost.ts';

const REGEX = 're:';
const MAX_LENGTH = 200;

/** What a key is, and what it is to be; `undefined` for a good one. */
export function keyPatternProblem(key: string): { readonly found: string; readonly allowed: string } | undefined {
  if (key.length > MAX_LENGTH) {
    return {
      found: `${key.length} characters`,
      allowed: `a path, glob or regular expression of ${MAX_LENGTH} at most`,
    };
  }
  if (key.startsWith(REGEX)) {
    const found = regexProblem(key.slice(REGEX.length));
    const allowed = 'a regular expression, each repeat of one character or class and at most three such as .* in it';
    return found === undefined ? undefined : { found, allowed };
  }
  if (!key.split('.').includes('')) return undefined;
  return { found: 'an empty name beside a dot', allowed: 'a whole path, with * and ** for any names: "**.bias", say' };
}

/** Whether a path is that of a parameter that the key is for. @param key a good one. */
export function keyPattern(key: string): (path: string) => boolean {
  if (key.startsWith(REGEX)) {
    const expression = new RegExp(key.slice(REGEX.length));
    return (path) => expression.test(path);
  }
  if (!key.includes('*'))
    return (path) => path.startsWith(key) && (path.length === key.length || path[key.length] === '.');
  // What stands in a module matches with it.
  const segments = [...key.split('.'), '**'].map((part) => (part === '**' ? ANY : namePattern(part)));
  return (path) => fits(segments, path.split('.'));
}

const ANY = Symbol('any number');
/** Of one segment, or of one character. */
type Pattern = typeof ANY | ((item: string) => boolean);

function namePattern(part: string): Pattern {
  if (!part.includes('*')) return (name) => name === part;
  const characters = [...part].map((sign): Pattern => (sign === '*' ? ANY : (found) => found === sign));
  return (name) => fits(characters, [...name]);
}

/** Whether the items are what the patterns stand for. Time is the product of the lengths: only the last `ANY` is retried. */
function fits(patterns: readonly Pattern[], items: readonly string[]): boolean {
  let at = 0;
  let lastAny = -1;
  let retryFrom = 0;
  for (let item = 0; item < items.length; ) {
    const pattern = patterns[at];
    if (pattern === ANY) {
      lastAny = at++;
      retryFrom = item;
    } else if (pattern?.(items[item]!) === true) {
      at++;
      item++;
    } else if (lastAny < 0) return false;
    else {
      at = lastAny + 1;
      item = ++retryFrom;
    }
  }
  return patterns.slice(at).every((pattern) => pattern === ANY);
}
