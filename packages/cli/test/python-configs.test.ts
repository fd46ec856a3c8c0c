/** Python configs as projects write them: what the optimizer depends on is evaluated as Python would, nothing else is. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/index.ts';
import { scratchFolder } from './run.ts';

/** Writes files into a folder of their own; the first is the config. */
function load(files: Readonly<Record<string, string>>, packages: Readonly<Record<string, string>> = {}) {
  const folder = scratchFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const given = Object.entries(packages).map(([name, inner]) => `${name}=${join(folder, inner)}`);
  return loadConfig(join(folder, Object.keys(files)[0]!), { packages: given });
}

const wrapperOf = (text: string) => load({ 'config.py': text }).optim_wrapper;
const readValue = (expression: string, before = '') => wrapperOf(`${before}\noptim_wrapper = (${expression})`);

const SGD = { optimizer: { type: 'SGD', lr: 0.1 } };
const SGD_TEXT = "optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1))\n";

describe('what the optimizer does not need', () => {
  it('is not looked at', () => {
    const text = `
import os, sys
tta = [dict(type='Resize', ratio=s) for s in [0.5, 1.0]]
bgr = [1.0, 2.0, 3.0][::-1]
ann = f'{"data"}/train.json'
width = sum([18, 36])
weights = [1.0] * 4 + [0.1]
classes = len(('a', 'b'))
pipeline = [*tta, dict(type='Pack')]
root = os.path.join('a', 'b')
def hook(x):
    lr = 3
    return x
try:
    import secret
except ImportError:
    pass
big = [0] * 10**12
${SGD_TEXT}print(root)
`;
    expect(wrapperOf(text)).toEqual(SGD);
  });

  it.each([
    'optim_wrapper["clip_grad"] = unknown()',
    'optim_wrapper.update(clip_grad=unknown())',
    'again = optim_wrapper\nagain["x"] = unknown()',
    'box = [optim_wrapper]\nchange(box)',
    'for one in [optim_wrapper]:\n    one["lr"] = unknown()',
    'if unknown():\n    optim_wrapper["lr"] = 1',
    'def change():\n    optim_wrapper["lr"] = 1\nchange()',
    'exec("optim_wrapper = 1")',
    'del optim_wrapper["optimizer"], unknown()["a"]',
    'optim_wrapper = unknown(optim_wrapper)',
    'while True:\n    optim_wrapper["a"] = 1\n    break',
  ])('but what may change it is: %s', (text) => {
    expect(() => wrapperOf(SGD_TEXT + text)).toThrow(/config\.py:\d+: .*would need running Python/);
  });
});

