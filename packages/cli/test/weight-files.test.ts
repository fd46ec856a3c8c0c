/** Weight files as people have them: in several parts, of new dtypes, of wrapped and tied modules, with norms of all kinds. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlanJson } from '../src/index.ts';
import { loadModel } from '../src/index.ts';
import { dictOp, pickle, safetensors, safetensorsOf, tensorOp, textOp, zip } from './bytes.ts';
import { run, scratchFolder } from './run.ts';

type Files = Readonly<Record<string, Buffer | string>>;
type Shapes = Readonly<Record<string, readonly number[]>>;

/** Writes files, and plans the first by a config. */
async function planned(files: Files, optimWrapper: object = SGD, ...more: string[]) {
  const folder = scratchFolder();
  const names = Object.keys(files);
  for (const name of names) writeFileSync(join(folder, name), files[name]!);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(optimWrapper));
  const model = join(folder, names[0]!);
  const { code, out, err } = await run('plan', model, join(folder, 'config.json'), '--json', ...more);
  if (code !== 0) return { code, err, paths: [], warnings: [], skipped: [], groups: [] };
  const { groups, skipped, warnings } = JSON.parse(out) as PlanJson;
  return { code, err, groups, skipped, warnings: warnings.join('\n'), paths: groups.map(({ path }) => path) };
}

const SGD = { optimizer: { type: 'SGD', lr: 0.1, weight_decay: 0.01 } };
const archive = (...parts: (string | Buffer)[]) => zip({ 'm/data.pkl': pickle(...parts) });
const stateOp = (shapes: Shapes) =>
  dictOp(Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, tensorOp(shape)])));
const pth = (shapes: Shapes) => archive(stateOp(shapes));
const prefixed = (prefix: string, shapes: Shapes) =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [`${prefix}${name}`, shape]));

const NET = { 'backbone.weight': [4, 3], 'head.weight': [2, 4] };

describe('weights in several files', () => {
  const index = (map: object) => JSON.stringify({ metadata: { total_size: 1 }, weight_map: map });
  const one = safetensors({ 'b.weight': [2, 3], 'b.bias': [2] });
  const two = safetensors({ 'a.weight': [2, 2] });
  const map = { 'a.weight': 'm-2.safetensors', 'b.weight': 'm-1.safetensors', 'b.bias': 'm-1.safetensors' };
  const shards = { 'm-1.safetensors': one, 'm-2.safetensors': two };

  it('are read by their index, in its order', async () => {
    const { paths, warnings } = await planned({ 'model.safetensors.index.json': index(map), ...shards });
    expect(paths).toEqual(['a.weight', 'b.weight', 'b.bias']);
    expect(warnings).toContain('kinds of modules are inferred');
  });

  it('may be of PyTorch', async () => {
    const places = { 'a.weight': 'p-1.bin', 'b.weight': 'p-2.bin' };
    const files = { 'p-1.bin': pth({ 'a.weight': [2, 2] }), 'p-2.bin': pth({ 'b.weight': [2, 2] }) };
    const { paths } = await planned({ 'pytorch_model.bin.index.json': index(places), ...files });
    expect(paths).toEqual(['a.weight', 'b.weight']);
  });

  it.each<[string, Files, string]>([
    [
      'a file that is not there',
      { 'm.index.json': index(map), 'm-1.safetensors': one },
      'm-2.safetensors of its 2 files is missing',
    ],
    [
      'a weight that is not where it should be',
      { 'm.index.json': index({ ...map, c: 'm-2.safetensors' }), ...shards },
      'c is not in m-2.safetensors',
    ],
    [
      'a place elsewhere',
      { 'm.index.json': index({ a: '../m.safetensors' }) },
      'allowed is the name of a file beside it',
    ],
    ['a place that is none', { 'm.index.json': index({ a: 3 }) }, 'weight_map: a is in 3'],
    ['no index', { 'm.index.json': '{}' }, 'it has no mapping weight_map'],
    ['no JSON', { 'm.index.json': '{' }, 'this is not JSON'],
    [
      'a file cut short',
      { 'm.index.json': index(map), ...shards, 'm-2.safetensors': two.subarray(0, 40) },
      'm-2.safetensors: the header is said',
    ],
  ])('with %s are refused', async (_, files, reason) => {
    const { code, err } = await planned(files);
    expect(code).toBe(2);
    expect(err).toContain(reason);
    expect(err).toMatch(/m\.index\.json|m-2\.safetensors: /);
  });
});

