/** Settings of optimizers and of their parameter groups: completed with the defaults, and checked. */
import { copyPlain, isMapping } from '../config/check.ts';
import { ConfigError, type ConfigPath, describeValue, type Issue } from '../config/errors.ts';
import type { AlgorithmInfo, Settings } from './algorithm.ts';
import { anyNumber, atLeast, type Rule } from './rules.ts';

/**
 * Checked options merged with the algorithm's defaults.
 *
 * @throws ConfigError for options that are no object, for an unknown one and for a value out of range
 */
export function completeDefaults(info: AlgorithmInfo, options: Settings, path: ConfigPath): Settings {
  refusePositional(options, path);
  const allowed = Object.keys(info.defaults);
  const unknown = Object.keys(options).filter(
    (name) => options[name] !== undefined && !Object.hasOwn(info.defaults, name),
  );
  if (unknown.length > 0)
    throw new ConfigError(unknown.map((name) => ({ code: 'unknown_field', path: [...path, name], allowed })));
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  checkSettings(info, { ...info.defaults, ...given }, path);
  refuseUnsavable(given, path);
  // Without structuredClone, which not every place has that core runs in.
  return copyPlain({ ...info.defaults, ...given }, path) as Settings;
}

/** `new SGD(params, 0.1)`: as an object a number has no fields, and every default would hold. */
function refusePositional(options: unknown, path: ConfigPath): void {
  if (typeof options === 'object' && options !== null && !(Symbol.iterator in options)) return;
  const lr = typeof options === 'number' ? options : 0.1;
  throw new ConfigError([
    { code: 'invalid_value', path, found: describeValue(options), allowed: `an object of options: { lr: ${lr} }` },
  ]);
}

/** Settings that mean the same to every algorithm. */
const SHARED = ['lr', 'weight_decay', 'maximize'] as const;

/** Defaults of a group that an algorithm other than the optimizer's steps; `given` is what the optimizer was told. */
export function groupDefaults(info: AlgorithmInfo, given: Settings): Settings {
  const shared = SHARED.filter((name) => given[name] !== undefined && Object.hasOwn(info.defaults, name));
  return { ...info.defaults, ...Object.fromEntries(shared.map((name) => [name, given[name]])) };
}

/** Fields that a person may write into a group of any algorithm. */
const WRITTEN_FIELDS = ['algorithm', 'freeze_until', 'lr_mult', 'decay_mult', 'name'] as const;

/** Fields that a group may have whatever steps it: besides the written ones those of the group itself and of schedulers. */
export const GROUP_FIELDS: ReadonlySet<string> = new Set([
  ...WRITTEN_FIELDS,
  ...['params', 'paramNames', 'param_names'],
  ...['initial_lr', 'max_lr', 'min_lr'],
]);

const INITIAL = 'initial_';

/** Whether it is where a scheduler keeps the first value of what it schedules: `initial_momentum`. */
function isInitialValue({ defaults }: AlgorithmInfo, name: string): boolean {
  if (!name.startsWith(INITIAL)) return false;
  const scheduled = name.slice(INITIAL.length);
  return Object.hasOwn(defaults, scheduled) || (scheduled === 'momentum' && Object.hasOwn(defaults, 'betas'));
}

/** A field of a group that no part of the algorithm reads, for each an issue that lists those it knows. */
export function unknownSettings(info: AlgorithmInfo, settings: Settings, path: ConfigPath): Issue[] {
  const allowed = [...Object.keys(info.defaults), ...WRITTEN_FIELDS];
  return Object.keys(settings)
    .filter((name) => settings[name] !== undefined && !isKnown(info, name))
    .map((name) => ({ code: 'unknown_field', path: [...path, name], allowed }));
}

/** Whether a field of a group means something to the algorithm, or to what surrounds it. */
export function isKnown(info: AlgorithmInfo, name: string): boolean {
  return Object.hasOwn(info.defaults, name) || GROUP_FIELDS.has(name) || isInitialValue(info, name);
}

/** Throws a ConfigError for every setting that no checkpoint can hold: a function, an instance of a class. */
export function refuseUnsavable(settings: Settings, path: ConfigPath): void {
  const issues = Object.entries(settings).flatMap(([name, value]) => unsavable(value, [...path, name], []));
  if (issues.length > 0) throw new ConfigError(issues);
}

function unsavable(value: unknown, path: ConfigPath, inside: readonly unknown[]): Issue[] {
  if (value === null || ['boolean', 'number', 'string', 'undefined'].includes(typeof value)) return [];
  if ((Array.isArray(value) || isMapping(value)) && !inside.includes(value)) {
    const items = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    return items.flatMap(([at, item]) => unsavable(item, [...path, at], [...inside, value]));
  }
  const allowed = 'plain data, which a checkpoint can hold: numbers, strings, true, false, null, lists and mappings';
  return [{ code: 'invalid_value', path, found: describeValue(value), allowed }];
}

/** What every object has something by the name of, so that a setting of that name would be mistaken for it. */
const noSetting: Rule = { allowed: 'no field of this name: every object has one', holds: () => false };

/** Rules of the fields that a group may have whatever steps it. */
const groupRules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(Object.getOwnPropertyNames(Object.prototype).map((name) => [name, noSetting])),
  freeze_until: atLeast(0),
  ...Object.fromEntries(['initial_lr', 'initial_momentum', 'max_lr', 'min_lr'].map((name) => [name, anyNumber])),
};

/** The rules of each algorithm with those of every group, in a table that inherits nothing. */
const tables = new WeakMap<AlgorithmInfo, Readonly<Record<string, Rule>>>();

function rulesOf(info: AlgorithmInfo): Readonly<Record<string, Rule>> {
  const known = tables.get(info);
  if (known) return known;
  const made: Record<string, Rule> = Object.assign(Object.create(null), groupRules, info.rules);
  tables.set(info, made);
  return made;
}

/** Throws a ConfigError with every setting that the algorithm refuses. */
export function checkSettings(info: AlgorithmInfo, settings: Settings, path: ConfigPath): void {
  const rules = rulesOf(info);
  const issues: Issue[] = [];
  for (const name in settings) {
    const rule = rules[name];
    if (!rule || rule.holds(settings[name])) continue;
    issues.push({
      code: 'invalid_value',
      path: [...path, name],
      found: describeValue(settings[name]),
      allowed: rule.allowed,
    });
  }
  const conflict = issues.length === 0 ? info.conflict?.(settings) : undefined;
  if (conflict)
    issues.push({
      code: 'invalid_value',
      path,
      found: 'settings that exclude each other',
      allowed: `a combination in which ${conflict}`,
    });
  if (issues.length > 0) throw new ConfigError(issues);
}

/**
 * Throws a ConfigError for every setting of a group that is written in camelCase, as `weightDecay`: carried along as a
 * field that nobody knows, it would leave the default in place without a word.
 */
export function refuseCamelCase(info: AlgorithmInfo, settings: Settings, path: ConfigPath): void {
  const issues = Object.keys(settings).flatMap((name): Issue[] => {
    const spelled = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (spelled === name || !(Object.hasOwn(info.defaults, spelled) || spelled === 'freeze_until')) return [];
    return [{ code: 'unknown_field', path: [...path, name], allowed: [spelled] }];
  });
  if (issues.length > 0) throw new ConfigError(issues);
}