describe('changes in place', () => {
  it.each([
    ['a = dict(x=1)\noptim_wrapper = dict(p=a, q=a)\na["x"] = 2', { p: { x: 2 }, q: { x: 2 } }],
    ['optim_wrapper = dict(a=1)\nb = optim_wrapper\nb.update(dict(c=2), d=3)\nb.pop("a")', { c: 2, d: 3 }],
    ['l = [1]\noptim_wrapper = dict(l=l)\nl += [2]\nl.append(3)\nl.extend((4,))', { l: [1, 2, 3, 4] }],
    ['t = (1,)\noptim_wrapper = dict(t=t)\nt += (2,)', { t: [1] }],
    [
      'l = [[0]] * 2\nl[0].append(1)\noptim_wrapper = dict(l=l)',
      {
        l: [
          [0, 1],
          [0, 1],
        ],
      },
    ],
    ['counts = 16\ncounts *= 2\noptim_wrapper = dict(n=counts)', { n: 32 }],
    [
      'k = {}\nfor i, n in enumerate("ab"):\n  if i:\n    k[n] = i\n  else:\n    k[n] = -1\noptim_wrapper = k',
      { a: -1, b: 1 },
    ],
    ['(a, *b), c = (1, 2, 3), 4\noptim_wrapper = dict(a=a, b=b, c=c)', { a: 1, b: [2, 3], c: 4 }],
  ])('%s', (text, value) => {
    expect(wrapperOf(text)).toEqual(value);
  });

  it.each([
    ['x = _base_\nx.optim_wrapper.optimizer.lr = 5', { optimizer: { type: 'SGD', lr: 5 } }],
    ['_base_.update(optim_wrapper=dict(clip_grad=None))', { ...SGD, clip_grad: null }],
    ["optim_wrapper = dict(type='{{ _base_.optim_wrapper.optimizer.type }}')", { ...SGD, type: 'SGD' }],
    ['rate = {{_base_.optim_wrapper.optimizer.lr}}\noptim_wrapper = dict(clip=rate * 10)', { ...SGD, clip: 1 }],
  ])('of the base, however it is named: %s', (text, value) => {
    expect(load({ 'own.py': `_base_ = 'base.py'\n${text}`, 'base.py': SGD_TEXT }).optim_wrapper).toEqual(value);
  });

  it('of what a base has', () => {
    const base = SGD_TEXT.replace('optimizer=', "type='OptimWrapper', optimizer=");
    const own =
      "_base_ = './base.py'\nw = _base_.optim_wrapper\nw.type = 'AmpOptimWrapper'\n_base_.optim_wrapper.optimizer.lr *= 2";
    expect(load({ 'own.py': own, 'base.py': base }).optim_wrapper).toEqual({
      type: 'AmpOptimWrapper',
      optimizer: { type: 'SGD', lr: 0.2 },
    });
  });
});

describe('expressions', () => {
  it.each([
    ["dict({'neck.encoder': dict(lr_mult=0.05)})", { 'neck.encoder': { lr_mult: 0.05 } }],
    ['dict(dict(a=1), b=2)', { a: 1, b: 2 }],
    ["dict([('a', 1), ('b', 2)])", { a: 1, b: 2 }],
    ['[1.0, 2.0, 3.0][::-1]', [3, 2, 1]],
    ['[0, 1, 2, 3][1:-1]', [1, 2]],
    ['"abcd"[-3::2]', 'bd'],
    ['[1.0] * 2 + [0.1]', [1, 1, 0.1]],
    ['tuple(i * j for i in range(3) if i for j in range(i))', [0, 0, 2]],
    ['{k: v for k, v in zip("ab", [1, 2])}', { a: 1, b: 2 }],
    ['f\'{3:03d} {0.5:.2f} {1e-05} {2.0} {True} {"a"!r}{{}}\'', "003 0.50 1e-05 2.0 True 'a'{}"],
    ["'{}-{x}'.format(1, x=2) + '%d%s' % (3, 4)", '1-234'],
    ['[7 // -2, -7 % 3, 7 % -3, 1 // 0.1, 7 / 2, 2 ** -1, 1 << 30]', [-4, 2, -2, 9, 3.5, 0.5, 1073741824]],
    ['[0.9 ** 12, 0.65 ** 23]', [0.2824295364810001, 0.00004977453400303501]],
    ['[round(2.5), round(2.675, 2), int(3.9), int("7"), float("1e-3"), abs(-2)]', [2, 2.67, 3, 7, 0.001, 2]],
    [
      '[min(3, 1), max([1, 2]), sum([18, 36]), len((1, 2)), sorted([2, 1]), list(reversed([1, 2]))]',
      [1, 2, 54, 2, [1, 2], [2, 1]],
    ],
    [
      '[1 < 2 < 2, not 1, None or 3, 0 and 1, 2 in [1, 2], "a" not in "b", None is None]',
      [false, false, 3, 0, true, true, true],
    ],
    ['1 if [] else 2', 2],
    ['[3., 3.e2, .5, 1_000]', [3, 300, 0.5, 1000]],
    ['{1: "a", "b": 2}', { 1: 'a', b: 2 }],
  ])('%s', (expression, value) => {
    expect(readValue(expression)).toEqual(value);
  });

  it('keys that are computed', () => {
    const text = `depths = [2, 2]
keys = {'backbone': dict(lr_mult=0.1)}
keys.update({f'backbone.stages.{i}.blocks.{j}.norm': dict(decay_mult=0.0) for i, n in enumerate(depths) for j in range(n)})
optim_wrapper = dict(optimizer=dict(type='AdamW', lr=1e-4, weight_decay=0.05), paramwise_cfg=dict(custom_keys=keys))`;
    const names = ['0.blocks.0', '0.blocks.1', '1.blocks.0', '1.blocks.1'];
    const norms = names.map((name) => [`backbone.stages.${name}.norm`, { decay_mult: 0 }]);
    expect(wrapperOf(text)).toEqual({
      optimizer: { type: 'AdamW', lr: 1e-4, weight_decay: 0.05 },
      paramwise_cfg: { custom_keys: { backbone: { lr_mult: 0.1 }, ...Object.fromEntries(norms) } },
    });
  });
});

