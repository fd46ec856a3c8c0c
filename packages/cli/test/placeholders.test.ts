/** Placeholders of MMEngine's text configs: of the file, of the environment, of base files. */
import { basename } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../src/index.ts';
import { configFiles } from './config-files.ts';

function optimizerOf(files: Readonly<Record<string, string>>) {
  const { folder: _, ...paths } = configFiles(files);
  const { optim_wrapper } = loadConfig(Object.values<string>(paths)[0]!);
  return (optim_wrapper as { optimizer: Record<string, unknown> }).optimizer;
}

/** A config in each form, with an expression in it. */
const IN_PYTHON = (value: string) => ({ 'a.b.py': `optim_wrapper = dict(optimizer=dict(x=${value}))\n` });
const IN_JSON = (value: string) => ({ 'a.b.json': `{"optim_wrapper": {"optimizer": {"x": ${value}}}}` });
const IN_YAML = (value: string) => ({ 'a.b.yaml': `optim_wrapper: {optimizer: {x: ${value}}}\n` });

describe.each([
  ['Python', '.py', IN_PYTHON],
  ['JSON', '.json', IN_JSON],
  ['YAML', '.yaml', IN_YAML],
] as const)('in %s', (_, ending, config) => {
  it('the parts of the name of the file are filled in', () => {
    const text = '"./{{ fileBasename }}|{{fileBasenameNoExtension}}|{{ fileExtname}}"';
    expect(optimizerOf(config(text)).x).toBe(`./a.b${ending}|a.b|${ending}`);
    expect(basename(String(optimizerOf(config('"{{fileDirname}}"')).x))).toMatch(/^paramwise-/);
  });

  it('a variable of the environment is filled in, or its default', () => {
    vi.stubEnv('PARAMWISE_RATE', '0.25');
    expect(optimizerOf(config('{{$PARAMWISE_RATE:0.1}}')).x).toBe(0.25);
    expect(optimizerOf(config('{{$PARAMWISE_NOT_SET:0.1}}')).x).toBe(0.1);
    expect(optimizerOf(config("{{' $PARAMWISE_NOT_SET:80 '}}")).x).toBe(80);
    expect(optimizerOf(config('"{{ $PARAMWISE_RATE:0.1 }}/{{$PARAMWISE_NOT_SET:data/set}}"')).x).toBe('0.25/data/set');
    vi.unstubAllEnvs();
  });

  it('a variable that is not set and has no default is refused by name', () => {
    expect(() => optimizerOf(config('"{{ $PARAMWISE_NOT_SET: }}"'))).toThrow(
      `a.b${ending}:1: {{ $PARAMWISE_NOT_SET: }}: the environment variable PARAMWISE_NOT_SET is not set; set it, or give a default: {{$PARAMWISE_NOT_SET:default}}`,
    );
  });
});

const BASE = 'rate = 0.3\nname = "Adam"\nnested = dict(betas=(0.8, 0.9))\n';

describe('values of base files', () => {
  it.each([
    [
      'child.py',
      "_base_ = 'base.py'\noptim_wrapper = dict(optimizer=dict(lr={{_base_.rate}}, betas={{ _base_.nested.betas }}, text='is {{_base_.name}}', type='{{_base_.name}}'))",
    ],
    [
      'child.json',
      '{"_base_": "base.py", "optim_wrapper": {"optimizer": {"lr": {{ _base_.rate }}, "betas": {{_base_.nested.betas}}, "text": "is {{_base_.name}}", "type": "{{_base_.name}}"}}}',
    ],
    [
      'child.yaml',
      '_base_: base.py\noptim_wrapper:\n  optimizer:\n    lr: {{ _base_.rate }}\n    betas: {{_base_.nested.betas}}\n    text: "is {{_base_.name}}"\n    type: \'{{ _base_.name }}\'\n',
    ],
  ])('%s takes them, in quotes and without', (name, text) => {
    const given = optimizerOf({ [name]: text, 'base.py': BASE });
    expect(given).toEqual({ lr: 0.3, betas: [0.8, 0.9], text: 'is Adam', type: 'Adam' });
  });

  it('are refused where no base has them, and where a list would be in a text', () => {
    const yaml = (value: string) => ({
      'a.yaml': `_base_: base.py\noptim_wrapper: {optimizer: {x: ${value}}}`,
      'base.py': BASE,
    });
    expect(() => optimizerOf(yaml('{{ _base_.nested.beta }}'))).toThrow(
      '{{ _base_.nested.beta }}: no base file has "nested.beta"',
    );
    expect(() => optimizerOf(yaml('"a {{ _base_.nested }}"'))).toThrow('{{ _base_.nested }} is no text or number');
  });

  it('of MMEngine’s own tests', () => {
    const json = optimizerOf({
      'a.json':
        '{"_base_": ["b.py"], "optim_wrapper": {"optimizer": {"base": "_base_.item8", "b": [[{"e": {{ _base_.item5.a }}}], {{ _base_.item6 }}]}}}',
      'b.py': 'item5 = dict(a=0)\nitem6 = [dict(a=0), dict(b=1)]\n',
    });
    expect(json).toEqual({ base: '_base_.item8', b: [[{ e: 0 }], [{ a: 0 }, { b: 1 }]] });
  });
});
