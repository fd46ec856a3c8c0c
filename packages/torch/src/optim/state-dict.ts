/** An optimizer's state in the layout of `torch.optim.Optimizer.state_dict`. */
import { checkSettings, describeValue } from '@paramwise/core/internal';
import { keep } from '../handle.ts';
import { Tensor } from '../tensor.ts';
import type { Algorithm, Settings, Slot } from './algorithms/algorithm.ts';
import { refuseParams, type TorchParamGroup } from './groups.ts';
import type { Optimizer } from './optimizer.ts';
import { disposeState, firstState, makeSlot, type ParamState } from './state.ts';

/** What stands under a name in the state of a parameter. */
export type StateValue = Tensor | number | readonly (Tensor | number)[] | null;

/** Parameters stand as numbers, counted through all groups. */
export interface OptimizerStateDict {
  state: Record<number, Record<string, StateValue>>;
  param_groups: ({ params: number[] } & Record<string, unknown>)[];
  /** Steps of the optimizer, for `freeze_until`; PyTorch neither writes nor minds it. */
  step_count?: number;
}

/** One entry a parameter, tensors shared with the optimizer. */
export function writeStateDict(optimizer: Optimizer): OptimizerStateDict {
  const dict: OptimizerStateDict = { state: {}, param_groups: [], step_count: optimizer.stepCount };
  let number = 0;
  for (const group of optimizer.paramGroups) {
    const { params, paramNames, ...settings } = group;
    const algorithm = optimizer.algorithmOf(group);
    const numbers: number[] = [];
    for (const param of params) {
      const state = optimizer.state.get(param) ?? (algorithm.eager ? eagerState(optimizer, group, param) : undefined);
      if (state) dict.state[number] = writeState(algorithm, state);
      numbers.push(number++);
    }
    const names = paramNames && { param_names: [...paramNames] };
    dict.param_groups.push({ ...structuredClone(settings), ...names, params: numbers });
  }
  return dict;
}

function writeState({ savesStep = true }: Algorithm, { step, scalars, slots, lists }: ParamState) {
  return { ...(savesStep ? { step } : {}), ...scalars, ...slots, ...lists };
}

/** PyTorch's loader misses this state where a parameter had no gradient yet. The optimizer holds it from now on. */
function eagerState(optimizer: Optimizer, settings: Settings, param: Tensor): ParamState {
  const algorithm = optimizer.algorithmOf(settings);
  const slots = Object.entries(algorithm.slots(settings, param.shape)).map(([name, slot]) => [
    name,
    makeSlot(param, slot),
  ]);
  const state = { ...firstState(algorithm, settings), slots: Object.fromEntries(slots) };
  optimizer.state.set(param, state);
  return state;
}

/**
 * Takes over a state dict, this library's or PyTorch's.
 *
 * @throws ConfigError for settings that the algorithm refuses
 * @throws Error for groups or shapes that differ and for state that the algorithm does not have; nothing was changed then
 */
export function readStateDict(optimizer: Optimizer, dict: OptimizerStateDict): void {
  const owners = checkStateDict(optimizer, dict);
  // Everything is copied before anything is taken over.
  const loaded = new Map<Tensor, ParamState>();
  try {
    for (const [number, entry] of Object.entries(dict.state)) {
      const owner = owners.get(Number(number)) as Owner;
      loaded.set(owner.param, readState(entry, owner));
    }
  } catch (error) {
    for (const state of loaded.values()) disposeState(state);
    throw error;
  }
  for (const state of optimizer.state.values()) disposeState(state);
  optimizer.state.clear();
  for (const [param, state] of loaded) optimizer.state.set(param, state);
  // PyTorch does not count them: no parameter had more.
  const longest = Math.max(0, ...Array.from(loaded.values(), ({ step }) => step));
  optimizer.stepCount = dict.step_count ?? longest;
  for (const [index, { params: _, param_names: __, ...settings }] of dict.param_groups.entries())
    Object.assign(optimizer.paramGroups[index] as TorchParamGroup, structuredClone(settings));
}

/** Whose state an entry is, and the settings that come with it. */
interface Owner {
  param: Tensor;
  algorithm: Algorithm;
  settings: Settings;
}

