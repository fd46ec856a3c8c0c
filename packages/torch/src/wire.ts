/**
 * JavaScript's side of the call buffer that it shares with the addon (the layout is in `native/wire.h`).
 * A call writes its arguments as plain numbers, so that crossing the boundary costs one bare native call.
 */
import { native } from './native.ts';

export const Tag = {
  None: 0,
  Tensor: 1,
  Int: 2,
  Double: 3,
  Bool: 4,
  String: 5,
  List: 6,
  Keyword: 7,
  BigInt: 8,
  Text: 9,
} as const;

/**
 * The buffer, replaced when a call needs more room. It hangs on the addon, which a process loads once: two copies of
 * this package (source and build, say) then share it instead of writing past each other.
 */
export const wire: { words: Float64Array } = shareWire();

function shareWire(): { words: Float64Array } {
  native.wire ??= { words: bind(4096) };
  return native.wire;
}

function bind(length: number): Float64Array {
  const buffer = new ArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT);
  native.bindWire(buffer);
  return new Float64Array(buffer);
}

/** Makes sure that `count` words fit from position `at`; what was written stays. */
export function reserve(at: number, count: number): void {
  const before = wire.words;
  if (at + count <= before.length) return;
  if (!(at + count < 2 ** 31)) throw new RangeError(`internal: a call of ${at + count} words`);
  wire.words = bind(Math.max(2 * before.length, at + count + 64));
  wire.words.set(before.subarray(0, at));
}

/** Strings that recur have a number, which both sides keep for good: only so many, and no long ones. */
export const MOST_STRINGS = 1024;
const LONGEST_STRING = 64;

const stringIds = new Map<string, number>();
const strings: string[] = [];

/** The number of a string that a call carries, or undefined: it then travels as text. */
export function numberOf(text: string): number | undefined {
  const id = stringIds.get(text);
  if (id !== undefined || text.length > LONGEST_STRING || stringIds.size >= MOST_STRINGS) return id;
  return intern(text);
}

/** The number of a name that the engine knows: of a dtype, of a kernel. Callers' own strings go by `numberOf`. */
export function intern(text: string): number {
  let id = stringIds.get(text);
  if (id === undefined) {
    id = native.intern(text);
    stringIds.set(text, id);
    strings[id] = text;
  }
  return id;
}

/** The string of a number that the engine gave. */
export function stringOf(id: number): string {
  strings[id] ??= native.stringOf(id);
  return strings[id];
}

/** Position of the first result word, once a native function has returned -1; grows the buffer where it was too small. */
export function results(): number {
  const count = wire.words[0] as number;
  // The addon holds back what did not fit and writes it again into a larger buffer.
  if (count >= wire.words.length) wire.words = bind(count + 64);
  return 1;
}

export function releaseHandles(ids: readonly number[]): void {
  reserve(0, ids.length + 1);
  const { words } = wire;
  words[0] = ids.length;
  for (let i = 0; i < ids.length; i++) words[i + 1] = ids[i] as number;
  native.release();
}
