/** An optimizer's state in the layout of `torch.optim.Optimizer.state_dict`. */
import { full, zerosLike } from '../creation.ts';
import { keep } from '../handle.ts';
import { Tensor } from '../tensor.ts';
import type { Optimizer, ParamState } from './optimizer.ts';

/** Parameters stand as numbers, counted through all groups. */
export interface OptimizerStateDict {
  state: Record<number, Record<string, Tensor | number>>;
  param_groups: ({ params: number[] } & Record<string, unknown>)[];
}

export function writeStateDict(optimizer: Optimizer): OptimizerStateDict {
  const numbers = new Map<Tensor, number>();
  const param_groups = optimizer.paramGroups.map(({ params, ...settings }) => {
    for (const param of params) numbers.set(param, numbers.size);
    return { ...structuredClone(settings), params: params.map((param) => numbers.get(param) as number) };
  });
  const state: OptimizerStateDict['state'] = {};
  for (const [param, { step, slots }] of optimizer.state) {
    const number = numbers.get(param);
    if (number !== undefined) state[number] = { step, ...slots };
  }
  return { state, param_groups };
}

export function readStateDict(optimizer: Optimizer, dict: OptimizerStateDict): void {
  const params = matchGroups(optimizer, dict);
  // Everything is copied and checked before anything is taken over.
  const loaded = new Map<Tensor, ParamState>();
  for (const [number, entry] of Object.entries(dict.state)) {
    const param = params.get(Number(number));
    if (!param) throw new Error(`optimizer state dict: state for parameter ${number}, which is in no group`);
    loaded.set(param, copyState(entry, param, number));
  }
  for (const { slots } of optimizer.state.values()) for (const slot of Object.values(slots)) slot.dispose();
  optimizer.state.clear();
  for (const [param, state] of loaded) optimizer.state.set(param, state);
  dict.param_groups.forEach(({ params: _, ...settings }, index) => {
    Object.assign(optimizer.paramGroups[index] as object, structuredClone(settings));
  });
}

function matchGroups(optimizer: Optimizer, dict: OptimizerStateDict): Map<number, Tensor> {
  const { paramGroups } = optimizer;
  if (dict.param_groups.length !== paramGroups.length)
    throw new Error(
      `optimizer state dict: it has ${dict.param_groups.length} parameter groups, the optimizer has ${paramGroups.length}`,
    );
  const params = new Map<number, Tensor>();
  dict.param_groups.forEach((saved, index) => {
    const own = paramGroups[index]?.params ?? [];
    if (saved.params.length !== own.length)
      throw new Error(
        `optimizer state dict: group ${index} has ${saved.params.length} parameters, the optimizer's has ${own.length}`,
      );
    for (const [i, number] of saved.params.entries()) params.set(number, own[i] as Tensor);
  });
  return params;
}

function copyState(entry: Record<string, Tensor | number>, param: Tensor, number: string): ParamState {
  const state: ParamState = { step: 0, slots: {} };
  for (const [name, value] of Object.entries(entry)) {
    // PyTorch keeps the step as a tensor of one element in newer versions, as a number in older ones.
    if (name === 'step') state.step = value instanceof Tensor ? Number(value.item()) : Number(value);
    else if (value === null) continue;
    else state.slots[name] = copySlot(value, param, `${name} of parameter ${number}`);
  }
  return state;
}

function copySlot(value: Tensor | number, param: Tensor, what: string): Tensor {
  if (typeof value === 'number') return keep(full([], value));
  const expected = param.shape;
  if (value.shape.join() !== expected.join())
    throw new Error(`optimizer state dict: ${what} has shape [${value.shape}], the parameter [${expected}]`);
  // Laid out like the parameter, as the kernel needs it.
  return keep(zerosLike(param).copy_(value.detach()));
}
