/**
 * What ranks do together. Every rank of a group calls the same in the same order; each returns a promise and does not block
 * the event loop. One that fails rejects with a `DistributedError` that names who is gone, where that is known.
 *
 * Tensors lie on the CPU, are contiguous and have the same shape and dtype on all ranks. They must not be used between the
 * call and the end of the promise. Source: torch.distributed.
 */
import { noGrad } from '../autograd.ts';
import { empty, stack, tensor as tensorOf } from '../creation.ts';
import { tidy } from '../handle.ts';
import { native } from '../native.ts';
import { checkOptions } from '../options.ts';
import { fromBytes, Tensor } from '../tensor.ts';
import { results, wire } from '../wire.ts';
import { settled } from './exchange.ts';
import { groupFor, type ProcessGroup, write } from './process-group.ts';

/** How tensors of several ranks become one. */
export type ReduceOperation = 'sum' | 'mean' | 'product' | 'min' | 'max';

export interface GroupOption {
  /** Default: all ranks of the run. */
  group?: ProcessGroup | undefined;
}

export interface ReduceOptions extends GroupOption {
  /** Default `sum`. */
  op?: ReduceOperation;
}

export interface BroadcastOptions extends GroupOption {
  /** The rank, of the whole run, whose value all get. Default 0. */
  src?: number;
}

export interface TagOption extends GroupOption {
  /** Tells messages between the same two ranks apart. Default 0. */
  tag?: number;
}

/** c10d's numbers; the mean is a sum that is divided here, as Gloo has none. */
const CODES: Record<ReduceOperation, number> = { sum: 0, mean: 0, product: 2, min: 3, max: 4 };

const GROUP = { group: null };
const REDUCE = { op: 'sum', group: null };
const BROADCAST = { src: 0, group: null };
const TAG = { tag: 0, group: null };

function codeOf(what: string, op: ReduceOperation): number {
  if (Object.hasOwn(CODES, op)) return CODES[op];
  throw new RangeError(`${what}: there is no operation ${JSON.stringify(op)}; take ${Object.keys(CODES).join(', ')}`);
}

/** @throws TypeError for what cannot be sent as it is */
function checkTensor(what: string, tensor: unknown): asserts tensor is Tensor {
  if (!(tensor instanceof Tensor))
    throw new TypeError(`${what} takes tensors, not ${tensor === null ? 'null' : typeof tensor}`);
  if (tensor.device !== 'cpu')
    throw new TypeError(`${what}: the tensor is on the device ${tensor.device}; give tensor.to('cpu')`);
  if (!tensor.isContiguous) throw new TypeError(`${what}: the tensor is not contiguous; give tensor.contiguous()`);
}

/** An empty tensor of the same shape and dtype. */
const emptyLike = ({ shape, dtype, device }: Tensor, ...more: number[]): Tensor =>
  empty([...more, ...shape], { dtype, device });

/** Combines the tensors of all ranks, in place; every rank gets the result, which is the very same on each. */
export async function allReduce(tensor: Tensor, options: ReduceOptions = {}): Promise<Tensor> {
  checkOptions('allReduce', REDUCE, options);
  checkTensor('allReduce', tensor);
  const { op = 'sum' } = options;
  const group = groupFor('allReduce', options.group);
  write([group.handle, codeOf('allReduce', op)], [tensor]);
  await settled('allReduce', group, native.allReduce());
  if (op === 'mean') noGrad(() => tensor.div_(group.size));
  return tensor;
}

/** Fills the tensor of every rank with that of rank `src`. */
export async function broadcast(tensor: Tensor, options: BroadcastOptions = {}): Promise<Tensor> {
  checkOptions('broadcast', BROADCAST, options);
  checkTensor('broadcast', tensor);
  const group = groupFor('broadcast', options.group);
  write([group.handle, group.placeOf(options.src ?? 0, 'broadcast')], [tensor]);
  await settled('broadcast', group, native.broadcast());
  return tensor;
}

/** The tensors of all ranks, in the order of the ranks, as new tensors. */
export async function allGather(tensor: Tensor, options: GroupOption = {}): Promise<Tensor[]> {
  checkOptions('allGather', GROUP, options);
  checkTensor('allGather', tensor);
  const group = groupFor('allGather', options.group);
  const gathered = Array.from({ length: group.size }, () => emptyLike(tensor));
  write([group.handle], [tensor], gathered);
  await settled('allGather', group, native.allGather());
  return gathered;
}

