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

/** What an optimizer accepts: tensors, or groups of them with settings of their own. */
export type ParamsInput =
  | Iterable<Tensor>
  | Iterable<{ params: Tensor | Iterable<Tensor>; [setting: string]: unknown }>;

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
