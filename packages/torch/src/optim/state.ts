/** What an optimizer remembers of a parameter: made at its first gradient, taken over once a step has succeeded. */
import { zeros, zerosLike } from '../creation.ts';
import { keep, tidy } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { Algorithm, Moment, Settings, Slot } from './algorithms/algorithm.ts';
import { isBuiltIn } from './algorithms/index.ts';
import { nameIn, type TorchParamGroup } from './groups.ts';

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
  /** Where it stands: what messages call it. */
  readonly group: number;
  readonly index: number;
  /** Whether parameter and gradient lie on the CPU. */
  readonly onCpu: boolean;
  readonly algorithm: Algorithm;
  readonly settings: TorchParamGroup;
  readonly state: ParamState;
  /** The state tensors that the algorithm wants now. */
  readonly wanted: Readonly<Record<string, Slot>>;
  /** Those that were made for this step; undefined where it had all. */
  readonly made: Readonly<Record<string, Tensor>> | undefined;
  readonly moment: Moment;
}

/** What messages call the parameter: its path, or its place in the groups. */
export const nameOf = ({ group, index, settings }: Work) => nameIn(group, index, settings.paramNames);

/** One of the state tensors that the algorithm wants. */
export function slotOf({ state, made }: Work, name: string): Tensor {
  return (state.slots[name] ?? made?.[name]) as Tensor;
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

/** The wanted state tensors that are not there; undefined where all are. */
function makeMissing(param: Tensor, { slots }: ParamState, wanted: Work['wanted']): Work['made'] {
  let made: Record<string, Tensor> | undefined;
  try {
    for (const name in wanted) {
      if (slots[name]) continue;
      made ??= {};
      made[name] = makeSlot(param, wanted[name]!);
    }
    return made;
  } catch (error) {
    // Memory ran out: those before it belong to nobody.
    if (made) disposeAll(made);
    throw error;
  }
}

const NO_SHAPE: readonly number[] = [];

/** Whether the state of an algorithm depends on the shape; remembered, as the length of a function is slow to read. */
const takesShape = new WeakMap<Algorithm, boolean>();

/** Reading a shape is a call into libtorch: it is done only for an algorithm whose `slots` takes it. */
function wantedSlots(algorithm: Algorithm, settings: Settings, param: Tensor): Work['wanted'] {
  let takes = takesShape.get(algorithm);
  if (takes === undefined) {
    // Of a function of the user's it tells nothing: a parameter with a default does not count.
    takes = !isBuiltIn(algorithm) || algorithm.slots.length > 1;
    takesShape.set(algorithm, takes);
  }
  return algorithm.slots(settings, takes ? param.shape : NO_SHAPE);
}

/** What a step of this parameter needs; nothing of its state is changed yet. */
export function prepareWork(
  place: Pick<Work, 'param' | 'group' | 'index' | 'onCpu' | 'algorithm' | 'settings'>,
  existing: ParamState | undefined,
): Work {
  const { param, group, index, onCpu, algorithm, settings } = place;
  const state = existing ?? firstState(algorithm, settings);
  const wanted = wantedSlots(algorithm, settings, param);
  const made = makeMissing(param, state, wanted);
  const moment = { step: state.step + 1, scalars: state.scalars, fresh: made !== undefined };
  // Field by field: a spread took as long as all the rest of a step's preparation.
  return { param, group, index, onCpu, algorithm, settings, state, wanted, made, moment };
}

/** Takes over what a step that succeeded made. */
export function commit(work: Work): ParamState {
  const { state, algorithm, settings, moment } = work;
  if (work.made) Object.assign(state.slots, work.made);
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