/** Combines the tensors of all ranks part by part; rank i gets part i, as a new tensor. */
export async function reduceScatter(parts: readonly Tensor[], options: ReduceOptions = {}): Promise<Tensor> {
  checkOptions('reduceScatter', REDUCE, options);
  const { op = 'sum' } = options;
  codeOf('reduceScatter', op);
  const group = groupFor('reduceScatter', options.group);
  if (parts.length !== group.size)
    throw new RangeError(`reduceScatter: a part for each of ${group.size} ranks, not ${parts.length}`);
  for (const part of parts) checkTensor('reduceScatter', part);
  // Gloo of libtorch 1.13 has no operation for it: each rank sends every other its part, and adds up what it gets.
  const input = noGrad(() => stack([...parts]));
  const output = emptyLike(parts[0] as Tensor, group.size);
  try {
    write([group.handle], [output], [input]);
    await settled('reduceScatter', group, native.allToAll());
    return tidy(() => combined(output, op));
  } finally {
    input.dispose();
    output.dispose();
  }
}

function combined(parts: Tensor, op: ReduceOperation): Tensor {
  const { dtype } = parts;
  if (op === 'min') return parts.amin([0]);
  if (op === 'max') return parts.amax([0]);
  if (op === 'product') return parts.prod(0, { dtype });
  const sum = parts.sum([0], { dtype });
  return op === 'mean' ? sum.div_(parts.shape[0] as number) : sum;
}

/** Resolves once every rank has come here. */
export async function barrier(options: GroupOption = {}): Promise<void> {
  checkOptions('barrier', GROUP, options);
  const group = groupFor('barrier', options.group);
  write([group.handle]);
  await settled('barrier', group, native.barrier());
}

/** Sends a tensor to rank `dst` of the run, which receives it by `recv`. */
export async function send(tensor: Tensor, dst: number, options: TagOption = {}): Promise<void> {
  checkOptions('send', TAG, options);
  checkTensor('send', tensor);
  const group = groupFor('send', options.group);
  write([group.handle, otherThan(group, dst, 'send'), tagOf('send', options)], [tensor]);
  await settled('send', group, native.send());
}

/** Fills the tensor with what rank `src` of the run sends. */
export async function recv(tensor: Tensor, src: number, options: TagOption = {}): Promise<Tensor> {
  checkOptions('recv', TAG, options);
  checkTensor('recv', tensor);
  const group = groupFor('recv', options.group);
  write([group.handle, otherThan(group, src, 'recv'), tagOf('recv', options)], [tensor]);
  await settled('recv', group, native.receive());
  return tensor;
}

const MOST_TAGS = 2 ** 31;

function tagOf(what: string, { tag = 0 }: TagOption): number {
  if (Number.isInteger(tag) && tag >= 0 && tag < MOST_TAGS) return tag;
  throw new RangeError(`${what}: the tag is ${tag}; it must be a whole number from 0 to ${MOST_TAGS - 1}`);
}

function otherThan(group: ProcessGroup, rank: number, what: string): number {
  const place = group.placeOf(rank, what);
  if (place === group.rank) throw new RangeError(`${what}: rank ${rank} is this process itself`);
  return place;
}

/**
 * The value of rank `src`, on every rank. What JSON can hold; on other ranks than `src` the argument does not matter.
 *
 * @throws TypeError on rank `src` for a value that JSON cannot hold
 */
export async function broadcastObject<T>(value: T, options: BroadcastOptions = {}): Promise<T> {
  checkOptions('broadcastObject', BROADCAST, options);
  const { src = 0 } = options;
  const group = groupFor('broadcastObject', options.group);
  const isSource = group.rank === group.placeOf(src, 'broadcastObject');
  const bytes = isSource ? encoded(value) : new Uint8Array();
  const length = tensorOf([bytes.length], { dtype: 'int64' });
  await broadcast(length, { src, group });
  const size = Number(length.item());
  const text = isSource ? fromBytes(bytes, [size], 'uint8') : empty([size], { dtype: 'uint8' });
  await broadcast(text, { src, group });
  const received = text.bytes();
  length.dispose();
  text.dispose();
  return isSource ? value : (JSON.parse(new TextDecoder().decode(received)) as T);
}

function encoded(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`broadcastObject: JSON cannot hold a ${typeof value}`);
  return new TextEncoder().encode(text);
}

/** What this process has handed to its groups since it began: by calls, by `DistributedDataParallel`, by optimizers. */
export interface Traffic {
  operations: number;
  /** Bytes of the tensors; a broadcast's at its source alone. What Gloo makes of them on the way depends on the operation. */
  bytes: number;
}

export function traffic(): Traffic {
  native.traffic();
  const at = results();
  return { operations: wire.words[at] as number, bytes: wire.words[at + 1] as number };
}
