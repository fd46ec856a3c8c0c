/** Small files that would take hours or all memory, were they followed: refused, or read, within a second. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadModel, Refusal } from '../src/index.ts';
import { dictOp, pickle, safetensorsOf, tensorOp, textOp, zip } from './bytes.ts';
import { scratchFolder } from './run.ts';

/** Twice what is promised: a machine may do other things besides. */
const LIMIT_MS = 2000;
const LIMIT_BYTES = 2 ** 30;

/** Reads a file; gives the words of its refusal, if it is refused. */
async function read(name: string, content: Buffer): Promise<string> {
  const path = join(scratchFolder(), name);
  writeFileSync(path, content);
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const result = await loadModel(path).then(
    ({ notes }) => notes.join('\n'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(Refusal);
      expect(String(error)).toContain(`${path}: `);
      return String(error);
    },
  );
  expect(performance.now() - start).toBeLessThan(LIMIT_MS);
  expect(process.memoryUsage().rss - before).toBeLessThan(LIMIT_BYTES);
  return result;
}

const raw = (text: string) => Buffer.from(text, 'latin1');
const repeated = (text: string, count: number) => raw(text.repeat(count));
const archive = (...parts: (string | Buffer)[]) => zip({ 'a/data.pkl': pickle(...parts) });

/** An archive of one packed entry. */
function packed(name: string, content: Buffer): Buffer {
  const body = deflateRawSync(content);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(body.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), body]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), common, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06'), end]);
}

/** A list that holds the one before it twice, 40 times over, in slot 39. */
function laughs(open = ']', close = 'e'): string {
  let ops = `${open}q\0(K\x01K\x01${close}0`;
  for (let slot = 1; slot < 40; slot++) {
    const below = String.fromCharCode(slot - 1);
    ops += `${open}q${String.fromCharCode(slot)}(h${below}h${below}${close}0`;
  }
  return ops;
}

const CYCLE = ']q\0h\0a0';

/** A state dict of one tensor whose storage has this key. */
const keyed = (key: string) => [
  raw('}('),
  textOp('w'),
  raw('ctorch._utils\n_rebuild_tensor_v2\n(('),
  textOp('storage'),
  raw(`ctorch\nFloatStorage\n${key}`),
  textOp('cpu'),
  raw('K\x01tQK\0(K\x01t(K\x01t\x89ccollections\nOrderedDict\n)RtRu'),
];

const module = (children: Buffer) =>
  Buffer.concat([raw('cm\nNet\n)\x81}('), textOp('_modules'), raw('}('), children, raw('u'), raw('ub')]);

