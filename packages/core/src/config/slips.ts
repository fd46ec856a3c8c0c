/** Fields of `paramwise_cfg` that MMEngine ignores without a word: refused, and left out where the config says `strict: false`. */
import { copyPlain, isMapping } from './check.ts';
import { ConfigError, type ConfigPath, formatPath, type Issue } from './errors.ts';

/** Slips in configs that others start from, and what they were to be. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ['decay_multi', 'did you mean "decay_mult"?'],
  ['wd_mult', 'did you mean "decay_mult"?'],
  ['lr_multi', 'did you mean "lr_mult"?'],
  ['_delete', 'did you mean "_delete_"? A base has nothing here to be replaced: remove it.'],
  ['_delete_', 'a mark of inheritance that found nothing to replace: remove it.'],
]);

const IGNORED = 'MMEngine ignores it; strict: false in paramwise_cfg has it ignored here, with a warning';

/** Whether a field is a slip that is known. */
export function isSlip(field: string): boolean {
  return MEANT.has(field);
}

/** What to say of a field that is one of these slips. */
export function slipText(field: string): string | undefined {
  const meant = MEANT.get(field);
  return meant === undefined ? undefined : `${meant} ${IGNORED}`;
}

/** Issues of unknown fields, with what is known about them. */
export function explainSlips(issues: readonly Issue[]): Issue[] {
  return issues.map((issue) => (isIgnorable(issue) ? { ...issue, meant: slipText(String(issue.path.at(-1))) } : issue));
}

export type UnknownField = Extract<Issue, { code: 'unknown_field' }>;

/** A field of `paramwise_cfg` or of a custom key that nothing reads, there or here. */
function isIgnorable(issue: Issue): issue is UnknownField {
  const { code, path } = issue;
  if (code !== 'unknown_field' || path[0] !== 'paramwise_cfg') return false;
  return path.length === 2 || (path.length === 4 && path[1] === 'custom_keys');
}

export interface Lenient<T> {
  readonly config: T;
  /** What was left out. */
  readonly warnings: readonly string[];
}

/**
 * Parses a `paramwise_cfg`; with `strict: false` in it, without the fields that nothing reads.
 *
 * @throws ConfigError as `parse`.
 */
export function parseLeniently<T>(config: unknown, parse: (config: unknown) => T): Lenient<T> {
  try {
    return { config: parse(config), warnings: [] };
  } catch (error) {
    if (!(error instanceof ConfigError) || !isLenient(config)) throw error;
    const left = error.issues.filter(isIgnorable);
    if (left.length === 0) throw error;
    const copy = copyPlain(config, ['paramwise_cfg']);
    for (const { path } of left) remove(copy, path.slice(1));
    const rest = parseLeniently(copy, parse);
    return { config: rest.config, warnings: [...left.map(ignoredText), ...rest.warnings] };
  }
}

/** Whether a `paramwise_cfg` asks for warnings in place of refusals. */
function isLenient(config: unknown): boolean {
  return isMapping(config) && config.strict === false;
}

/** What is said of a field in place of an error. */
export function ignoredText({ path }: UnknownField): string {
  const meant = MEANT.get(String(path.at(-1)));
  return `${formatPath(path)} is ignored, here as in MMEngine (strict: false)${meant === undefined ? '' : `; ${meant}`}`;
}

function remove(value: unknown, [field, ...rest]: ConfigPath): void {
  if (!isMapping(value)) return;
  if (rest.length === 0) delete value[String(field)];
  else remove(value[String(field)], rest);
}
