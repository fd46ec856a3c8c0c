/** What an optimizer's state dict must be: all of it is checked before anything is taken over. */
import type { ConfigPath } from '@paramwise/core';
import { checkSettings, describeValue } from '@paramwise/core/internal';
import { Tensor } from '../tensor.ts';
import type { Algorithm, Settings, Slot } from './algorithms/algorithm.ts';
import { refuseParams, type TorchParamGroup } from './groups.ts';
import { firstState, type ParamState } from './state.ts';

/** What stands under a name in the state of a parameter. */
export type StateValue = Tensor | number | readonly (Tensor | number)[] | null;

/** Parameters stand as numbers, counted through all groups. */
export interface OptimizerStateDict {
  state: Record<number, Record<string, StateValue>>;
  param_groups: ({ params: number[] } & Record<string, unknown>)[];
  /** Steps of the optimizer, for `freeze_until`; PyTorch neither writes nor minds it. */
  step_count?: number;
}

/** What has such a state: an optimizer. */
export interface StateHolder {
  readonly paramGroups: readonly TorchParamGroup[];
  readonly state: Map<Tensor, ParamState>;
  stepCount: number;
  algorithmOf(group: Settings, path?: ConfigPath): Algorithm;
  /** Whether the state of this parameter is kept here. */
  holds(param: Tensor): boolean;
}

/** Whose state an entry is, and the settings that come with it. */
export interface Owner {
  param: Tensor;
  algorithm: Algorithm;
  settings: Settings;
}

/** A state dict that was checked: owners by the numbers of the dict, and copies of the settings of each group. */
export interface CheckedStateDict {
  owners: ReadonlyMap<string, Owner>;
  settings: readonly Settings[];
}

function refuse(what: string): never {
  throw new Error(`optimizer state dict: ${what}`);
}

/**
 * Checks a state dict against the optimizer that is to take it over, which it leaves as it is.
 *
 * Of a parameter's state all is needed that its algorithm keeps, or nothing. Only a slot that a setting brings in
 * (`momentum_buffer`, `max_exp_avg_sq`) may be missing: it begins anew, as where the setting changes during a run.
 *
 * @throws ConfigError for settings that the algorithm refuses
 * @throws Error for a dict of another form, for groups or shapes that differ, and for state that the algorithm does not have
 */
export function checkStateDict(holder: StateHolder, dict: OptimizerStateDict): CheckedStateDict {
  const { state, param_groups, step_count } = fieldsOf(dict, 'the dict');
  if (!Array.isArray(param_groups))
    refuse(`param_groups is ${describeValue(param_groups)}; it must be a list of groups`);
  if (step_count !== undefined && !isCount(step_count)) refuseCount('step_count', step_count);
  const checked = matchGroups(holder, param_groups);
  for (const [number, entry] of Object.entries(fieldsOf(state, 'state'))) {
    const owner = checked.owners.get(number);
    if (!owner) refuse(`state for parameter ${number}, which is in no group`);
    checkEntry(fieldsOf(entry, `state of parameter ${number}`), owner, number);
  }
  return checked;
}

/** The own fields of a mapping: what it inherits is nothing that a dict says. */
function fieldsOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Tensor)
    refuse(`${what} is ${value instanceof Tensor ? 'a tensor' : describeValue(value)}; it must be a mapping`);
  const fields: Record<string, unknown> = Object.create(null);
  for (const [name, each] of Object.entries(value)) fields[name] = each;
  return fields;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

function refuseCount(what: string, value: unknown): never {
  refuse(`${what} is ${describeValue(value)}; it must be a whole number from 0`);
}

function matchGroups(holder: StateHolder, saved: readonly unknown[]): CheckedStateDict {
  const { paramGroups } = holder;
  if (saved.length !== paramGroups.length)
    refuse(`it has ${saved.length} parameter groups, the optimizer has ${paramGroups.length}`);
  const owners = new Map<string, Owner>();
  const copies = Array.from(saved, (group, index) => {
    const own = paramGroups[index] as TorchParamGroup;
    const { params, param_names: _, ...settings } = fieldsOf(group, `group ${index}`);
    const numbers = checkNumbers(params, own, index);
    const copy = copySettings(settings, `group ${index}`);
    const complete = { ...own, ...copy, params: own.params, paramNames: own.paramNames };
    const path = ['optimizer state dict', 'param_groups', index];
    const algorithm = holder.algorithmOf(complete, path);
    checkSettings(algorithm, complete, path);
    refuseParams(algorithm, complete, path);
    for (const [i, number] of numbers.entries()) {
      if (owners.has(String(number))) refuse(`parameter ${number} stands twice in the groups`);
      owners.set(String(number), { param: own.params[i] as Tensor, algorithm, settings: complete });
    }
    return copy;
  });
  return { owners, settings: copies };
}

