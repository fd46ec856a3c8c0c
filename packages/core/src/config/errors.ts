/**
 * What can be wrong with a config, as data, and how it is said.
 *
 * Code that checks creates `Issue`s; the wording of every refusal is here. A `ConfigError` carries all issues found,
 * not the first.
 */

/** Where in a config: field names and list positions, outermost first. */
export type ConfigPath = readonly PropertyKey[];

export type Issue =
  /** A field that its mapping does not have. */
  | {
      readonly code: 'unknown_field';
      readonly path: ConfigPath;
      readonly allowed: readonly string[];
      /** What a well-known slip was meant to be, in words; where not given, the nearest field by letters is told. */
      readonly meant?: string | undefined;
    }
  /** A `type` (or other name) that nothing is registered under. */
  | {
      readonly code: 'unknown_name';
      readonly path: ConfigPath;
      readonly what: string;
      readonly found: string;
      readonly allowed: readonly string[];
      /** The name that goes by this one elsewhere; where not given, the nearest by letters is told. */
      readonly meant?: string | undefined;
    }
  | { readonly code: 'missing'; readonly path: ConfigPath; readonly allowed: string }
  | { readonly code: 'invalid_value'; readonly path: ConfigPath; readonly found: string; readonly allowed: string }
  /** A multiplier without the optimizer setting that it multiplies. */
  | { readonly code: 'missing_base'; readonly path: ConfigPath; readonly base: 'lr' | 'weight_decay' }
  | { readonly code: 'unsafe_key'; readonly path: ConfigPath }
  /** A known field in a mapping where nothing reads it. */
  | {
      readonly code: 'misplaced_field';
      readonly path: ConfigPath;
      readonly beside: string;
      readonly belongs: ConfigPath;
    }
  | {
      readonly code: 'duplicate_parameter';
      readonly path: ConfigPath;
      readonly first: string;
      readonly second: string;
    }
  /** A custom key that matches no parameter, where that is refused. */
  | { readonly code: 'unmatched_key'; readonly path: ConfigPath; readonly nearest: string | undefined }
  | { readonly code: 'no_parameters'; readonly path: ConfigPath; readonly skipped: number }
  | { readonly code: 'already_registered'; readonly path: ConfigPath; readonly what: string };

/** A refused config. `issues` holds every problem, `message` all of them in words, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super(formatIssues(issues));
    this.issues = issues;
  }
}

function formatIssues(issues: readonly Issue[]): string {
  const lines = issues.map((issue) => `${formatPath(issue.path)}: ${describeIssue(issue)}`);
  if (lines.length === 1) return lines[0]!;
  return [`${lines.length} problems:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function describeIssue(issue: Issue): string {
  switch (issue.code) {
    case 'unknown_field': {
      const hint =
        issue.meant === undefined ? didYouMean(String(issue.path.at(-1)), issue.allowed) : `; ${issue.meant}`;
      return `unknown field${hint} (allowed: ${issue.allowed.join(', ')})`;
    }
    case 'unknown_name': {
      const known = issue.allowed.length > 0 ? `registered: ${issue.allowed.join(', ')}` : 'nothing is registered yet';
      return `no ${issue.what} is named "${issue.found}"${didYouMean(issue.found, issue.allowed, issue.meant)} (${known})`;
    }
    case 'missing':
      return `missing; give ${issue.allowed}`;
    case 'invalid_value':
      return `found ${issue.found}; allowed is ${issue.allowed}`;
    case 'missing_base':
      return `needs the optimizer's ${issue.base}, which it multiplies; set ${formatPath(optimizerBeside(issue.path))}.${issue.base}`;
    case 'unsafe_key':
      return 'a field of this name would change the prototype of an object; remove it';
    case 'misplaced_field':
      return `nothing reads it here; it belongs beside "${issue.beside}": move it to ${formatPath(issue.belongs)}`;
    case 'duplicate_parameter':
      return `"${issue.first}" and "${issue.second}" are the same parameter, which cannot be in two groups; set bypass_duplicate: true in paramwise_cfg to keep the first`;
    case 'unmatched_key': {
      const hint = issue.nearest === undefined ? '' : `; did you mean "${issue.nearest}"?`;
      return `matches no parameter, which strict: true refuses${hint}`;
    }
    case 'no_parameters':
      return `there is no parameter to train (${issue.skipped} left out); give at least one parameter that requires a gradient`;
    case 'already_registered':
      return `this name is taken in the registry (${issue.what}); pass { force: true } to replace what it stands for`;
  }
}

function didYouMean(found: string, allowed: readonly string[], meant?: string): string {
  const nearest = meant ?? nearestName(found, allowed);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}

/** `optim_wrapper.paramwise_cfg.custom_keys["a.b"][0]` */
export function formatPath(path: ConfigPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = String(part);
    if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

/** A value in a few words, for "found …". */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (value === null || typeof value !== 'object') return typeof value === 'function' ? 'a function' : String(value);
  const keys = Object.keys(value);
  return keys.length === 0 ? 'an empty mapping' : `a mapping with ${keys.slice(0, 5).join(', ')}`;
}

/**
 * The candidate that `name` was most likely meant to be: smallest edit distance, letter case ignored, at most a third
 * of the name's length (two at least) away, or `limit`. `undefined` where none is near.
 */
export function nearestName(
  name: string,
  candidates: Iterable<string>,
  limit = Math.max(2, Math.floor(name.length / 3)),
): string | undefined {
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) > limit) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    // A name with every letter replaced is not a misspelling, however short.
    if (distance >= Math.max(name.length, candidate.length)) continue;
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment) that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + cost);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) distance = Math.min(distance, older[j - 2]! + 1);
      row.push(distance);
    }
    older = previous;
    previous = row;
  }
  return previous[b.length]!;
}

/** The optimizer that a `paramwise_cfg` stands beside. */
function optimizerBeside(path: ConfigPath): ConfigPath {
  const at = path.indexOf('paramwise_cfg');
  return [...(at > 0 ? path.slice(0, at) : ['optim_wrapper']), 'optimizer'];
}
