import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { full, loadSafetensors, saveSafetensors, tensor, zeros } from '../src/index.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramwise-'));
  file = join(folder, 'weights.safetensors');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A file with this header and data, sound or not. */
function write(header: unknown, data: Uint8Array = new Uint8Array(), length?: bigint): void {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(text.length));
  writeFileSync(file, Buffer.concat([size, text, data]));
}

describe('safetensors', () => {
  it('come back as they were written: every dtype, shape and value, and the metadata', () => {
    const values = {
      float32: tensor([
        [1.5, -2],
        [Number.POSITIVE_INFINITY, 0],
      ]),
      float64: tensor([Math.PI], { dtype: 'float64' }),
      float16: tensor([0.5, 65504], { dtype: 'float16' }),
      bfloat16: tensor([1, 3.140625], { dtype: 'bfloat16' }),
      int64: tensor([2n ** 62n]),
      int32: tensor([-7], { dtype: 'int32' }),
      int16: tensor([-7], { dtype: 'int16' }),
      int8: tensor([-7], { dtype: 'int8' }),
      uint8: tensor([200], { dtype: 'uint8' }),
      bool: tensor([true, false]),
      'a name with "quotes" and ü': full([], 3),
      empty: zeros([0, 4]),
      transposed: tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]).t(),
    };
    saveSafetensors(file, values, { step: '12', __proto__x: 'y' });
    const { tensors, metadata } = loadSafetensors(file);
    expect(Object.keys(tensors)).toEqual(Object.keys(values));
    for (const [name, value] of Object.entries(values)) {
      expect(tensors[name]?.dtype, name).toBe(value.dtype);
      expect(tensors[name]?.shape, name).toEqual(value.shape);
      expect([...(tensors[name]?.bytes() ?? [])], name).toEqual([...value.bytes()]);
    }
    expect({ ...metadata }).toEqual({ step: '12', __proto__x: 'y' });
  });

  it('are written whole or not at all', () => {
    saveSafetensors(file, { x: full([1], 1) });
    const before = readFileSync(file);
    expect(() => saveSafetensors(file, { z: tensor([1], { dtype: 'complex64' }) })).toThrow(
      'tensor z is complex64, which the format does not hold',
    );
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['weights.safetensors']);
  });

  it('begin their data at a multiple of eight bytes', () => {
    saveSafetensors(file, { x: full([3], 1) });
    expect(Number(readFileSync(file).readBigUInt64LE()) % 8).toBe(0);
  });
});

describe('a broken safetensors file is refused:', () => {
  const entry = (dtype: string, shape: unknown, data_offsets: unknown) => ({ dtype, shape, data_offsets });
  const cases: [what: string, make: () => void, message: string][] = [
    ['no header length', () => writeFileSync(file, 'abc'), 'cut short: the length of the header'],
    [
      'a header of 2 GB',
      () => write('{}', new Uint8Array(), 2n ** 31n),
      'the header is said to be 2147483648 bytes long',
    ],
    [
      'a header length beyond every number',
      () => write('{}', new Uint8Array(), 2n ** 64n - 1n),
      'bytes long, the file has',
    ],
    ['no JSON', () => write('{"x"'), 'the header is no JSON'],
    ['a list', () => write('[]'), 'the header is no mapping'],
    [
      'an unknown dtype',
      () => write({ x: entry('F8', [1], [0, 1]) }, new Uint8Array(1)),
      'tensor x: unknown dtype "F8"',
    ],
    [
      'a negative size',
      () => write({ x: entry('U8', [-1], [0, 1]) }, new Uint8Array(1)),
      'tensor x: its shape is no list of sizes',
    ],
    [
      'too few bytes',
      () => write({ x: entry('F32', [2], [0, 4]) }, new Uint8Array(4)),
      'needs 8 bytes, data_offsets give 4',
    ],
    [
      'data cut off',
      () => write({ x: entry('F32', [2], [0, 8]) }, new Uint8Array(4)),
      'the tensors take 8 bytes, the file holds 4',
    ],
    [
      'overlapping tensors',
      () => write({ x: entry('U8', [2], [0, 2]), y: entry('U8', [2], [1, 3]) }, new Uint8Array(3)),
      'tensor y: begins at 1, expected 2',
    ],
    [
      'hidden bytes',
      () => write({ x: entry('U8', [1], [0, 1]) }, new Uint8Array(9)),
      'the tensors take 1 bytes, the file holds 9',
    ],
    ['metadata that is no mapping', () => write({ __metadata__: 3 }), '__metadata__ is no mapping'],
  ];
  for (const [what, make, message] of cases)
    it(what, () => {
      make();
      expect(() => loadSafetensors(file)).toThrow(message);
      expect(() => loadSafetensors(file)).toThrow(file);
    });

  it('a file that is not there', () => {
    expect(() => loadSafetensors(file)).toThrow('ENOENT');
  });
});