function checkNumbers(params: unknown, own: TorchParamGroup, index: number): number[] {
  if (!Array.isArray(params))
    refuse(`params of group ${index} is ${describeValue(params)}; it must be a list of numbers`);
  for (const number of params) if (!isCount(number)) refuseCount(`a parameter of group ${index}`, number);
  if (params.length !== own.params.length)
    refuse(`group ${index} has ${params.length} parameters, the optimizer's has ${own.params.length}`);
  return params;
}

/**
 * Settings of a group as a dict holds them: copies.
 *
 * @throws Error that names a setting that cannot be copied, or that is no setting
 */
export function copySettings(settings: Settings, group: string): Settings {
  const copy: Settings = {};
  for (const [name, value] of Object.entries(settings)) {
    if (name === 'paramNames' || name in Object.prototype) refuse(`"${name}" of ${group} is no name of a setting`);
    copy[name] = copyOf(value, `${name} of ${group}`);
  }
  return copy;
}

function copyOf(value: unknown, what: string): unknown {
  if (value instanceof Tensor) refuse(`${what} is a tensor; a setting is a number, a text or a list of these`);
  try {
    return structuredClone(value);
  } catch (cause) {
    throw new Error(`optimizer state dict: ${what} is ${describeValue(value)}, which cannot be copied`, { cause });
  }
}

function checkEntry(entry: Readonly<Record<string, unknown>>, owner: Owner, number: string): void {
  const { param, algorithm, settings } = owner;
  const wanted = algorithm.slots(settings, param.shape);
  const { scalars } = firstState(algorithm, settings);
  const optional = algorithm.mayHold ?? [];
  const known = new Set(['step', ...Object.keys(scalars), ...Object.keys(wanted), ...optional]);
  const held = Object.entries(entry).filter(([, value]) => value !== null && value !== undefined);
  for (const [name, value] of held) {
    if (!known.has(name))
      refuse(`"${name}" of parameter ${number} is no state of ${algorithm.name}, which has ${[...known].join(', ')}`);
    const what = `${name} of parameter ${number}`;
    if (name === 'step') checkStep(value, what);
    else if (Object.hasOwn(wanted, name)) checkSlot(value, wanted[name] as Slot, param, what);
    else if (optional.includes(name)) checkOptional(value, what);
    else checkNumber(value, what);
  }
  const needed = ['step', ...Object.keys(scalars), ...Object.keys(wanted)].filter(
    (name) => !optional.includes(name) && (name !== 'step' || algorithm.savesStep !== false),
  );
  const isNew = held.every(([name, value]) => name === 'step' && toNumber(value) === 0);
  const missing = isNew ? [] : needed.filter((name) => entry[name] === null || entry[name] === undefined);
  if (missing.length > 0)
    refuse(
      `parameter ${number} has no ${missing.join(' and no ')}: ${algorithm.name} keeps ${needed.join(', ')}; all are needed, or none`,
    );
}

/** PyTorch keeps the step, and other numbers, as a tensor of one element in newer versions, as a number in older ones. */
export function toNumber(value: unknown): number {
  return Number(value instanceof Tensor ? value.item() : value);
}

function checkNumber(value: unknown, what: string): void {
  const isNumber = value instanceof Tensor ? value.numel === 1 : typeof value === 'number';
  if (!isNumber || !Number.isFinite(toNumber(value)))
    refuse(`${what} is ${nameValue(value)}; it must be a finite number, or a tensor of one`);
}

function checkStep(value: unknown, what: string): void {
  checkNumber(value, what);
  if (!isCount(toNumber(value))) refuseCount(what, toNumber(value));
}

function checkSlot(value: unknown, slot: Slot, { shape }: Tensor, what: string): void {
  const expected = typeof slot === 'number' ? shape : slot;
  const found = value instanceof Tensor ? `shape [${value.shape}]` : `no tensor but ${describeValue(value)}`;
  if (found !== `shape [${expected}]`) refuse(`${what} has ${found}, the parameter [${expected}]`);
}

/** Held for other settings: a tensor, a number or a list of these. A run that diverged holds what is not finite. */
function checkOptional(value: unknown, what: string): void {
  if (Array.isArray(value)) {
    for (const item of value) if (item !== null) checkOptional(item, `an item of ${what}`);
  } else if (!(value instanceof Tensor) && typeof value !== 'number') checkNumber(value, what);
}

function nameValue(value: unknown): string {
  if (!(value instanceof Tensor)) return describeValue(value);
  return value.numel === 1 ? `a tensor of ${value.item()}` : `a tensor of shape [${value.shape}]`;
}
