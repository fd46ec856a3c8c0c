/** Parameter groups at an optimizer's door: given in PyTorch's forms, checked, completed with the defaults. */
import { ConfigError, type ConfigPath, type Issue } from '@paramwise/core';
import { describeValue } from '@paramwise/core/internal';
import { Tensor } from '../tensor.ts';
import type { Algorithm } from './algorithms/algorithm.ts';

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

/** Tensors, with their names where messages shall use them: `[['head.weight', tensor], …]`. */
type Tensors = Iterable<Tensor> | Iterable<readonly [name: string, tensor: Tensor]>;

/** A group as it is given. */
export interface GroupInput {
  params: Tensor | Tensors;
  [setting: string]: unknown;
}

/** What an optimizer accepts: tensors, or groups of them with settings of their own. */
export type ParamsInput = Tensors | Iterable<GroupInput>;

/** Throws a ConfigError for every parameter that the algorithm cannot step, with what can. */
export function refuseParams(algorithm: Algorithm, group: TorchParamGroup, path: ConfigPath): void {
  const issues = group.params.flatMap((param, i): Issue[] => {
    const refused = algorithm.refuses?.(param.shape, group);
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

/** Groups from whatever was given: a list of tensors is one group. What is in a group is for `toGroup` to check. */
export function toGroups(params: ParamsInput, path: ConfigPath): GroupInput[] {
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
  if (items.every((item) => item instanceof Tensor) || items.every(isNamed)) return [{ params: items as Tensor[] }];
  for (const [index, item] of items.entries()) if (!isGroup(item)) throw noGroup(item, [...path, index]);
  return items as GroupInput[];
}

/**
 * One group with its tensors as a new list.
 *
 * @throws ConfigError for anything but a mapping with `params`
 */
export function toGroup(item: unknown, path: ConfigPath): TorchParamGroup {
  if (!isGroup(item)) throw noGroup(item, path);
  const { params, paramNames, ...settings } = item;
  const list = params instanceof Tensor ? [params] : isIterable(params) ? [...params] : [];
  if (list.length === 0) throw noGroup(item, path);
  const named = list.every(isNamed);
  const tensors = named ? list.map(([, tensor]) => tensor) : list;
  for (const [index, param] of tensors.entries()) checkParameter(param, [...path, 'params', index]);
  const names = paramNames ?? (named ? list.map(([name]) => name) : undefined);
  checkNames(names, list.length, [...path, 'paramNames']);
  // A field that is undefined is one that is not given: the default holds.
  const given = Object.entries({ ...settings, paramNames: names }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), params: tensors as Tensor[] };
}

const isGroup = (item: unknown): item is { params: unknown; [setting: string]: unknown } =>
  typeof item === 'object' && item !== null && !(item instanceof Tensor) && 'params' in item;

const isNamed = (item: unknown): item is readonly [string, Tensor] =>
  Array.isArray(item) && item.length === 2 && typeof item[0] === 'string' && item[1] instanceof Tensor;

const noGroup = (item: unknown, path: ConfigPath) =>
  new ConfigError([
    {
      code: 'invalid_value',
      path,
      found: describeValue(item),
      allowed: 'a Tensor, or a group with at least one Tensor in `params`',
    },
  ]);

function checkNames(names: unknown, length: number, path: ConfigPath): void {
  if (names === undefined) return;
  if (Array.isArray(names) && names.length === length && names.every((name) => typeof name === 'string')) return;
  throw new ConfigError([
    {
      code: 'invalid_value',
      path,
      found: describeValue(names),
      allowed: `a list of names, one for each of \`params\` (${length})`,
    },
  ]);
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
