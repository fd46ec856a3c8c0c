/**
 * The opcodes of pickles, protocols 0 to 5.
 *
 * Source: Python's `pickletools`.
 */
import { fail } from './error.ts';
import { type DataCalls, PickleMachine } from './pickle.ts';
import type { Pickled } from './values.ts';

type Machine = PickleMachine;
type Operation = (machine: Machine) => void;

const STOP = '.'.charCodeAt(0);

const u8 = (m: Machine) => m.byte();
const u16 = (m: Machine) => m.bytes(2).readUInt16LE();
const u32 = (m: Machine) => m.bytes(4).readUInt32LE();
const i32 = (m: Machine) => m.bytes(4).readInt32LE();
const u64 = (m: Machine) => Number(m.bytes(8).readBigUInt64LE());

const NUMBERS = {
  N: (m: Machine) => m.push(null),
  '\x88': (m: Machine) => m.push(true),
  '\x89': (m: Machine) => m.push(false),
  K: (m: Machine) => m.push(u8(m)),
  M: (m: Machine) => m.push(u16(m)),
  J: (m: Machine) => m.push(i32(m)),
  '\x8a': (m: Machine) => m.pushLong(u8(m)),
  '\x8b': (m: Machine) => m.pushLong(u32(m)),
  G: (m: Machine) => m.push(m.bytes(8).readDoubleBE()),
  I: (m: Machine) => m.pushLine((text) => (/^0[01]$/.test(text) ? text === '01' : Number(text))),
  L: (m: Machine) => m.pushLine((text) => Number(text.replace(/L$/, ''))),
  F: (m: Machine) => m.pushLine(Number),
};

const TEXTS = {
  X: (m: Machine) => m.pushText(u32(m)),
  '\x8c': (m: Machine) => m.pushText(u8(m)),
  '\x8d': (m: Machine) => m.pushText(u64(m)),
  U: (m: Machine) => m.pushText(u8(m), 'latin1'),
  T: (m: Machine) => m.pushText(u32(m), 'latin1'),
  S: (m: Machine) => m.pushLine((text) => text.replace(/^(['"])(.*)\1$/, '$2')),
  V: (m: Machine) => m.pushLine((text) => text),
  B: (m: Machine) => m.pushBytes(u32(m)),
  C: (m: Machine) => m.pushBytes(u8(m)),
  '\x8e': (m: Machine) => m.pushBytes(u64(m)),
  '\x96': (m: Machine) => m.pushBytes(u64(m)),
  '\x97': (m: Machine) => m.pushUnknown('a buffer'),
  '\x98': () => {},
};

const CONTAINERS = {
  ')': (m: Machine) => m.pushList([]),
  t: (m: Machine) => m.pushList(m.sinceMark()),
  '\x85': (m: Machine) => m.pushList(m.last(1)),
  '\x86': (m: Machine) => m.pushList(m.last(2)),
  '\x87': (m: Machine) => m.pushList(m.last(3)),
  ']': (m: Machine) => m.pushList([]),
  l: (m: Machine) => m.pushList(m.sinceMark()),
  a: (m: Machine) => m.append(m.last(1)),
  e: (m: Machine) => m.append(m.sinceMark()),
  '}': (m: Machine) => m.pushMap([]),
  d: (m: Machine) => m.pushMap(m.sinceMark()),
  s: (m: Machine) => m.set(m.last(2)),
  u: (m: Machine) => m.set(m.sinceMark()),
  '\x8f': (m: Machine) => m.pushUnknown('a set'),
  '\x90': (m: Machine) => m.append(m.sinceMark()),
  '\x91': (m: Machine) => {
    m.sinceMark();
    m.pushUnknown('a set');
  },
};

const STACK = {
  '(': (m: Machine) => m.pushMark(),
  '0': (m: Machine) => m.pop(),
  '1': (m: Machine) => m.sinceMark(),
  '2': (m: Machine) => m.duplicate(),
  q: (m: Machine) => m.remember(u8(m)),
  r: (m: Machine) => m.remember(u32(m)),
  p: (m: Machine) => m.remember(Number(m.line())),
  '\x94': (m: Machine) => m.remember(),
  h: (m: Machine) => m.recall(u8(m)),
  j: (m: Machine) => m.recall(u32(m)),
  g: (m: Machine) => m.recall(Number(m.line())),
  '\x80': (m: Machine) => m.bytes(1),
  '\x95': (m: Machine) => m.bytes(8),
};

/** What would name, call and make things: here they are names and `Unknown`s. */
const OBJECTS = {
  c: (m: Machine) => m.pushGlobal(`${m.line()}.${m.line()}`),
  '\x93': (m: Machine) => {
    const [module, name] = m.last(2);
    if (typeof module !== 'string' || typeof name !== 'string') m.damaged();
    m.pushGlobal(`${module}.${name}`);
  },
  P: (m: Machine) => m.pushPersistent(m.line()),
  Q: (m: Machine) => m.pushPersistent(m.pop()),
  R: (m: Machine) => callLast(m, m.last(2)),
  '\x81': (m: Machine) => callLast(m, m.last(2)),
  '\x92': (m: Machine) => callLast(m, m.last(3)),
  i: (m: Machine) => {
    const name = `${m.line()}.${m.line()}`;
    m.sinceMark();
    m.pushUnknown(name);
  },
  o: (m: Machine) => callLast(m, [m.sinceMark()[0] ?? null, []]),
  b: (m: Machine) => m.build(),
  '\x82': (m: Machine) => pushExtension(m, u8(m)),
  '\x83': (m: Machine) => pushExtension(m, u16(m)),
  '\x84': (m: Machine) => pushExtension(m, i32(m)),
};

function callLast(m: Machine, [callee = null, args = null]: readonly Pickled[]): void {
  m.call(callee, args);
}

const pushExtension = (m: Machine, code: number) => m.pushGlobal(`extension ${code}`);

/** By code. */
const OPERATIONS: readonly (Operation | undefined)[] = (() => {
  const table: (Operation | undefined)[] = Array.from({ length: 256 });
  for (const operations of [NUMBERS, TEXTS, CONTAINERS, STACK, OBJECTS]) {
    for (const [code, operation] of Object.entries(operations)) table[code.charCodeAt(0)] = operation;
  }
  return table;
})();

/**
 * Reads the pickle that begins at `start`; nothing in it is run.
 *
 * @throws TorchFileError where it is cut short or damaged, or holds more than fits.
 */
export function readPickle(bytes: Buffer, start: number, calls: DataCalls): { value: Pickled; end: number } {
  const machine = new PickleMachine(bytes, start, calls);
  for (let code = machine.step(); code !== STOP; code = machine.step()) {
    const operation = OPERATIONS[code];
    if (operation === undefined) {
      return fail(`the pickle is damaged at byte ${machine.at - 1}: there is no opcode 0x${code.toString(16)}`);
    }
    operation(machine);
  }
  return { value: machine.pop(), end: machine.at };
}