describe('safetensors', () => {
  it('of every dtype is read; one that is new is named', async () => {
    const codes = ['C64', 'F8_E8M0', 'F8_E4M3', 'F4', 'F6_E2M3', 'F8_E4M3FNUZ', 'BF16', 'F7_NEW', 'I3'];
    const shapes = Object.fromEntries(codes.map((code) => [`m.${code.toLowerCase()}`, [2]]));
    const dtypes = Object.fromEntries(codes.map((code) => [`m.${code.toLowerCase()}`, code]));
    const { paths, warnings } = await planned({ 'm.safetensors': safetensors(shapes, dtypes) });
    expect(paths).toEqual(codes.slice(0, -1).map((code) => `m.${code.toLowerCase()}`));
    expect(warnings).toContain(
      'dtype F7_NEW is not known here (such as that of m.f7_new), and taken for a floating-point',
    );
    expect(warnings).toContain(
      'dtype I3 is not known here (such as that of m.i3), and taken for one of no floating-point',
    );
    expect(warnings).toContain('left out: m.i3');
  });

  it('with two names for the same bytes has one parameter', async () => {
    const entry = { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] };
    const none = { dtype: 'F32', shape: [0], data_offsets: [16, 16] };
    const header = JSON.stringify({ 'a.w': entry, 'b.w': entry, 'c.w': none, 'd.w': none });
    const config = { ...SGD, paramwise_cfg: { bypass_duplicate: true } };
    const { paths, skipped } = await planned({ 'm.safetensors': safetensorsOf(header, 16) }, config);
    expect(paths).toEqual(['a.w', 'c.w', 'd.w']);
    expect(skipped).toMatchObject([{ path: 'b.w' }]);
  });
});

describe('names that wrappers have changed', () => {
  const VIT = {
    cls_token: [1, 1, 4],
    'blocks.0.attn.qkv.weight': [12, 4],
    'blocks.1.attn.qkv.weight': [12, 4],
    'head.weight': [2, 4],
  };
  const layers = {
    constructor: 'LayerDecayOptimWrapperConstructor',
    optimizer: { type: 'SGD', lr: 1, weight_decay: 0.1 },
    paramwise_cfg: { decay_rate: 0.5 },
  };

  it.each(['_orig_mod.', 'module.', 'model.', 'module.module.', 'module._orig_mod.', 'model._fsdp_wrapped_module.'])(
    '%s is looked through, for layer decay too',
    async (prefix) => {
      const { groups, warnings } = await planned({ 'm.pth': pth(prefixed(prefix, VIT)) }, layers);
      expect(groups.map(({ path, lr }) => [path, lr])).toEqual([
        ['cls_token', 0.125],
        ['blocks.0.attn.qkv.weight', 0.25],
        ['blocks.1.attn.qkv.weight', 0.5],
        ['head.weight', 1],
      ]);
      expect(warnings).toContain('names are looked through "');
      expect(warnings).toContain(`: ${prefix}cls_token is cls_token`);
    },
  );

  it('stay where a name would be lost, or the wrapper holds not all', async () => {
    const twice = { '_orig_mod.a.weight': [2, 2], 'a.weight': [2, 2] };
    expect((await planned({ 'm.pth': pth(twice) })).paths).toEqual(Object.keys(twice));
    const part = { 'model.a.weight': [2, 2], 'lm_head.weight': [2, 2] };
    expect((await planned({ 'm.pth': pth(part) })).paths).toEqual(Object.keys(part));
  });

  it('are those of the library where a file is no training script’s', async () => {
    const { paths } = await planned({ 'm.safetensors': safetensors({ 'model.embed.weight': [2, 2] }) });
    expect(paths).toEqual(['model.embed.weight']);
  });

  it('are looked through where counters stand beside them', async () => {
    const { paths } = await planned({ 'm.pth': pth({ n_averaged: [], ...prefixed('module.', NET) }) });
    expect(paths).toEqual(['n_averaged', 'backbone.weight', 'head.weight']);
  });
});

describe('a norm', () => {
  const shapes = {
    'input_layernorm.weight': [4],
    'rms_norm.weight': [4],
    'rms_norm.bias': [4],
    'ln.weight': [4],
    'ln.bias': [4],
    'bn.weight': [4],
    'bn.bias': [4],
    'bn.running_mean': [4],
    'proj.weight': [4, 4],
  };
  const config = { ...SGD, paramwise_cfg: { norm_decay_mult: 0 } };

  it('without a bias is taken for an RMSNorm, which keeps its decay as in MMEngine, and is said to be a guess', async () => {
    const { groups, warnings } = await planned({ 'm.safetensors': safetensors(shapes) }, config);
    const decays = Object.fromEntries(groups.map(({ path, weight_decay }) => [path, weight_decay]));
    expect(decays).toEqual({
      'input_layernorm.weight': undefined,
      'rms_norm.weight': undefined,
      'rms_norm.bias': undefined,
      'ln.weight': 0,
      'ln.bias': 0,
      'bn.weight': 0,
      'bn.bias': 0,
      'proj.weight': undefined,
    });
    expect(warnings).toContain(
      'a guess by the name alone: 2 modules (such as input_layernorm) are taken for RMSNorm, which is none of the norms of norm_decay_mult',
    );
    expect(warnings).toContain('norms (2)');
    const folder = scratchFolder();
    const [model, file] = [join(folder, 'm.safetensors'), join(folder, 'c.json')];
    writeFileSync(model, safetensors(shapes));
    writeFileSync(file, JSON.stringify(config));
    const { err } = await run('explain', model, file, 'input_layernorm.weight');
    expect(err).toContain('warning: a guess by the name alone');
  });
});