describe('configs that import', () => {
  const importing = { optimizer: { type: 'torch.optim.AdamW', lr: 1e-4 } };

  it.each([
    'from torch.optim import AdamW\noptim_wrapper = dict(optimizer=dict(type=AdamW, lr=1e-4))',
    'from torch.optim import (AdamW as A,)\noptim_wrapper = dict(optimizer=dict(type=A, lr=1e-4))',
    'import torch\noptim_wrapper = dict(optimizer=dict(type=torch.optim.AdamW, lr=1e-4))',
    'import torch.optim as o\noptim_wrapper = dict(optimizer=dict(type=o.AdamW, lr=1e-4))',
  ])('an imported name is its dotted path: %s', (text) => {
    expect(wrapperOf(text)).toEqual(importing);
  });

  const head = 'from mmengine.config import read_base\nwith read_base():\n    ';
  const base = `from torch.optim import AdamW\nlr = 1e-4\n${SGD_TEXT.replace("'SGD'", 'AdamW').replace('0.1', 'lr')}`;

  it.each([
    { 'a.py': `${head}from .base import *`, 'base.py': base },
    { 'x/y/a.py': `${head}from ..base import optim_wrapper`, 'x/base.py': base },
    { 'x/a.py': `${head}from pkg.configs.base import *`, 'pkg/configs/base.py': base },
  ])('read_base gives what another config has: %j', (files) => {
    expect(load(files as unknown as Record<string, string>).optim_wrapper).toEqual(importing);
  });

  it('which can be updated and merged', () => {
    const own = `${head}from .base import *
optim_wrapper.update(optimizer=dict(lr=lr * 2), clip_grad=dict(max_norm=1.0))
optim_wrapper.merge(dict(clip_grad=dict(_delete_=True, max_norm=2)))`;
    expect(load({ 'a.py': own, 'base.py': base }).optim_wrapper).toEqual({
      optimizer: { type: 'torch.optim.AdamW', lr: 2e-4 },
      clip_grad: { max_norm: 2 },
    });
  });

  const packaged = { 'a.py': "_base_ = 'mmdet::_base_/s.py'\noptim_wrapper = dict(optimizer=dict(lr=0.2))" };
  const schedule = "optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1))";
  it.each(['repo/configs', 'repo/mmdet/.mim/configs', 'repo'])('a base in a package, below %s', (folder) => {
    const files = { ...packaged, [`${folder}/_base_/s.py`]: schedule };
    expect(load(files, { mmdet: 'repo' }).optim_wrapper).toEqual({
      type: 'OptimWrapper',
      _scope_: 'mmdet',
      optimizer: { type: 'SGD', lr: 0.2 },
    });
  });

  it.each([
    [packaged, '--package mmdet=FOLDER'],
    [{ 'a.py': `${head}from mmdet.configs.a import *` }, '--package mmdet=FOLDER'],
    [{ 'a.py': `${head}from .none import *` }, 'there is no file'],
    [{ 'a.py': `${head}x = 1` }, 'a.py:3: in "with read_base():"'],
    [{ 'a.py': 'import torch\noptim_wrapper = torch.load("x")' }, 'a.py:2: ".load()"'],
    [
      { 'a.py': 'import random\noptim_wrapper = dict(lr=random.random())' },
      'a.py:1: what is in random would need running Python',
    ],
  ])('%j is refused', (files, reason) => {
    expect(() => load(files as unknown as Record<string, string>)).toThrow(reason);
  });
});

