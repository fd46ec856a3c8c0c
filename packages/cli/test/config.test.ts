/** Config files: JSON, YAML, and MMEngine's Python files read without Python. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/index.ts';
import { scratchFolder } from './run.ts';

/** Writes files into a folder of their own; the first is the config. */
function load(files: Readonly<Record<string, string>>) {
  const folder = scratchFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return loadConfig(join(folder, Object.keys(files)[0]!));
}

const python = (text: string) => load({ 'config.py': `optim_wrapper = dict()\n${text}` });
const read = (expression: string) =>
  load({ 'config.py': `optim_wrapper = dict(optimizer=(${expression}))` }).optim_wrapper;

describe('a config file', () => {
  it('holds a whole config or the optimizer wrapper alone, as JSON or YAML', () => {
    const wrapper = { optimizer: { type: 'SGD', lr: 1e-4 } };
    expect(load({ 'a.json': JSON.stringify(wrapper) })).toEqual({ optim_wrapper: wrapper });
    const text =
      'optim_wrapper:\n  optimizer: {type: SGD, lr: 1e-4}\nparam_scheduler:\n- {type: StepLR, step_size: 3}\n';
    expect(load({ 'a.yaml': text })).toEqual({
      optim_wrapper: wrapper,
      param_scheduler: [{ type: 'StepLR', step_size: 3 }],
    });
  });

  it.each([
    ['a.json', '{', 'this is not JSON'],
    ['a.json', '[]', 'a config is a mapping'],
    ['a.json', '{"model": 1}', 'neither an optim_wrapper nor an optimizer'],
    ['a.json', '{"optimizer": {"__proto__": {"lr": 1}}}', '__proto__'],
    ['a.yaml', 'optimizer: {"__proto__": 1}', '__proto__'],
    ['a.yaml', 'a: [', 'this is not YAML'],
    ['a.yaml', 'a: &a [*a]', 'no anchor &a ends before'],
    ['a.yaml', `optimizer: ${'['.repeat(50_000)}`, 'this is not YAML'],
    ['a.json', `{"optimizer": ${'['.repeat(500)}${']'.repeat(500)}}`, 'levels of nesting'],
    ['a.toml', '', 'a config file ends in .json, .yaml, .yml, .py'],
  ])('%s with %s is refused', (name, text, reason) => {
    expect(() => load({ [name]: text })).toThrow(reason);
  });
});

describe('a Python config', () => {
  it('is read', () => {
    const text = `# Copyright
'''A docstring
of two lines.'''
lr = 1e-3  # base
epochs, = (3,) if_ = 0
`;
    expect(() => python(text)).toThrow('config.py:6: this is not valid Python');
    const config = load({
      'config.py': `# comment
"""A docstring
of two lines."""
base_lr = 1e-3; pass
max_epochs = total = 3 * 4
optim_wrapper = dict(
    type='OptimWrapper',  # trailing comment
    optimizer=dict(type="AdamW", lr=base_lr / 2, betas=(0.9, .999), weight_decay=5e-2,),
    paramwise_cfg={'norm_decay_mult': 0., "custom_keys": {
        '.backbone': dict(lr_mult=0.1), 'head' '_b': {}}},
    clip_grad=None)
param_scheduler = [
    dict(type='LinearLR', begin=0, end=total - 2, by_epoch=True,
         start_factor=1 / 3),
]
unused = r'\\d' + "\\x41\\u00e9\\n" \\
    'more'
`,
    });
    expect(config).toEqual({
      optim_wrapper: {
        type: 'OptimWrapper',
        optimizer: { type: 'AdamW', lr: 5e-4, betas: [0.9, 0.999], weight_decay: 0.05 },
        paramwise_cfg: { norm_decay_mult: 0, custom_keys: { '.backbone': { lr_mult: 0.1 }, head_b: {} } },
        clip_grad: null,
      },
      param_scheduler: [{ type: 'LinearLR', begin: 0, end: 10, by_epoch: true, start_factor: 1 / 3 }],
    });
  });

  it.each([
    ['-2 ** 2', -4],
    ['2 ** -1', 0.5],
    ['2 ** 3 ** 2', 512],
    ['1 + 2 * 3 - 4', 3],
    ['(1 + 2) * 3', 9],
    ['-7 // 2', -4],
    ['-7 % 3', 2],
    ['7 % -3', -2],
    ['0x1F + 0b11 + 0o17 + 1_000', 1049],
    ['.5e-1', 0.05],
    ['3.', 3],
    ["'a' 'b' + \"c\"", 'abc'],
    ["'\\t\\x41\\101\\q'", '\tAA\\q'],
    ["r'\\n'", '\\n'],
    ["'''a\nb'''", 'a\nb'],
    ['[1, [2], ()]', [1, [2], []]],
    ['(1,)', [1]],
    ['(1)', 1],
    ['[1] + [2]', [1, 2]],
    ['[True, False, None]', [true, false, null]],
    ['dict(a=[1, 2])["a"][-1]', 2],
    ['{**dict(a=1), "b": 2}', { a: 1, b: 2 }],
    ['dict(**dict(a=1, b=2), c=3)', { a: 1, b: 2, c: 3 }],
  ])('%s is %j', (expression, value) => {
    expect(read(expression)).toEqual({ optimizer: value });
  });

  it.each([
    ['import os\nx = os.cpu_count()', 'config.py:2: what is in os would need running Python'],
    ['\n\nx = open("f")', 'config.py:4: calling open() would need running Python'],
    ['x = dict(\n  a=1,\n  b=open("f"))', 'config.py:4: calling open()'],
    ['x = lambda: 0', 'a function would need running Python'],
    ['x = f"{y}"', 'y is not assigned before'],
    ['x = b"a"', 'bytes'],
    ['x = y', 'y is not assigned before'],
    ['x = {1, 2}', 'a set is no value of a config'],
    ['x = "a".encode()', '".encode()"'],
    ['x = [1][3]', 'there is no 3 in it'],
    ['x = "a" * 3.0', '"*" between a string and a float'],
    ['x = 1 / 0', 'division by zero'],
    ['x += 1', 'x is not assigned before'],
    ['x["a"] = 1', 'x is not assigned before'],
    ['x = dict()\nx.a = 1', 'config.py:3: ".a =" on a dict'],
    ['x = 1\ndel x', 'x is not assigned before'],
    ['  x = 1', 'this line is indented'],
    ['x = "abc', 'this is not valid Python'],
    ['x = """abc', 'this is not valid Python'],
    ['x = [1', 'this is not valid Python'],
    ['x = 1j', '1j is no number'],
    ['x = dict(__proto__=dict(lr=1))', 'would change the prototype'],
    ['x = ?', 'this is not valid Python, at or before "?"'],
    ['x = toString', 'toString is not assigned before'],
    [`x = ${'['.repeat(500)}${']'.repeat(500)}`, 'levels of nesting'],
    [`x = ${'-'.repeat(500)}1`, 'levels of nesting'],
  ])('refuses %j with file and line', (text, reason) => {
    const used = text.startsWith('  ') ? text : `${text}\noptim_wrapper = dict(optimizer=x)`;
    expect(() => python(used)).toThrow(/config\.py:\d+: /);
    expect(() => python(used)).toThrow(reason);
  });

  const hasPython = (() => {
    try {
      execFileSync('/usr/bin/python3', ['-c', '']);
      return true;
    } catch {
      return false;
    }
  })();
  it.skipIf(!hasPython)(`reads literals as Python does${hasPython ? '' : ' (skipped: no /usr/bin/python3)'}`, () => {
    const leaf = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.string());
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree')), fc.dictionary(fc.string(), tie('tree'))),
    }));
    const values = fc.sample(
      tree.filter((value) => !JSON.stringify(value).includes('__proto__')),
      { numRuns: 200, seed: 1 },
    );
    // Python writes the values in its own notation, which is then read here.
    const script =
      'import json, sys\nfor line in sys.stdin: print(ascii(json.loads(line)) if len(line) % 2 else repr(json.loads(line)))';
    const input = values.map((value) => JSON.stringify(value)).join('\n');
    const environment = { ...process.env, PYTHONIOENCODING: 'utf-8' };
    const lines = execFileSync('/usr/bin/python3', ['-c', script], { input, encoding: 'utf8', env: environment })
      .trimEnd()
      .split('\n');
    expect(lines.length).toBe(values.length);
    for (const [index, line] of lines.entries()) {
      expect(read(line), line).toEqual({ optimizer: JSON.parse(JSON.stringify(values[index])) });
    }
  });
});

