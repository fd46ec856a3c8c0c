/**
 * The wire format of Protocol Buffers, read from a file of any size; what is not asked for is passed over unread.
 * Specification: https://protobuf.dev/programming-guides/encoding/
 */
import type { RandomAccess } from '../files.ts';
import { refuse } from '../refusal.ts';

/** A field of a message. `number` holds varints and is NaN for fixed-size numbers; `message` is what has a length. */
export interface WireField {
  readonly id: number;
  readonly number: number;
  readonly message: WireRange | undefined;
}

const WINDOW_BYTES = 1 << 16;
const MAX_TEXT_BYTES = 1 << 16;

/** Bytes of a file by position, read in windows. */
class Window {
  readonly #file: RandomAccess;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(file: RandomAccess) {
    this.#file = file;
  }

  byte(at: number): number {
    const offset = at - this.#start;
    if (offset >= 0 && offset < this.#bytes.length) return this.#bytes[offset]!;
    this.#start = at;
    this.#bytes = this.slice(at, Math.max(1, Math.min(WINDOW_BYTES, this.#file.size - at)));
    return this.#bytes[0]!;
  }

  slice(at: number, length: number): Buffer {
    return this.#file.read(at, length, 'a field');
  }
}

/** A message, or a text, inside a file. */
export class WireRange {
  readonly #window: Window;
  readonly #start: number;
  readonly #end: number;

  private constructor(window: Window, start: number, end: number) {
    this.#window = window;
    this.#start = start;
    this.#end = end;
  }

  static of(file: RandomAccess): WireRange {
    return new WireRange(new Window(file), 0, file.size);
  }

  text(): string {
    const length = this.#end - this.#start;
    if (length > MAX_TEXT_BYTES) refuse(`a name of ${length} bytes`);
    return this.#window.slice(this.#start, length).toString('utf8');
  }

  /** The numbers of a packed field. */
  *varints(): Generator<number> {
    for (let at = this.#start; at < this.#end; ) {
      const [value, next] = this.#varint(at);
      yield value;
      at = next;
    }
  }

  *fields(): Generator<WireField> {
    for (let at = this.#start; at < this.#end; ) {
      const [key, start] = this.#varint(at);
      const id = Math.floor(key / 8);
      if (id === 0) refuse(`no field has number 0 (at byte ${at}): this is not the format that the name says`);
      const [field, next] = this.#value(id, key % 8, start);
      if (next > this.#end) refuse(`cut short or damaged: a field at byte ${at} ends behind its message`);
      yield field;
      at = next;
    }
  }

  #value(id: number, type: number, at: number): [WireField, number] {
    if (type === 0) {
      const [number, next] = this.#varint(at);
      return [{ id, number, message: undefined }, next];
    }
    if (type === 2) {
      const [length, start] = this.#varint(at);
      if (start + length > this.#end) refuse(`cut short or damaged: ${length} bytes are announced at byte ${at}`);
      return [{ id, number: Number.NaN, message: new WireRange(this.#window, start, start + length) }, start + length];
    }
    const size =
      FIXED_SIZES.get(type) ?? refuse(`byte ${at} begins no field: this is not the format that the name says`);
    return [{ id, number: Number.NaN, message: undefined }, at + size];
  }

  /** Seven bits a byte, lowest first. Beyond 53 bits the number is not exact; nothing here is that large. */
  #varint(start: number): [value: number, next: number] {
    let value = 0;
    for (let index = 0; index < 10; index++) {
      if (start + index >= this.#end) refuse(`cut short or damaged: a number at byte ${start} does not end`);
      const byte = this.#window.byte(start + index);
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return [value, start + index + 1];
    }
    return refuse(`a number at byte ${start} has more than ten bytes`);
  }
}

const FIXED_SIZES: ReadonlyMap<number, number> = new Map([
  [1, 8],
  [5, 4],
]);
