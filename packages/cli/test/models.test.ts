/** Model files of other tools: what is read, what is inferred, and what is refused. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { walkModules } from '@paramwise/core';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../src/index.ts';
import { dictOp, message, onnx, pickle, safetensors, safetensorsOf, tensorOp, textOp, zip } from './bytes.ts';
import { run, scratchFolder } from './run.ts';

/** What is planned: kind of each module by path, and the parameters. */
async function load(name: string, content: Buffer | string) {
  const path = join(scratchFolder(), name);
  writeFileSync(path, content);
  const { root: model, notes } = await loadModel(path);
  const kinds: Record<string, string> = {};
  const params: Record<string, string> = {};
  for (const { module, prefix } of walkModules(model)) {
    const { moduleKind } = module;
    if (moduleKind.type === 'conv2d') kinds[prefix] = `conv2d ${moduleKind.inChannels} ${moduleKind.groups}`;
    else if (moduleKind.type !== 'other') kinds[prefix] = moduleKind.type;
    for (const [own, { shape }] of module.ownParams()) params[prefix === '' ? own : `${prefix}.${own}`] = String(shape);
  }
  return { kinds, params, notes };
}

const SHAPES = {
  'stem.weight': [8, 3, 3, 3],
  'stem.bias': [8],
  'bn.weight': [8],
  'bn.bias': [8],
  'bn.running_mean': [8],
  'dw.weight': [8, 1, 3, 3],
  'ln.weight': [8],
  'ln.bias': [8],
  'rms_norm.weight': [8],
  'act.weight': [8],
  'dcn.weight': [8, 8, 3, 3],
  'dcn.conv_offset.weight': [18, 8, 3, 3],
  'fc.weight': [10, 8],
  'fc.bias': [10],
  pos: [1, 8],
};
const KINDS = {
  stem: 'conv2d 3 1',
  bn: 'norm',
  dw: 'conv2d 8 8',
  ln: 'norm',
  dcn: 'deform_conv',
  'dcn.conv_offset': 'conv2d 8 1',
};

const inferredNote = expect.stringContaining('kinds of modules are inferred from');