describe('_base_', () => {
  const base =
    "optim_wrapper = dict(type='A', optimizer=dict(type='SGD', lr=0.1, momentum=0.9), clip_grad=dict(max_norm=1))\n";

  it('merges field by field; _delete_ replaces', () => {
    const own =
      "_base_ = './bases/base.py'\noptim_wrapper = dict(optimizer=dict(lr=0.2), clip_grad=dict(_delete_=True, type='value'))";
    expect(load({ 'own.py': own, 'bases/base.py': base }).optim_wrapper).toEqual({
      type: 'A',
      optimizer: { type: 'SGD', lr: 0.2, momentum: 0.9 },
      clip_grad: { type: 'value' },
    });
  });

  it('goes over several files and kinds, and gives names of the base', () => {
    const files = {
      'own.yaml': '_base_: mid.py\noptim_wrapper: {optimizer: {momentum: 0.5}}\n',
      'mid.py':
        "_base_ = ['base.py', 'time.json']\nparam_scheduler = dict(type='StepLR', step_size=_base_.epochs.total // 2, gamma={{_base_.gamma}})",
      'base.py': base,
      'time.json': '{"epochs": {"total": 7}, "gamma": 0.3}',
    };
    expect(load(files)).toEqual({
      optim_wrapper: { type: 'A', optimizer: { type: 'SGD', lr: 0.1, momentum: 0.5 }, clip_grad: { max_norm: 1 } },
      param_scheduler: { type: 'StepLR', step_size: 3, gamma: 0.3 },
    });
  });

  it.each([
    [{ 'a.py': "_base_ = 'a.py'" }, 'it inherits from itself'],
    [{ 'a.py': "_base_ = 'none.py'" }, 'none.py: there is no such file'],
    [{ 'a.py': '_base_ = 3' }, 'a.py:1: _base_ is a file name'],
    [{ 'a.json': '{"_base_": {"a": 1}}' }, '_base_: a file name'],
    [{ 'a.py': "_base_ = 'mmdet::x.py'" }, 'an installed Python package'],
    [{ 'a.py': "_base_ = 'b.py'\nparam_scheduler = _base_.nothing", 'b.py': base }, 'there is no "nothing" in it'],
    [
      { 'a.py': "_base_ = 'b.py'\nauto_scale_lr = dict(a=1)", 'b.py': 'auto_scale_lr = 1' },
      'auto_scale_lr: a mapping cannot be merged',
    ],
    [{ 'a.py': "_base_ = ['b.py', 'c.py']", 'b.py': base, 'c.py': base }, 'both b.py and c.py have optim_wrapper'],
    [{ 'a.py': "_base_ = 'b.py'", 'b.py': 'optim_wrapper = f()' }, 'b.py:1: calling f()'],
  ])('%j is refused', (files, reason) => {
    expect(() => load(files as Record<string, string>)).toThrow(reason);
  });
});
