/**
 * Pickles read without running anything: of the pickle machine only what makes plain data, and of Python's objects only
 * those that tables below name. Anything else is refused by its name.
 *
 * Source: the opcodes of Python's `pickletools`.
 */
import { refuse } from '../refusal.ts';

/** A function or class that a pickle names, such as `collections.OrderedDict`. */
export class Global {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Something of the outside that a pickle refers to. */
export class Persistent {
  readonly id: Pickled;

  constructor(id: Pickled) {
    this.id = id;
  }
}

/** Python's `dict` is a `Map`, list and tuple are arrays; `object` is what an allowed call gave. */
export type Pickled = null | boolean | number | string | object | Pickled[] | Map<Pickled, Pickled>;

/** Allowed calls: by name, what a call with these arguments gives. */
export type AllowedCalls = ReadonlyMap<string, (args: readonly Pickled[]) => Pickled>;

export interface PickleRules {
  readonly calls: AllowedCalls;
  /** Names that may stand in a pickle without being called, such as types of storage. */
  readonly names: (name: string) => boolean;
}

const MARK = Symbol('mark');
type Item = Pickled | typeof MARK;

/** Reads the pickle that begins at `start`. @throws Refusal */
export function readPickle(bytes: Buffer, start: number, rules: PickleRules): { value: Pickled; end: number } {
  const machine = new Machine(bytes, start, rules);
  return { value: machine.run(), end: machine.at };
}

type Operation = (machine: Machine) => void;

/** The part of the machine that is here: what writers of protocol 2 to 5 use for plain data. */
const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>(
  Object.entries({
    '(': (m: Machine) => m.push(MARK),
    ')': (m: Machine) => m.push([]),
    ']': (m: Machine) => m.push([]),
    '}': (m: Machine) => m.push(new Map()),
    N: (m: Machine) => m.push(null),
    '\x88': (m: Machine) => m.push(true),
    '\x89': (m: Machine) => m.push(false),
    K: (m: Machine) => m.push(m.bytes(1).readUInt8()),
    M: (m: Machine) => m.push(m.bytes(2).readUInt16LE()),
    J: (m: Machine) => m.push(m.bytes(4).readInt32LE()),
    '\x8a': (m: Machine) => m.push(m.long(m.bytes(1).readUInt8())),
    G: (m: Machine) => m.push(m.bytes(8).readDoubleBE()),
    X: (m: Machine) => m.push(m.text(m.bytes(4).readUInt32LE())),
    '\x8c': (m: Machine) => m.push(m.text(m.bytes(1).readUInt8())),
    '\x8d': (m: Machine) => m.push(m.text(Number(m.bytes(8).readBigUInt64LE()))),
    // Bytes are data too; nothing that is read here needs them.
    B: (m: Machine) => m.push(m.bytes(m.bytes(4).readUInt32LE())),
    C: (m: Machine) => m.push(m.bytes(m.bytes(1).readUInt8())),
    t: (m: Machine) => m.push(m.sinceMark()),
    '\x85': (m: Machine) => m.push(m.last(1)),
    '\x86': (m: Machine) => m.push(m.last(2)),
    '\x87': (m: Machine) => m.push(m.last(3)),
    l: (m: Machine) => m.push(m.sinceMark()),
    d: (m: Machine) => m.push(mapOf(m.sinceMark())),
    a: (m: Machine) => m.append(m.last(1)),
    e: (m: Machine) => m.append(m.sinceMark()),
    s: (m: Machine) => m.set(m.last(2)),
    u: (m: Machine) => m.set(m.sinceMark()),
    '0': (m: Machine) => m.last(1),
    q: (m: Machine) => m.remember(m.bytes(1).readUInt8()),
    r: (m: Machine) => m.remember(m.bytes(4).readUInt32LE()),
    '\x94': (m: Machine) => m.remember(undefined),
    h: (m: Machine) => m.push(m.recall(m.bytes(1).readUInt8())),
    j: (m: Machine) => m.push(m.recall(m.bytes(4).readUInt32LE())),
    c: (m: Machine) => m.push(m.global(`${m.line()}.${m.line()}`)),
    '\x93': (m: Machine) => m.push(m.global(m.last(2).join('.'))),
    Q: (m: Machine) => m.push(new Persistent(m.last(1)[0]!)),
    R: (m: Machine) => m.push(m.call()),
    b: (m: Machine) => m.build(),
    '\x80': (m: Machine) => m.bytes(1),
    '\x95': (m: Machine) => m.bytes(8),
  }).map(([code, operation]) => [code.charCodeAt(0), operation]),
);

const STOP = '.'.charCodeAt(0);

/** What refused opcodes would do. */
const REFUSED: Readonly<Record<string, string>> = {
  i: 'makes an object',
  o: 'makes an object',
  '\x81': 'makes an object',
  '\x92': 'makes an object',
  '\x82': 'names an object of a registry',
  '\x83': 'names an object of a registry',
  '\x84': 'names an object of a registry',
};

class Machine {
  at: number;
  readonly #source: Buffer;
  readonly #rules: PickleRules;
  readonly #stack: Item[] = [];
  readonly #memo = new Map<number, Pickled>();