describe('hostile configs', () => {
  it.each([
    ['doubling lists', `a = [1] * 8\n${'a = a + a\n'.repeat(40)}`],
    ['lists of themselves', `a = [1]\n${'a = [a, a]\n'.repeat(60)}`],
    ['mappings of themselves', `a = {}\n${'a = dict(x=a, y=a)\n'.repeat(60)}`],
    ['doubling strings', `a = 'xxxxxxxxxxxxxxxx'\n${'a = a + a\n'.repeat(40)}`],
    ['a long string', "a = 'x' * 10**9"],
    ['text of doubled lists', `b = [1]\n${'b = [b, b]\n'.repeat(60)}a = f'{b}'`],
    ['a list that grows under its loop', 'a = [1]\nfor x in a:\n    a.append(x)'],
    ['a list in itself', 'a = []\na.append(a)'],
    ['a huge range', 'a = list(range(10**12))'],
    ['a long loop', 'a = 0\nfor i in range(10**5):\n  for j in range(10**5):\n    a += 1'],
    ['a shift', 'a = 1 << 10**9'],
    ['a power', 'a = 10 ** 10**8'],
    ['squares', `a = 3\n${'a *= a\n'.repeat(60)}`],
    ['brackets', `a = ${'['.repeat(50_000)}`],
    ['signs', `a = ${'-'.repeat(5_000)}1`],
  ])('%s are refused within a second', (_, text) => {
    const start = performance.now();
    expect(() => wrapperOf(`${text}\noptim_wrapper = dict(optimizer=dict(lr=a))`)).toThrow(/config\.py:\d+: /);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('a chain of operators may be longer than values may be deep', () => {
    expect(readValue(Array.from({ length: 200 }, () => '1').join(' + '))).toBe(200);
  });
});

describe('reading only what is needed', () => {
  it('gives what reading all gives', () => {
    const names = ['a', 'b', 'c', 'optim_wrapper'] as const;
    const name = fc.constantFrom(...names);
    const statement = fc.oneof(
      fc.tuple(name, fc.nat(9)).map(([x, n]) => `${x}['k${n}'] = ${n}`),
      fc.tuple(name, name).map(([x, y]) => `${x} = ${y}`),
      fc.tuple(name, name, fc.nat(3)).map(([x, y, n]) => `${x} = dict(${x}, k${n}=dict(${y}))`),
      fc.tuple(name, name).map(([x, y]) => `${x}.update(${y})`),
      fc.tuple(name, fc.nat(3)).map(([x, n]) => `${x}.pop('k${n}', None)`),
      fc.tuple(name, name).map(([x, y]) => `for ${x} in [${x}, ${y}]:\n    ${x}['n'] = len(${y})`),
      fc.tuple(name, name, name).map(([x, y, z]) => `if ${x}:\n    ${y}['z'] = len(${z})\nelse:\n    ${y} = ${z}`),
    );
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 12 }), (statements) => {
        const text = [...names.map((one) => `${one} = {}`), ...statements].join('\n');
        // A name with all others in it makes every statement needed.
        const all = `${text}\nparam_scheduler = [a, b, c, optim_wrapper]`;
        const whole = load({ 'config.py': all }).param_scheduler as unknown[];
        expect(wrapperOf(text)).toEqual(whole[3]);
      }),
      { numRuns: 150 },
    );
  });
});