describe('safetensors', () => {
  it('gives parameters in the order of the file, kinds by names and shapes, and says so', async () => {
    const { kinds, params, notes } = await load('m.safetensors', safetensors({ ...SHAPES, n: [1] }, { n: 'I64' }));
    expect(kinds).toEqual(KINDS);
    expect(params).toEqual({
      pos: '1,8',
      ...Object.fromEntries(
        Object.entries(SHAPES)
          .filter(([name]) => !/running_mean|pos/.test(name))
          .map(([name, shape]) => [name, String(shape)]),
      ),
    });
    expect(notes).toEqual([
      inferredNote,
      expect.stringContaining('a guess by the name alone: 1 module (such as rms_norm) is taken for RMSNorm'),
      'taken for buffers and left out: bn.running_mean, n',
    ]);
  });

  it('warns in the plan, and shows names that hold HTML as they are', async () => {
    const folder = scratchFolder();
    const name = '<img src=x onerror=alert(1)>.weight';
    writeFileSync(join(folder, 'm.safetensors'), safetensors({ [name]: [2, 2], '__proto__.weight': [2] }));
    writeFileSync(join(folder, 'c.json'), '{"optimizer": {"type": "SGD", "lr": 0.1}}');
    const { code, out, err } = await run('plan', join(folder, 'm.safetensors'), join(folder, 'c.json'), '--json');
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(JSON.parse(out)).toEqual({
      groups: [
        { path: name, param: 0 },
        { path: '__proto__.weight', param: 1 },
      ],
      skipped: [],
      warnings: [inferredNote],
    });
  });

  it.each<[string, Buffer, string]>([
    ['an empty file', Buffer.alloc(0), 'cut short or damaged: the length of the header'],
    ['a header of 2 GB', safetensorsOf('{}', 0, 2 ** 31), 'is said to be 2147483648 bytes long, the file has 10'],
    ['a header of 2^63', safetensorsOf('{}', 0, 2 ** 63), 'not a safetensors file'],
    ['no JSON', safetensorsOf('{'), 'the header is no JSON'],
    ['no mapping', safetensorsOf('[]'), 'the header is no mapping'],
    ['nesting without end', safetensorsOf(`{"a":${'['.repeat(100_000)}`), 'the header is no JSON'],
    ['a dtype', safetensorsOf('{"a":{"dtype":"<b>","shape":[],"data_offsets":[0,0]}}'), 'its dtype is "<b>"'],
    ['a shape', safetensorsOf('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}'), 'its shape is no list'],
    [
      'a huge shape',
      safetensorsOf('{"a":{"dtype":"F32","shape":[1e15,1e15],"data_offsets":[0,0]}}'),
      'its shape is no',
    ],
    ['offsets', safetensorsOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'), 'lie outside the file'],
    ['a tensor that is a number', safetensorsOf('{"a":1}'), 'its dtype is undefined'],
  ])('%s is refused', async (_, content, reason) => {
    await expect(load('m.safetensors', content)).rejects.toThrow(reason);
    await expect(load('m.safetensors', content)).rejects.toThrow(/m\.safetensors: /);
  });
});

describe('onnx', () => {
  const operators = [
    { op: 'Conv', inputs: ['x', 'stem.weight', 'stem.bias'] },
    { op: 'Conv', inputs: ['x', 'odd.weight'], group: 2 },
    { op: 'BatchNormalization', inputs: ['x', 'bn.scale', 'bn.b', 'bn.mean', 'bn.var'] },
    { op: 'LayerNormalization', inputs: ['x', 'l.w', 'l.b'] },
    { op: 'InstanceNormalization', inputs: ['x', 'i.w', 'i.b'] },
    { op: 'GroupNormalization', inputs: ['x', 'g.w', 'g.b'] },
    { op: 'DeformConv', inputs: ['x', 'd.weight'] },
    { op: 'Gemm', inputs: ['x', 'fc.weight'] },
    { op: 'InstanceNormalization', inputs: ['x', 'onnx::I_1', 'onnx::I_2'] },
  ];
  const names = ['bn.scale', 'bn.b', 'bn.mean', 'bn.var', 'l.w', 'l.b', 'i.w', 'i.b', 'g.w', 'g.b', 'onnx::I_1'];
  const shapes = {
    'stem.weight': [8, 3, 3, 3],
    'stem.bias': [8],
    'odd.weight': [8, 4, 1, 1],
    'd.weight': [8, 8, 3, 3],
    'fc.weight': [10, 300],
    shape_int: [4],
    constant: [],
    ...Object.fromEntries(names.map((name) => [name, [8]])),
  };

  it('gives kinds by the operators, and leaves buffers and constants out', async () => {
    const { kinds, params, notes } = await load('m.onnx', onnx(shapes, operators));
    const norms = { bn: 'norm', l: 'norm', i: 'norm', g: 'norm' };
    expect(kinds).toEqual({ stem: 'conv2d 3 1', odd: 'conv2d 8 2', d: 'deform_conv', ...norms });
    expect(Object.keys(params)).not.toContain('bn.mean');
    expect(params).toMatchObject({ 'fc.weight': '10,300', 'bn.scale': '8', 'onnx::I_1': '8' });
    expect(Object.keys(params)).toHaveLength(14);
    expect(notes).toEqual([
      '1 weights were renamed by the exporter (such as onnx::Conv_193), so their paths and kinds are lost',
      expect.stringContaining('inferred from the graph, names and shapes'),
      'taken for buffers and left out: shape_int, bn.mean, bn.var',
    ]);
  });

  it.each<[string, Buffer, string]>([
    ['no graph', message([1, 8]), 'there is no graph in it'],
    ['text', Buffer.from('hello, this is no model'), 'm.onnx: '],
    ['a file cut short', onnx(shapes, operators).subarray(0, 400), 'cut short or damaged'],
    ['a length beyond the file', Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f]), 'bytes are announced'],
    ['a number without end', Buffer.alloc(32, 0xff), 'more than ten bytes'],
    [
      'a huge shape',
      message([7, message([5, message([1, 2 ** 45], [1, 2 ** 45], [2, 1], [8, 'a'])])]),
      'its shape is no',
    ],
    ['a name without end', message([7, message([5, message([8, 'x'.repeat(100_000)])])]), 'a name of 100000 bytes'],
  ])('%s is refused', async (_, content, reason) => {
    await expect(load('m.onnx', content)).rejects.toThrow(reason);
  });
});