  constructor(source: Buffer, start: number, rules: PickleRules) {
    this.#source = source;
    this.at = start;
    this.#rules = rules;
  }

  run(): Pickled {
    for (;;) {
      const code = this.bytes(1).readUInt8();
      if (code === STOP) return this.last(1)[0]!;
      const operation = OPERATIONS.get(code) ?? refuse(refusedOpcode(code, this.at - 1));
      operation(this);
    }
  }

  bytes(length: number): Buffer {
    const end = this.at + length;
    if (end > this.#source.length) refuse(`the pickle is cut short at byte ${this.at}`);
    const bytes = this.#source.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  text(length: number): string {
    return this.bytes(length).toString('utf8');
  }

  /** Two's complement, lowest byte first. */
  long(length: number): number {
    const bytes = this.bytes(length);
    const value = bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
    return Number(BigInt.asIntN(8 * length, value));
  }

  line(): string {
    const end = this.#source.indexOf('\n', this.at);
    if (end < 0) refuse(`the pickle is cut short at byte ${this.at}`);
    const text = this.#source.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }

  push(item: Item): void {
    this.#stack.push(item);
  }

  last(count: number): Pickled[] {
    if (count > this.#stack.length) refuse(`the pickle is damaged at byte ${this.at}`);
    const items = this.#stack.splice(this.#stack.length - count, count);
    return items.map((item) => (item === MARK ? refuse(`the pickle is damaged at byte ${this.at}`) : item));
  }

  sinceMark(): Pickled[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) refuse(`the pickle is damaged at byte ${this.at}`);
    const items = this.last(this.#stack.length - mark - 1);
    this.#stack.pop();
    return items;
  }

  append(items: readonly Pickled[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) refuse(`the pickle is damaged at byte ${this.at}`);
    for (const item of items) list.push(item);
  }

  set(items: readonly Pickled[]): void {
    const map = this.#top();
    if (!(map instanceof Map)) refuse(`the pickle is damaged at byte ${this.at}`);
    for (const [key, value] of pairs(items)) map.set(key, value);
  }

  remember(slot: number | undefined): void {
    this.#memo.set(slot ?? this.#memo.size, this.#top());
  }

  recall(slot: number): Pickled {
    return this.#memo.get(slot) ?? (this.#memo.has(slot) ? null : refuse(`the pickle is damaged at byte ${this.at}`));
  }

  global(name: string): Global {
    const { calls, names } = this.#rules;
    if (calls.has(name) || names(name)) return new Global(name);
    return refuse(`it names ${name}, which is not plain data and would run code if it were loaded; nothing was run`);
  }

  call(): Pickled {
    const [callee, args] = this.last(2);
    const name = callee instanceof Global ? callee.name : 'something that is no function';
    const call = this.#rules.calls.get(name);
    if (call === undefined || !Array.isArray(args))
      return refuse(`it calls ${name}, which is not plain data; nothing was run`);
    return call(args);
  }

  /** Attributes of an object: data may have some (`_metadata` of a state dict), and they are not needed. */
  build(): void {
    this.last(1);
    this.#top();
  }

  #top(): Pickled {
    const top = this.#stack.at(-1);
    return top === undefined || top === MARK ? refuse(`the pickle is damaged at byte ${this.at}`) : top;
  }
}

function refusedOpcode(code: number, at: number): string {
  const text = String.fromCharCode(code);
  const what = REFUSED[text] ?? 'is not one that plain data needs';
  return `opcode 0x${code.toString(16)} at byte ${at} ${what}; nothing was run`;
}

function mapOf(items: readonly Pickled[]): Map<Pickled, Pickled> {
  return new Map(pairs(items));
}

function* pairs(items: readonly Pickled[]): Generator<[Pickled, Pickled]> {
  if (items.length % 2 !== 0) refuse('the pickle is damaged: a key without a value');
  for (let index = 0; index < items.length; index += 2) yield [items[index]!, items[index + 1]!];
}
