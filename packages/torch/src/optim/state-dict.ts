/** An optimizer's state in the layout of `torch.optim.Optimizer.state_dict`. */
import { keep } from '../handle.ts';
import { Tensor } from '../tensor.ts';
import type { Algorithm, Settings, Slot } from './algorithms/algorithm.ts';
import type { TorchParamGroup } from './groups.ts';
import { disposeState, firstState, makeSlot, type ParamState } from './state.ts';
import {
  checkStateDict,
  copySettings,
  type OptimizerStateDict,
  type Owner,
  type StateHolder,
  type StateValue,
  toNumber,
} from './state-dict-check.ts';

export { checkStateDict, type OptimizerStateDict, type StateValue } from './state-dict-check.ts';

/** One entry a parameter, tensors shared with the optimizer. */
export function writeStateDict(holder: StateHolder): OptimizerStateDict {
  const dict: OptimizerStateDict = { state: {}, param_groups: writeGroups(holder), step_count: holder.stepCount };
  let number = 0;
  for (const group of holder.paramGroups) {
    const algorithm = holder.algorithmOf(group);
    for (const param of group.params) {
      const state =
        holder.state.get(param) ??
        (algorithm.eager && holder.holds(param) ? eagerState(holder, group, param) : undefined);
      if (state) dict.state[number] = writeState(algorithm, state);
      number++;
    }
  }
  return dict;
}

/**
 * The settings of every group, its parameters as numbers.
 *
 * @throws Error that names a setting that cannot be copied
 */
export function writeGroups({ paramGroups }: Pick<StateHolder, 'paramGroups'>): OptimizerStateDict['param_groups'] {
  let number = 0;
  return paramGroups.map(({ params, paramNames, ...settings }, index) => ({
    ...copySettings(settings, `group ${index}`),
    ...(paramNames && { param_names: [...paramNames] }),
    params: params.map(() => number++),
  }));
}

function writeState({ savesStep = true }: Algorithm, { step, scalars, slots, lists }: ParamState) {
  return { ...(savesStep ? { step } : {}), ...scalars, ...slots, ...lists };
}

/** PyTorch's loader misses this state where a parameter had no gradient yet. The optimizer holds it from now on. */
function eagerState(holder: StateHolder, settings: Settings, param: Tensor): ParamState {
  const algorithm = holder.algorithmOf(settings);
  const slots = Object.entries(algorithm.slots(settings, param.shape)).map(([name, slot]) => [
    name,
    makeSlot(param, slot),
  ]);
  const state = { ...firstState(algorithm, settings), slots: Object.fromEntries(slots) };
  holder.state.set(param, state);
  return state;
}

/**
 * Takes over a state dict, this library's or PyTorch's.
 *
 * @throws ConfigError, Error as `checkStateDict`; nothing was changed then
 */
export function readStateDict(holder: StateHolder, dict: OptimizerStateDict): void {
  const { owners, settings } = checkStateDict(holder, dict);
  // Everything is copied before anything is taken over.
  const loaded = new Map<Tensor, ParamState>();
  try {
    for (const [number, entry] of Object.entries(dict.state)) {
      const owner = owners.get(number) as Owner;
      if (!holder.holds(owner.param)) continue;
      const state = firstState(owner.algorithm, owner.settings);
      loaded.set(owner.param, state);
      readState(state, entry, owner);
    }
  } catch (error) {
    for (const state of loaded.values()) disposeState(state);
    throw error;
  }
  for (const state of holder.state.values()) disposeState(state);
  holder.state.clear();
  for (const [param, state] of loaded) holder.state.set(param, state);
  // PyTorch does not count them: no parameter had more.
  const longest = Math.max(0, ...Array.from(loaded.values(), ({ step }) => step));
  holder.stepCount = dict.step_count ?? longest;
  for (const [index, copy] of settings.entries()) Object.assign(holder.paramGroups[index] as TorchParamGroup, copy);
}

function readState(state: ParamState, entry: Record<string, StateValue>, { param, algorithm, settings }: Owner): void {
  const wanted = algorithm.slots(settings, param.shape);
  for (const [name, value] of Object.entries(entry)) {
    if (value === null || value === undefined) continue;
    if (name === 'step') state.step = toNumber(value);
    else if (Array.isArray(value)) readList(state, name, value);
    else if (Object.hasOwn(wanted, name)) readSlot(state, name, value as Tensor, param, wanted[name] as Slot);
    else if (value instanceof Tensor && value.ndim > 0) state.slots[name] = keep(value.detach().clone());
    else state.scalars[name] = toNumber(value);
  }
}

/** A copy laid out like the parameter, as the kernel needs it. */
function readSlot({ slots }: ParamState, name: string, value: Tensor, param: Tensor, slot: Slot): void {
  const made = makeSlot(param, slot);
  slots[name] = made;
  made.copy_(value.detach());
}

/** Lists of tensors are copied; lists of numbers are derived from them and left out. */
function readList(state: ParamState, name: string, values: readonly (Tensor | number)[]): void {
  const tensors = values.filter((value): value is Tensor => value instanceof Tensor && value.ndim > 0);
  if (tensors.length < values.length) return;
  state.lists ??= {};
  state.lists[name] = tensors.map((value) => keep(value.detach().clone()));
}
