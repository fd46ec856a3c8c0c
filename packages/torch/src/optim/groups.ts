/** Parameter groups at an optimizer's door: given in PyTorch's forms, checked, completed with the defaults. */
import { ConfigError, type ConfigPath, type Issue } from '@paramwise/core';
import { describeValue } from '@paramwise/core/internal';
import { Tensor } from '../tensor.ts';
import type { Algorithm, Settings } from './algorithms/algorithm.ts';
import { atLeast, type Rule } from './rules.ts';

/** Parameters with one set of settings; fields that the algorithm does not know are carried along. */
export interface TorchParamGroup {
  params: Tensor[];
  /** Path of each of `params` in its model, where known. */
  paramNames?: string[];
  lr?: number;
  weight_decay?: number;
  /** Name of the algorithm that steps this group. Default: the optimizer's own. */
  algorithm?: string;
  /** Steps of the optimizer during which this group is left alone. Default 0. */
  freeze_until?: number;
  [setting: string]: unknown;
}

/** What an optimizer accepts: tensors, or groups of them with settings of their own. */
export type ParamsInput =
  | Iterable<Tensor>
  | Iterable<{ params: Tensor | Iterable<Tensor>; [setting: string]: unknown }>;

/** Checked options merged with the algorithm's defaults. Throws for an unknown option or a value out of range. */
export function completeDefaults(algorithm: Algorithm, options: Settings, path: ConfigPath): Settings {
  const allowed = Object.keys(algorithm.defaults);
  const unknown = Object.keys(options).filter(
    (name) => options[name] !== undefined && !Object.hasOwn(algorithm.defaults, name),
  );
  if (unknown.length > 0)
    throw new ConfigError(unknown.map((name) => ({ code: 'unknown_field', path: [...path, name], allowed })));
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const defaults = { ...structuredClone(algorithm.defaults), ...given };
  checkSettings(algorithm, defaults, path);
  return defaults;
}

/** Settings that mean the same to every algorithm. */
const SHARED = ['lr', 'weight_decay', 'maximize'] as const;

/** Defaults of a group that an algorithm other than the optimizer's steps; `given` is what the optimizer was told. */
export function groupDefaults(algorithm: Algorithm, given: Settings): Settings {
  const shared = SHARED.filter((name) => given[name] !== undefined && Object.hasOwn(algorithm.defaults, name));
  return { ...algorithm.defaults, ...Object.fromEntries(shared.map((name) => [name, given[name]])) };
}

/** Fields that a group may have whatever steps it. */
const groupRules: Readonly<Record<string, Rule>> = { freeze_until: atLeast(0) };

/** Throws a ConfigError with every setting that the algorithm refuses. */
export function checkSettings(algorithm: Algorithm, settings: Settings, path: ConfigPath): void {
  const issues: Issue[] = [];
  for (const name in settings) {
    const rule = algorithm.rules[name] ?? groupRules[name];
    if (!rule || rule.holds(settings[name])) continue;
    issues.push({
      code: 'invalid_value',
      path: [...path, name],
      found: describeValue(settings[name]),
      allowed: rule.allowed,
    });
  }
  const conflict = issues.length === 0 ? algorithm.conflict?.(settings) : undefined;
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
export function refuseCamelCase(algorithm: Algorithm, settings: Settings, path: ConfigPath): void {
  const known = { ...algorithm.defaults, ...groupRules };
  const issues = Object.keys(settings).flatMap((name): Issue[] => {
    const spelled = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (spelled === name || !Object.hasOwn(known, spelled)) return [];
    return [{ code: 'unknown_field', path: [...path, name], allowed: [spelled] }];
  });
  if (issues.length > 0) throw new ConfigError(issues);
}

/** Throws a ConfigError for every parameter that the algorithm cannot step, with what can. */
export function refuseParams(algorithm: Algorithm, group: TorchParamGroup, path: ConfigPath): void {
  const issues = group.params.flatMap((param, i): Issue[] => {
    const refused = algorithm.refuses?.(param, group);
    if (!refused) return [];
    const name = group.paramNames?.[i];
    const found = name === undefined ? refused.found : `"${name}" of ${refused.found}`;
    return [
      {
        code: 'invalid_value',
        path: [...path, 'params', i],
        found,
        allowed: `${algorithm.name} takes ${refused.allowed}`,
      },
    ];
  });
  if (issues.length > 0) throw new ConfigError(issues);
}

/** What messages call a parameter: its path, or its place. */
export function nameIn(group: number, index: number, names: readonly string[] | undefined): string {
  return names?.[index] ?? `group ${group}, parameter ${index}`;
}

/** Groups from whatever was given: a list of tensors is one group. */
export function toGroups(params: ParamsInput, path: ConfigPath): TorchParamGroup[] {
  if (!isIterable(params))
    throw new ConfigError([
      {
        code: 'invalid_value',
        path,
        found: describeValue(params),
        allowed: 'a list of tensors, or of groups: [{ params: … }]',
      },
    ]);
  const items = [...params] as unknown[];
  if (items.length === 0) throw new ConfigError([{ code: 'missing', path, allowed: 'at least one parameter' }]);
  if (items.every((item) => item instanceof Tensor)) return [{ params: items as Tensor[] }];
  return items.map((item, index) => toGroup(item, [...path, index]));
}

/** One group with its tensors as a new list. Throws for anything but a mapping with `params`. */
export function toGroup(item: unknown, path: ConfigPath): TorchParamGroup {
  const params = typeof item === 'object' && item !== null && 'params' in item ? item.params : undefined;
  const list = params instanceof Tensor ? [params] : isIterable(params) ? [...params] : undefined;
  if (!list || list.length === 0)
    throw new ConfigError([
      {
        code: 'invalid_value',
        path,
        found: describeValue(item),
        allowed: 'a Tensor, or a group with at least one Tensor in `params`',
      },
    ]);
  for (const [index, param] of list.entries()) checkParameter(param, [...path, 'params', index]);
  // A field that is undefined is one that is not given: the default holds.
  const given = Object.entries(item as object).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), params: list as Tensor[] };
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function checkParameter(param: unknown, path: ConfigPath): void {
  if (!(param instanceof Tensor))
    throw new ConfigError([{ code: 'invalid_value', path, found: describeValue(param), allowed: 'a Tensor' }]);
  if (!param.isLeaf)
    throw new ConfigError([
      {
        code: 'invalid_value',
        path,
        found: 'a tensor that was computed from others',
        allowed: 'a leaf: a Parameter, or a tensor with requiresGrad',
      },
    ]);
}
