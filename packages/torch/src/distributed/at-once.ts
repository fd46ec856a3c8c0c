/**
 * Exchanges whose result is needed before the next line: in constructors, in a step, in a save. They block the event loop,
 * not longer than the group's time limit.
 */
import { noGrad } from '../autograd.ts';
import { empty, tensor } from '../creation.ts';
import { tidy } from '../handle.ts';
import { native } from '../native.ts';
import { fromBytes, type Tensor } from '../tensor.ts';
import { attempt, waited } from './exchange.ts';
import { type ProcessGroup, write } from './process-group.ts';

/** c10d's numbers. */
const SUM = 0;
const MAX = 4;

/** As PyTorch's DistributedDataParallel: so many bytes travel together. */
const BYTES_AT_ONCE = 250 * 2 ** 20;

/** Fills the tensors of all members with those of member `root`. */
export function broadcastAllNow(what: string, group: ProcessGroup, tensors: readonly Tensor[], root = 0): void {
  if (tensors.length === 0 || group.size === 1) return;
  attempt(what, group, () => {
    write([group.handle, root, BYTES_AT_ONCE], tensors);
    native.broadcastAll();
  });
}

/** The text of member `root`, on every member; on others the argument does not matter. */
export function broadcastTextNow(what: string, group: ProcessGroup, text: string, root = 0): string {
  if (group.size === 1) return text;
  return tidy(() => {
    const bytes = new TextEncoder().encode(group.rank === root ? text : '');
    const length = tensor([bytes.length], { dtype: 'int64' });
    broadcastNow(what, group, length, root);
    const size = Number(length.item());
    const held = group.rank === root ? fromBytes(bytes, [size], 'uint8') : empty([size], { dtype: 'uint8' });
    broadcastNow(what, group, held, root);
    return new TextDecoder().decode(held.bytes());
  });
}

function broadcastNow(what: string, group: ProcessGroup, values: Tensor, root: number): void {
  write([group.handle, root], [values]);
  waited(what, group, native.broadcast());
}

/** The largest of the members' numbers, on every member. */
export function maxNow(what: string, group: ProcessGroup, own: number): number {
  if (group.size === 1) return own;
  return tidy(() => {
    const value = tensor([own], { dtype: 'float64' });
    reduceNow(what, group, value, MAX);
    return Number(value.item());
  });
}

function reduceNow(what: string, group: ProcessGroup, values: Tensor, code: number): void {
  write([group.handle, code], [values]);
  waited(what, group, native.allReduce());
}

/** Which of the flags are set on any member, on every member. */
export function anyNow(what: string, group: ProcessGroup, flags: readonly boolean[]): boolean[] {
  if (flags.length === 0) return [];
  return tidy(() => {
    const values = tensor(flags.map(Number), { dtype: 'uint8' });
    reduceNow(what, group, values, MAX);
    return Array.from(values.bytes(), (value) => value > 0);
  });
}

/** Makes a tensor the mean of those of all members, in place. */
export function meanNow(what: string, group: ProcessGroup, values: Tensor): void {
  reduceNow(what, group, values, SUM);
  noGrad(() => values.div_(group.size));
}

/** The tensors of all members, in their order. */
export function gatherNow(what: string, group: ProcessGroup, own: Tensor): Tensor[] {
  const { shape, dtype } = own;
  const gathered = Array.from({ length: group.size }, () => empty(shape, { dtype }));
  write([group.handle], [own], gathered);
  waited(what, group, native.allGather());
  return gathered;
}

/** Sends tensors to another member, which takes them by `receiveNow`. */
export function sendNow(what: string, group: ProcessGroup, tensors: readonly Tensor[], to: number): void {
  for (const values of tensors) {
    write([group.handle, to, 0], [values]);
    waited(what, group, native.send());
  }
}

/** Fills tensors with what another member sends. */
export function receiveNow(what: string, group: ProcessGroup, tensors: readonly Tensor[], from: number): void {
  for (const values of tensors) {
    write([group.handle, from, 0], [values]);
    waited(what, group, native.receive());
  }
}