/** Whose the entries of a state dict are. Throws as `readStateDict` does. */
export function checkStateDict(optimizer: Optimizer, dict: OptimizerStateDict): Map<number, Owner> {
  const owners = matchGroups(optimizer, dict);
  for (const [number, entry] of Object.entries(dict.state)) {
    const owner = owners.get(Number(number));
    if (!owner) throw new Error(`optimizer state dict: state for parameter ${number}, which is in no group`);
    checkEntry(entry, owner, number);
  }
  return owners;
}

function matchGroups(optimizer: Optimizer, dict: OptimizerStateDict): Map<number, Owner> {
  const { paramGroups } = optimizer;
  if (dict.param_groups.length !== paramGroups.length)
    throw new Error(
      `optimizer state dict: it has ${dict.param_groups.length} parameter groups, the optimizer has ${paramGroups.length}`,
    );
  const owners = new Map<number, Owner>();
  dict.param_groups.forEach((saved, index) => {
    const own = paramGroups[index] as TorchParamGroup;
    if (saved.params.length !== own.params.length)
      throw new Error(
        `optimizer state dict: group ${index} has ${saved.params.length} parameters, the optimizer's has ${own.params.length}`,
      );
    const settings = { ...own, ...saved, params: own.params, paramNames: own.paramNames };
    const path = ['optimizer state dict', 'param_groups', index];
    const algorithm = optimizer.algorithmOf(settings, path);
    checkSettings(algorithm, settings, path);
    refuseParams(algorithm, settings, path);
    for (const [i, number] of saved.params.entries())
      owners.set(number, { param: own.params[i] as Tensor, algorithm, settings });
  });
  return owners;
}

function checkEntry(entry: Record<string, StateValue>, owner: Owner, number: string): void {
  const { param, algorithm, settings } = owner;
  const expected = algorithm.slots(settings, param.shape);
  const { scalars } = firstState(algorithm, settings);
  const known = new Set(['step', ...Object.keys(scalars), ...Object.keys(expected), ...(algorithm.mayHold ?? [])]);
  for (const [name, value] of Object.entries(entry)) {
    if (value === null || value === undefined) continue;
    if (!known.has(name))
      throw new Error(
        `optimizer state dict: "${name}" of parameter ${number} is no state of ${algorithm.name}, which has ${[...known].join(', ')}`,
      );
    if (!(name in expected)) continue;
    const slot = expected[name] as Slot;
    const shape = typeof slot === 'number' ? param.shape : slot;
    const found = value instanceof Tensor ? `shape [${value.shape}]` : `no tensor but ${describeValue(value)}`;
    if (found !== `shape [${shape}]`)
      throw new Error(`optimizer state dict: ${name} of parameter ${number} has ${found}, the parameter [${shape}]`);
  }
}

function readState(entry: Record<string, StateValue>, { param, algorithm, settings }: Owner): ParamState {
  const state = firstState(algorithm, settings);
  const expected = algorithm.slots(settings, param.shape);
  for (const [name, value] of Object.entries(entry)) {
    if (value === null || value === undefined) continue;
    // PyTorch keeps the step, and other numbers, as a tensor of one element in newer versions, as a number in older ones.
    if (name === 'step') state.step = toNumber(value);
    else if (Array.isArray(value)) readList(state, name, value);
    // A copy laid out like the parameter, as the kernel needs it.
    else if (name in expected)
      state.slots[name] = makeSlot(param, expected[name] as Slot).copy_((value as Tensor).detach());
    else if (value instanceof Tensor && value.ndim > 0) state.slots[name] = keep(value.detach().clone());
    else state.scalars[name] = toNumber(value);
  }
  return state;
}

function toNumber(value: StateValue): number {
  return Number(value instanceof Tensor ? value.item() : value);
}

/** Lists of tensors are copied; lists of numbers are derived from them and left out. */
function readList(state: ParamState, name: string, values: readonly (Tensor | number)[]): void {
  const tensors = values.filter((value): value is Tensor => value instanceof Tensor && value.ndim > 0);
  if (tensors.length < values.length) return;
  state.lists ??= {};
  state.lists[name] = tensors.map((value) => keep(value.detach().clone()));
}
