/** The bytes of a pickle, one after the other. */
import { CutShortError, fail } from './error.ts';

/** Names and words of data are shorter; what is longer is data of arrays, and not kept. */
export const MAX_TEXT_BYTES = 1 << 16;

export class ByteReader {
  /** Position of the next byte. */
  at: number;
  readonly #source: Buffer;

  constructor(source: Buffer, start: number) {
    this.#source = source;
    this.at = start;
  }

  get size(): number {
    return this.#source.length;
  }

  byte(): number {
    const byte = this.#source[this.at];
    if (byte === undefined) return this.#cutShort();
    this.at++;
    return byte;
  }

  bytes(length: number): Buffer {
    const start = this.at;
    if (start + length > this.size) this.#cutShort();
    this.at = start + length;
    return this.#source.subarray(start, this.at);
  }

  /** A text until the end of its line. */
  line(): string {
    const end = this.#source.indexOf(0x0a, this.at);
    if (end < 0) this.#cutShort();
    if (end - this.at > MAX_TEXT_BYTES) this.damaged();
    const text = this.#source.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }

  damaged(): never {
    return fail(`the pickle is damaged at byte ${this.at}`);
  }

  #cutShort(): never {
    throw new CutShortError(`the pickle is cut short at byte ${this.at}`);
  }
}
