/** What an optimizer remembers of a parameter: made at its first gradient, taken over once a step has succeeded. */
import { zeros, zerosLike } from '../creation.ts';
import { keep, tidy } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { Algorithm, Moment, Settings, Slot } from './algorithm.ts';

export interface ParamState {
  /** Steps in which the parameter had a gradient. */
  step: number;
  /** State tensors by PyTorch's names. */
  slots: Record<string, Tensor>;
  /** State numbers by PyTorch's names. */
  scalars: Record<string, number>;
  /** Lists of tensors by PyTorch's names (LBFGS). */
  lists?: Record<string, Tensor[]>;
}

/** One parameter in one step. */
export interface Work {
  readonly param: Tensor;
  /** The parameter's path, or its place in the groups. */
  readonly name: string;
  readonly algorithm: Algorithm;
  readonly settings: Settings;
  readonly state: ParamState;
  /** The state tensors, those made for this step included. */
  readonly slots: Readonly<Record<string, Tensor>>;
  readonly made: Readonly<Record<string, Tensor>>;
  readonly moment: Moment;
}

/** State before the first step. */
export function firstState(algorithm: Algorithm, settings: Settings): ParamState {
  return { step: 0, slots: {}, scalars: { ...algorithm.scalars?.first(settings) } };
}

/** A new state tensor for a parameter. It belongs to the optimizer: no scope releases it. */
export function makeSlot(param: Tensor, slot: Slot): Tensor {
  return tidy(() => {
    if (typeof slot !== 'number') return keep(zeros(slot, { dtype: param.dtype, device: param.device }));
    const made = zerosLike(param);
    return keep(slot === 0 ? made : made.fill_(slot));
  });
}

/** What a step of this parameter needs; nothing of its state is changed yet. */
export function prepareWork(
  { param, name, algorithm, settings }: Pick<Work, 'param' | 'name' | 'algorithm' | 'settings'>,
  existing: ParamState | undefined,
): Work {
  const state = existing ?? firstState(algorithm, settings);
  const slots: Record<string, Tensor> = {};
  const made: Record<string, Tensor> = {};
  let fresh = false;
  for (const [slot, content] of Object.entries(algorithm.slots(settings, param))) {
    let tensor = state.slots[slot];
    if (!tensor) {
      tensor = makeSlot(param, content);
      made[slot] = tensor;
      fresh = true;
    }
    slots[slot] = tensor;
  }
  const moment = { step: state.step + 1, scalars: state.scalars, fresh };
  return { param, name, algorithm, settings, state, slots, made, moment };
}

/** Takes over what a step that succeeded made. */
export function commit(work: Work): ParamState {
  const { state, algorithm, settings, moment } = work;
  if (moment.fresh) Object.assign(state.slots, work.made);
  if (algorithm.scalars) Object.assign(state.scalars, algorithm.scalars.next(settings, moment));
  state.step = moment.step;
  return state;
}

export function disposeAll(tensors: Readonly<Record<string, Tensor>>): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

export function disposeState({ slots, lists = {} }: ParamState): void {
  disposeAll(slots);
  for (const list of Object.values(lists)) for (const tensor of list) tensor.dispose();
}
