/** JavaScript values ⇄ values on the call buffer (the layout is in `native/wire.h`). */
import { Handle } from './handle.ts';
import { Tensor } from './tensor.ts';
import { numberOf, reserve, Tag, wire } from './wire.ts';

/** Writes one value at position `at`; returns the position behind it. */
export function encode(value: unknown, at: number): number {
  reserve(at, 4);
  const { words } = wire;
  if (value instanceof Handle) {
    words[at] = Tag.Tensor;
    words[at + 1] = value.id;
    return at + 2;
  }
  switch (typeof value) {
    case 'number':
      wire.words[at] = Number.isSafeInteger(value) ? Tag.Int : Tag.Double;
      wire.words[at + 1] = value;
      return at + 2;
    case 'boolean':
      wire.words[at] = Tag.Bool;
      wire.words[at + 1] = value ? 1 : 0;
      return at + 2;
    case 'string':
      return encodeString(value, at);
    case 'bigint':
      return encodeBigInt(value, at);
    case 'undefined':
      wire.words[at] = Tag.None;
      return at + 1;
    case 'object':
      return encodeObject(value, at);
    default:
      throw new TypeError(`a ${typeof value} cannot be an argument of an operator`);
  }
}

/** Writes a string: its number where it has one, or else its text. */
export function encodeString(text: string, at: number): number {
  reserve(at, 2);
  const id = numberOf(text);
  if (id === undefined) return encodeText(text, at);
  wire.words[at] = Tag.String;
  wire.words[at + 1] = id;
  return at + 2;
}

function encodeText(text: string, at: number): number {
  // UTF-8 takes at most three bytes for a unit of UTF-16.
  reserve(at, 2 + wordsOf(3 * text.length));
  const written = toUtf8.encodeInto(text, bytesFrom(at + 2)).written;
  wire.words[at] = Tag.Text;
  wire.words[at + 1] = written;
  return at + 2 + wordsOf(written);
}

const textAt = (at: number, bytes: number): string => fromUtf8.decode(bytesFrom(at).subarray(0, bytes));

const bytesFrom = (at: number): Uint8Array =>
  new Uint8Array(wire.words.buffer, wire.words.byteOffset + at * BYTES_PER_WORD);

const BYTES_PER_WORD = Float64Array.BYTES_PER_ELEMENT;
const wordsOf = (bytes: number): number => Math.ceil(bytes / BYTES_PER_WORD);
const toUtf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

function encodeObject(value: object | null, at: number): number {
  if (value === null) {
    wire.words[at] = Tag.None;
    return at + 1;
  }
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView)))
    return encodeList(value as unknown as ArrayLike<unknown>, at);
  const kind = value.constructor?.name ?? 'object';
  throw new TypeError(
    `an object of type ${kind} cannot be an argument of an operator: expected a Tensor, number, string or array`,
  );
}

function encodeList(list: ArrayLike<unknown>, start: number): number {
  reserve(start, 2 + 3 * list.length);
  wire.words[start] = Tag.List;
  wire.words[start + 1] = list.length;
  let at = start + 2;
  for (let i = 0; i < list.length; i++) at = encode(list[i], at);
  return at;
}

function encodeBigInt(value: bigint, at: number): number {
  if (value < -(2n ** 63n) || value >= 2n ** 63n) throw new RangeError(`${value} does not fit a 64-bit integer`);
  wire.words[at] = Tag.BigInt;
  wire.words[at + 1] = Number(value >> 32n);
  wire.words[at + 2] = Number(value & 0xffffffffn);
  return at + 3;
}

/** Reads the value at `at`; returns it with the position behind it. */
export function decode(at: number): [value: unknown, at: number] {
  const payload = wire.words[at + 1] as number;
  switch (wire.words[at]) {
    case Tag.None:
      return [null, at + 1];
    case Tag.Tensor:
      return [new Tensor(payload), at + 2];
    case Tag.Bool:
      return [payload !== 0, at + 2];
    case Tag.Text:
      return [textAt(at + 2, payload), at + 2 + wordsOf(payload)];
    case Tag.BigInt:
      return [(BigInt(payload) << 32n) | BigInt(wire.words[at + 2] as number), at + 3];
    case Tag.List:
      return decodeList(payload, at + 2);
    default:
      return [payload, at + 2];
  }
}

function decodeList(count: number, start: number): [unknown[], number] {
  const items: unknown[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const [item, next] = decode(at);
    items.push(item);
    at = next;
  }
  return [items, at];
}