describe('a pickle', () => {
  it('with a storage key of 2^40 items, or one that holds itself, is read', async () => {
    const found = 'inferred from names and shapes';
    expect(await read('m.pth', archive(laughs(), ...keyed('h\x27')))).toContain(found);
    expect(await read('m.pth', archive(CYCLE, ...keyed('h\0')))).toContain(found);
  });

  it('with such lists as names, keys, shapes and arguments is refused or read', async () => {
    const inDict = (value: string) => archive(laughs(), '}(', textOp('w'), tensorOp([2]), value, 'u');
    expect(await read('m.pth', inDict('h\x27K\x01'))).toContain('inferred');
    expect(await read('m.pth', archive(laughs(), 'h\x27h\x27\x93'))).toContain('the pickle is damaged at byte');
    const device = `${textOp('d').toString('latin1')}ctorch\ndevice\nh\x27R`;
    expect(await read('m.pth', inDict(device))).toContain('inferred');
    const shaped = [
      '}(',
      textOp('w'),
      raw('ctorch._utils\n_rebuild_tensor_v2\n(('),
      textOp('storage'),
      raw('ctorch\nFloatStorage\n'),
      textOp('0'),
      textOp('cpu'),
      raw('K\x01tQK\0h\x27h\x27\x89NtRu'),
    ];
    expect(await read('m.pth', archive(laughs(), ...shaped))).toContain('tensor w: its shape is no list of sizes');
  });

  it('of dicts and modules that hold each other is refused', async () => {
    const name = textOp('a').toString('latin1');
    const dicts = `}q\0(${name}h\0${textOp('model').toString('latin1')}h\0u`;
    expect(await read('m.pth', archive(dicts))).toContain('it holds no state dict');
    const itself = [raw('cm\nNet\n)\x81q\0}('), textOp('_modules'), raw('}('), textOp('a'), raw('h\0uub')];
    expect(await read('m.pth', archive(...itself))).toContain('nested without end');
  });

  it('of dicts that hold themselves under every usual key is refused', async () => {
    const keys = ['state_dict', 'model_state_dict', 'model', 'module', 'net', 'network', 'params', 'weights', 'ema'];
    const usual = keys.map((key) => `${textOp(key).toString('latin1')}h\0`).join('');
    const others = Array.from({ length: 100_000 }, (_, index) => `${textOp(`k${index}`).toString('latin1')}K\x01`);
    expect(await read('m.pth', archive(`}q\0(${usual}${others.join('')}u`))).toContain('it holds no state dict');
  });

  it('of modules shared 2^40 times over is refused', async () => {
    let ops = `${module(Buffer.alloc(0)).toString('latin1')}q\x000`;
    for (let slot = 1; slot < 40; slot++) {
      const below = String.fromCharCode(slot - 1);
      const children = Buffer.concat([textOp('a'), raw(`h${below}`), textOp('b'), raw(`h${below}`)]);
      ops += `${module(children).toString('latin1')}q${String.fromCharCode(slot)}0`;
    }
    expect(await read('m.pth', archive(ops, 'h\x27'))).toContain('modules');
  });

  it.each([
    ['lists', ']'],
    ['dicts', '}'],
    ['marks', '('],
    ['numbers', 'N'],
    ['marks that go again', '(1'],
    ['empty names', 'c\n\n'],
    ['objects', 'c\n\n)\x81'],
    ['slots', 'N\x940'],
    ['words', 'U\x04abcd'],
    ['words in slots', 'U\x04abcd\x940'],
    ['slots out of order', 'Nr\0\0\0\x700Nr\x01\0\0\x710'],
  ])('of 30 MB of %s is refused', async (_, ops) => {
    const content = repeated(ops, Math.floor(30e6 / ops.length));
    expect(await read('m.pth', packed('a/data.pkl', content))).toMatch(
      /the pickle (holds too much|is cut short|is damaged)/,
    );
  });

  it('that unpacks to 250 MB is refused before it is unpacked', async () => {
    const bomb = packed('a/data.pkl', Buffer.alloc(250e6));
    expect(await read('m.pth', bomb)).toContain('data.pkl unpacks to 250000000 bytes; at most 33554432 are read');
  });

  it.each<[string, Buffer]>([
    ['a text', raw('\x8d\xff\xff\xff\xff\xff\xff\xff\x7f')],
    ['bytes', raw('\x8e\xff\xff\xff\xff\xff\xff\xff\xff')],
    ['a number', raw('\x8b\xff\xff\xff\x7f')],
    ['a line', repeated('cx', 1e6)],
  ])('with %s of a huge length is refused', async (_, ops) => {
    expect(await read('m.pth', archive(ops))).toContain('the pickle is cut short at byte');
  });

  it('with a number of a million bytes is stepped over', async () => {
    const long = Buffer.concat([raw('\x8b\x40\x42\x0f\0'), Buffer.alloc(1e6, 0x7f)]);
    expect(await read('m.pth', archive('}(', textOp('n'), long, textOp('w'), tensorOp([2]), 'u'))).toContain(
      'inferred',
    );
  });
});

describe('names', () => {
  it('nested without end are refused', async () => {
    const deep = 'a.'.repeat(30_000);
    expect(await read('m.pth', archive(dictOp({ [`${deep}w`]: tensorOp([2]) })))).toContain(
      'a name of 60001 characters',
    );
  });

  it('that lead to too many modules are refused', async () => {
    const names = Array.from({ length: 2000 }, (_, index) => `${index}.${'a.'.repeat(1000)}w`);
    const header = Object.fromEntries(names.map((name) => [name, { dtype: 'F32', shape: [1], data_offsets: [0, 4] }]));
    expect(await read('m.safetensors', safetensorsOf(JSON.stringify(header), 4))).toContain('more than 400000 modules');
  });

  it('that every object has are names', async () => {
    const tensors = dictOp({
      ['__proto__']: tensorOp([2]),
      'constructor.__proto__.w': tensorOp([3]),
      toString: tensorOp([4]),
    });
    expect(await read('m.pth', archive(tensors))).toContain('inferred');
    expect(Object.hasOwn(Object.prototype, 'w')).toBe(false);
  });
});

describe('a safetensors header', () => {
  const entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';

  it('of 500,000 tensors is refused', async () => {
    const header = `{${Array.from({ length: 5e5 }, (_, index) => `"m${index}.weight":${entry}`).join(',')}}`;
    expect(await read('m.safetensors', safetensorsOf(header, 4))).toContain('it has 500000 tensors; at most 200000');
  });

  it.each([
    ['lists', `{"a":[${'[],'.repeat(30e6)}[]]}`],
    ['numbers', `{"a":[${'0,'.repeat(45e6)}0]}`],
  ])('of 90 MB of %s is refused', async (_, header) => {
    expect(await read('m.safetensors', safetensorsOf(header))).toContain('it holds more than the names and shapes of');
  });
});

it('an index of ten million lists is refused', async () => {
  const index = Buffer.from(`{"weight_map":{"a":[${'[],'.repeat(1e7)}[]]}}`);
  expect(await read('m.index.json', index)).toContain('it holds more than the names and shapes of');
});

it('an old file of 30 MB of lists is refused', async () => {
  const magic = Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex');
  const old = Buffer.concat([pickle(magic), pickle('M\xe9\x03'), pickle('}'), repeated(']', 30e6)]);
  expect(await read('m.pth', old)).toContain('the pickle holds too much');
});
