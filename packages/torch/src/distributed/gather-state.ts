/** The state of an optimizer from all ranks to the first. */
import { empty } from '../creation.ts';
import type { Dtype } from '../dtype.ts';
import type { OptimizerStateDict, StateValue } from '../optim/state-dict.ts';
import { Tensor } from '../tensor.ts';
import { broadcastTextNow, receiveNow, sendNow } from './at-once.ts';
import type { ProcessGroup } from './process-group.ts';

type State = OptimizerStateDict['state'];

/** A tensor in a message: its values follow. */
interface Described {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
}
type Sent = number | null | Described | readonly Sent[];

/** @returns on the group's first member the state of all members, on others their own */
export function gatherState(what: string, group: ProcessGroup, own: State): State {
  let all = own;
  for (let member = 1; member < group.size; member++) {
    const tensors: Tensor[] = [];
    const text = group.rank === member ? JSON.stringify(mapState(own, (value) => describe(value, tensors))) : '';
    const said = broadcastTextNow(what, group, text, member);
    if (group.rank === member) sendNow(what, group, tensors, 0);
    if (group.rank !== 0) continue;
    const state = mapState(JSON.parse(said) as Record<number, Record<string, Sent>>, (value) => revive(value, tensors));
    receiveNow(what, group, tensors, member);
    all = { ...all, ...state };
  }
  return all;
}

function mapState<From, To>(
  state: Readonly<Record<number, Readonly<Record<string, From>>>>,
  change: (value: From) => To,
): Record<number, Record<string, To>> {
  const entries = Object.entries(state).map(([number, entry]) => {
    const values = Object.entries(entry).map(([name, value]) => [name, change(value)] as const);
    return [number, Object.fromEntries(values)] as const;
  });
  return Object.fromEntries(entries);
}

function describe(value: StateValue, sent: Tensor[]): Sent {
  if (value === null || typeof value === 'number') return value;
  if (!(value instanceof Tensor)) return value.map((each) => describe(each, sent));
  sent.push(value.contiguous());
  return { shape: value.shape, dtype: value.dtype };
}

function revive(value: Sent, received: Tensor[]): StateValue {
  if (value === null || typeof value === 'number') return value;
  if ('length' in value) return value.map((each) => revive(each, received) as Tensor | number);
  const made = empty([...value.shape], { dtype: value.dtype });
  received.push(made);
  return made;
}