describe('a PyTorch checkpoint', () => {
  const state = dictOp(Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) => [name, tensorOp(shape)])));
  const archive = (...parts: (string | Buffer)[]) =>
    zip({ 'm/data.pkl': pickle(...parts), 'm/data/0': Buffer.alloc(4) });

  it('is read from the archive, alone or among other things', async () => {
    expect((await load('m.pth', archive(state))).kinds).toEqual(KINDS);
    const all = Buffer.concat([
      Buffer.from('}('),
      textOp('epoch'),
      Buffer.from('K\x03'),
      textOp('state_dict'),
      state,
      Buffer.from('u'),
    ]);
    expect((await load('m.pt', archive(all))).kinds).toEqual(KINDS);
  });

  it('knows a parameter that stands in two places', async () => {
    const tied = dictOp({ 'a.weight': tensorOp([2, 2], 'one'), 'b.weight': tensorOp([2, 2], 'one') });
    const path = join(scratchFolder(), 'm.pth');
    writeFileSync(path, archive(tied));
    const { root: model } = await loadModel(path);
    const params = [...walkModules(model)].flatMap(({ module }) => [...module.ownParams()].map(([, param]) => param));
    expect(params[0]).toBe(params[1]);
  });

  it('is read in the old format too', async () => {
    const magic = Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex');
    const old = Buffer.concat([pickle(magic), pickle('M\xe9\x03'), pickle('}'), pickle(state), pickle(']')]);
    expect((await load('m.pth', old)).kinds).toEqual(KINDS);
  });

  const call = (module: string, name: string) =>
    Buffer.concat([Buffer.from(`c${module}\n${name}\n(`), textOp('true'), Buffer.from('tR')]);
  it.each<[string, Buffer, string]>([
    [
      'code by GLOBAL',
      archive(call('posix', 'system')),
      'no state dict but what posix.system would make (nothing was run)',
    ],
    ['code by a builtin', archive(call('builtins', 'eval')), 'what builtins.eval would make'],
    [
      'code by STACK_GLOBAL',
      archive(textOp('os'), textOp('system'), '\x93(', textOp('true'), 'tR'),
      'what os.system would make',
    ],
    ['code by INST', archive('(', textOp('true'), 'iposix\nsystem\n'), 'what posix.system would make'],
    ['code by NEWOBJ', archive('cmodels\nNet\n)\x81'), 'what models.Net would make'],
    ['a call of what is only a name', archive('ctorch\nFloatStorage\n)R'), 'what torch.FloatStorage would make'],
    ['a call of no function', archive('K\x01)R'), 'what a call of no function would make'],
    ['a pickle cut short', zip({ 'm/data.pkl': pickle(state).subarray(0, 90) }), 'the pickle is cut short'],
    ['an empty stack', archive('tu'), 'the pickle is damaged'],
    ['a key without a value', archive('}(K\x01u'), 'a key without a value'],
    ['a slot that nothing is in', archive('h\x05'), 'the pickle is damaged'],
    ['no state dict', archive('}(', textOp('epoch'), 'K\x03u'), 'it holds no state dict, neither itself nor under'],
    ['a number', archive('K\x03'), 'it holds no state dict'],
    [
      'a TorchScript archive',
      zip({ 'm/code/a.py': Buffer.alloc(1), 'm/data.pkl': pickle('}') }),
      'a TorchScript archive',
    ],
    ['another archive', zip({ 'a.txt': Buffer.alloc(1) }), 'there is no data.pkl'],
    ['an entry of 4 GB', zip({ 'm/data.pkl': pickle('}') }, 0xfffffff0), 'unpacks to 4294967280 bytes'],
    ['an entry beyond the file', zip({ 'm/data.pkl': pickle('}') }, 100_000), 'the archive is cut short or damaged'],
    ['half an archive', archive(state).subarray(0, 300), 'the archive is cut short or damaged'],
    ['a text', Buffer.from('hello'), 'the pickle is damaged'],
    ['another pickle', pickle('K\x03'), 'this is no file that torch.save wrote'],
    ['nothing', Buffer.alloc(0), 'the pickle is cut short'],
  ])('%s is refused', async (_, content, reason) => {
    await expect(load('m.pth', content)).rejects.toThrow(reason);
    await expect(load('m.pth', content)).rejects.toThrow(/m\.pth: /);
  });
});

describe('a model file', () => {
  it('may be packed, and not unpack to more than fits', async () => {
    const file = { format: 'paramwise-model/1', root: { id: 0, types: [], params: [], children: [] } };
    expect((await load('m.json.gz', gzipSync(JSON.stringify(file)))).params).toEqual({});
    const bomb = Buffer.concat(Array.from({ length: 600 }, () => gzipSync(Buffer.alloc(1 << 20))));
    await expect(load('m.json.gz', bomb)).rejects.toThrow('cannot be unpacked');
    await expect(load('m.json.gz', Buffer.from('{}'))).rejects.toThrow('cannot be unpacked');
  });

  it('is not read whole when it is too large', async () => {
    const path = join(scratchFolder(), 'm.json');
    writeFileSync(path, '{}');
    truncateSync(path, 2 ** 30);
    await expect(loadModel(path)).rejects.toThrow('the file has 1073741824 bytes');
  });

  it('is known by the end of its name', async () => {
    await expect(load('m.txt', '')).rejects.toThrow('a model file ends in .index.json, .json');
    await expect(loadModel('none.pth')).rejects.toThrow('none.pth: there is no such file');
  });
});

describe('a module', () => {
  const view =
    "{ moduleKind: { type: 'norm' }, ownParams: () => [['w', { shape: [2], requiresGrad: true }]], ownChildren: () => [] }";

  it.each([
    ['m.mjs', `export default ${view}`],
    ['m.mjs', `export const model = () => (${view})`],
    ['m.mts', `export const model: object = ${view}`],
    ['m.ts', `export default async function make(): Promise<object> { return ${view}; }`],
  ])('%s: %s', async (name, text) => {
    const { kinds, params } = await load(name, text);
    expect({ kinds, params }).toEqual({ kinds: { '': 'norm' }, params: { w: '2' } });
  });

  it.each([
    ['export default 3', 'it exports no model'],
    ['export default class {}', 'it exports no model'],
    ['throw new Error("no")', 'it does not load: no'],
  ])('%s is refused', async (text, reason) => {
    await expect(load('m.mjs', text)).rejects.toThrow(reason);
  });
});
