/**
 * Pickles read without running anything: names stay names, and what only code could make is an `Unknown` in its place.
 *
 * What a hostile file can cost is bounded: every step is paid from an allowance, and nothing is followed into its parts.
 */
import { ByteReader, MAX_TEXT_BYTES } from './byte-reader.ts';
import { fail } from './error.ts';
import { Global, Persistent, type Pickled, Unknown } from './values.ts';

/** Calls that give data: by name, what a call with these arguments gives. */
export type DataCalls = ReadonlyMap<string, (args: readonly Pickled[]) => Pickled>;

const MARK = Symbol('mark');
type Item = Pickled | typeof MARK;

/** About the bytes of memory that the values of one pickle may take. */
const ALLOWANCE = 1 << 28;
const COST = { step: 8, item: 24, list: 40, map: 220, entry: 64, object: 96, memo: 24, slot: 160, text: 56 } as const;

const MAX_LONG_BYTES = 64;

/** The state of the machine that pickles are programs for. `opcodes.ts` says what each step does. */
export class PickleMachine extends ByteReader {
  readonly #calls: DataCalls;
  readonly #stack: Item[] = [];
  /** Slots are numbered in order by all who write pickles; others are kept by number. */
  readonly #memo: Pickled[] = [];
  readonly #otherSlots = new Map<number, Pickled>();
  #left = ALLOWANCE;

  constructor(source: Buffer, start: number, calls: DataCalls) {
    super(source, start);
    this.#calls = calls;
  }

  step(): number {
    this.#pay(COST.step);
    return this.byte();
  }

  /** @param encoding what Python wrote; of `latin1` are the texts of Python 2. */
  pushText(length: number, encoding: 'utf8' | 'latin1' = 'utf8'): void {
    const bytes = this.bytes(length);
    this.#pay(COST.text + Math.min(length, MAX_TEXT_BYTES));
    this.push(length > MAX_TEXT_BYTES ? new Unknown('a long text') : bytes.toString(encoding));
  }

  /** Bytes are passed over: no name or shape is one. */
  pushBytes(length: number): void {
    this.bytes(length);
    this.pushUnknown('bytes');
  }

  /** Two's complement, lowest byte first. */
  pushLong(length: number): void {
    const bytes = this.bytes(length);
    if (length > MAX_LONG_BYTES) {
      this.pushUnknown('a long number');
      return;
    }
    const value = bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
    this.push(Number(BigInt.asIntN(8 * length, value)));
  }

  pushLine(read: (text: string) => Pickled): void {
    const text = this.line();
    this.#pay(COST.text + text.length);
    this.push(read(text));
  }

  push(item: Pickled): void {
    this.#pay(COST.item);
    this.#stack.push(item);
  }

  pushMark(): void {
    this.#pay(COST.item);
    this.#stack.push(MARK);
  }

  pushList(items: Pickled[]): void {
    this.#pay(COST.list + COST.step * items.length);
    this.push(items);
  }

  pushMap(items: readonly Pickled[]): void {
    this.#pay(COST.map);
    const map = new Map<Pickled, Pickled>();
    this.push(map);
    this.#fill(map, items);
  }

  pushGlobal(name: string): void {
    this.#pay(COST.object + name.length);
    this.push(new Global(name));
  }

  pushUnknown(name: string): void {
    this.#pay(COST.object);
    this.push(new Unknown(name));
  }

  pushPersistent(id: Pickled): void {
    this.#pay(COST.object);
    // Old files name a class beside its source text: ('module', class, path, text).
    const [kind, type] = Array.isArray(id) ? id : [];
    this.push(kind === 'module' && type instanceof Global ? type : new Persistent(id));
  }

  last(count: number): Pickled[] {
    if (count > this.#stack.length) this.damaged();
    const items = this.#stack.splice(this.#stack.length - count, count);
    return items.map((item) => (item === MARK ? this.damaged() : item));
  }

  pop(): Pickled {
    const item = this.#top();
    this.#stack.pop();
    return item;
  }

  sinceMark(): Pickled[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) this.damaged();
    const items = this.last(this.#stack.length - mark - 1);
    this.#stack.pop();
    return items;
  }

  duplicate(): void {
    this.push(this.#top());
  }

  /** Puts items at the end of a list; an object that is like a list keeps none. */
  append(items: readonly Pickled[]): void {
    const list = this.#top();
    this.#pay(COST.item * items.length);
    if (list instanceof Unknown) return;
    if (!Array.isArray(list)) this.damaged();
    for (const item of items) list.push(item);
  }

  /** Puts keys and values, in turn, into a `dict` or an object that is like one. */
  set(items: readonly Pickled[]): void {
    const top = this.#top();
    if (top instanceof Unknown && top.entries === undefined) {
      this.#pay(COST.map);
      top.entries = new Map();
    }
    const map = top instanceof Unknown ? top.entries : top;
    if (!(map instanceof Map)) this.damaged();
    this.#fill(map, items);
  }

  remember(slot = this.#memo.length): void {
    const item = this.#top();
    if (slot <= this.#memo.length) {
      this.#pay(COST.memo);
      this.#memo[slot] = item;
    } else {
      this.#pay(COST.slot);
      this.#otherSlots.set(slot, item);
    }
  }

  recall(slot: number): void {
    const item = slot < this.#memo.length ? this.#memo[slot] : this.#otherSlots.get(slot);
    this.push(item === undefined ? this.damaged() : item);
  }

  /** A call, or a new object: data where the name is one of those that give it. */
  call(callee: Pickled, args: Pickled): void {
    this.#pay(COST.map);
    const name = callee instanceof Global ? callee.name : 'a call of no function';
    const call = this.#calls.get(name);
    this.push(call !== undefined && Array.isArray(args) ? call(args) : new Unknown(madeBy(name, args)));
  }

  /** Attributes of an object. Those of data, such as `_metadata` of a state dict, are not needed. */
  build(): void {
    const state = this.pop();
    const top = this.#top();
    if (top instanceof Unknown) top.state = state;
  }

  #fill(map: Map<Pickled, Pickled>, items: readonly Pickled[]): void {
    if (items.length % 2 !== 0) fail(`the pickle is damaged at byte ${this.at}: a key without a value`);
    this.#pay((COST.entry * items.length) / 2);
    for (let index = 0; index < items.length; index += 2) map.set(items[index]!, items[index + 1]!);
  }

  #top(): Pickled {
    const top = this.#stack.at(-1);
    return top === undefined || top === MARK ? this.damaged() : top;
  }

  #pay(cost: number): void {
    this.#left -= cost;
    if (this.#left < 0) fail(`the pickle holds too much: read until byte ${this.at} of ${this.size}`);
  }
}

/** Python's helpers make an object of the class that they are given first. */
const MAKERS = new Set([
  'copyreg._reconstructor',
  'copy_reg._reconstructor',
  'copyreg.__newobj__',
  'copyreg.__newobj_ex__',
]);

function madeBy(name: string, args: Pickled): string {
  const type = MAKERS.has(name) && Array.isArray(args) ? args[0] : undefined;
  return type instanceof Global ? type.name : name;
}