describe('the mapping of a checkpoint', () => {
  const call = (name: string) => Buffer.from(`c${name.replace('.', '\n')}\n(tR`);
  const saved = (entries: Readonly<Record<string, Buffer | string>>) =>
    archive('}(', ...Object.entries(entries).flatMap(([name, value]) => [textOp(name), value]), 'u');

  it('under a usual key goes before stray tensors, and what only code could make is stepped over', async () => {
    const file = saved({
      best: tensorOp([]),
      args: call('argparse.Namespace'),
      code: call('posix.system'),
      model: stateOp(NET),
    });
    const { paths, warnings } = await planned({ 'm.pth.tar': file });
    expect(paths).toEqual(Object.keys(NET));
    expect(warnings).toContain('the model is taken from "model" (2 tensors) of the file');
  });

  it('is the one with most tensors, and averages come last', async () => {
    const ema = stateOp({ ...NET, 'more.weight': [2, 2] });
    const file = saved({ model_ema: ema, mine: stateOp(NET), loss: tensorOp([]) });
    const { paths, warnings } = await planned({ 'm.pth': file });
    expect(paths).toEqual(Object.keys(NET));
    expect(warnings).toContain('tensors are also under "model_ema" (3 tensors): --key names the one to take');
    expect((await planned({ 'm.pth': file }, SGD, '--key', 'model_ema')).paths).toHaveLength(3);
    expect((await planned({ 'm.pth': saved({ ema_state_dict: ema }) })).paths).toHaveLength(3);
  });

  it('is one that a key names, dots and all', async () => {
    const inner = Buffer.concat([Buffer.from('}('), textOp('b.c'), stateOp(NET), Buffer.from('u')]);
    const file = saved({ 'a.x': inner, net: stateOp({ w: [2] }) });
    expect((await planned({ 'm.pth': file }, SGD, '--key', 'a.x.b.c')).paths).toEqual(Object.keys(NET));
    const { code, err } = await planned({ 'm.pth': file }, SGD, '--key', 'a.y');
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('there is no mapping under the key "a.y"; tensors are under "a.x.b.c"'),
    ]);
    expect((await planned({ 'm.pth': file }, SGD, '--key', 'net.w')).err).toContain('there is no mapping under');
    const other = await planned({ 'm.safetensors': safetensors(NET) }, SGD, '--key', 'net');
    expect(other.err).toContain('m.safetensors: it holds one model; --key is for PyTorch checkpoints');
  });

  it('is named by every command where there are several', async () => {
    const folder = scratchFolder();
    const [model, config] = [join(folder, 'm.pth'), join(folder, 'c.json')];
    writeFileSync(model, saved({ generator: stateOp(NET), discriminator: stateOp({ w: [2], v: [2] }) }));
    writeFileSync(config, JSON.stringify(SGD));
    const taken =
      'warning: the model is taken from "generator" (2 tensors) of the file; tensors are also under "discriminator"';
    const commands = [
      ['explain', model, config, 'head.weight'],
      ['diff', model, config, config],
      ['report', model, config, '-o', join(folder, 'out.html')],
    ];
    for (const command of commands) expect((await run(...command)).err).toContain(taken);
    const named = await run('explain', model, config, 'v', '--key', 'discriminator');
    expect([named.code, named.err]).toEqual([0, '']);
  });

  it('may hold what is no tensor, which is said', async () => {
    const file = archive(
      dictOp({
        'a.weight': tensorOp([2]),
        'a._extra_state': call('io.BytesIO'),
        'a.packed': call('torch.Packed'),
        n: 'K\x01',
      }),
    );
    const { paths, warnings } = await planned({ 'm.pth': file });
    expect(paths).toEqual(['a.weight']);
    expect(warnings).toContain('left out: a.packed (torch.Packed)');
    expect(warnings).not.toContain('_extra_state');
  });
});

it('a file that is cut short is refused with its name and the place', async () => {
  const magic = Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex');
  const old = Buffer.concat([pickle(magic), pickle('M\xe9\x03'), pickle('}'), pickle(stateOp(NET))]);
  const folder = scratchFolder();
  const path = join(folder, 'm.pth');
  for (let length = 30; length < old.length; length += 37) {
    writeFileSync(path, old.subarray(0, length));
    await expect(loadModel(path)).rejects.toThrow(/m\.pth: the pickle is cut short at byte \d+/);
  }
});
