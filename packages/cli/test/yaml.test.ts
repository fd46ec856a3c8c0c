/** YAML configs: merge keys, marks and tabs; what would take without end is refused. */
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/index.ts';
import { configFiles } from './config-files.ts';

function load(text: string, name = 'a.yaml') {
  return loadConfig(configFiles({ [name]: text })[name]!).optim_wrapper;
}

describe('a YAML config', () => {
  it('may have merge keys: own fields win, then the first that has one', () => {
    const text = `
sgd: &sgd {type: SGD, lr: 0.1, momentum: 0.9}
optim_wrapper:
  optimizer:
    lr: 3.0
    <<: [*sgd, {lr: 7, weight_decay: 1.0e-4}]
  paramwise_cfg:
    custom_keys: {a: {<<: {lr_mult: 0.1, decay_mult: 0}, lr_mult: 0.2}, "<<": {lr_mult: 5}}
`;
    expect(load(text)).toEqual({
      optimizer: { type: 'SGD', lr: 3, momentum: 0.9, weight_decay: 1e-4 },
      paramwise_cfg: { custom_keys: { a: { lr_mult: 0.2, decay_mult: 0 }, '<<': { lr_mult: 5 } } },
    });
  });

  it('may begin with a byte order mark, and have tabs between values', () => {
    const expected = { optimizer: { lr: 1 } };
    expect(load('\ufeffoptimizer: {lr:\t1}\n')).toEqual(expected);
    expect(load('\ufeff{"optimizer": {"lr": 1}}', 'a.json')).toEqual(expected);
  });

  it.each([
    ['optimizer:\n\tlr: 1\n', 'line 2'],
    ['optimizer: {lr: 1}\nb: {x: 1, x: 2}\n', 'the key "x" is there twice at line 2'],
    ['optimizer: {lr: *missing}\n', 'missing'],
    ['optimizer: {<<: 3}\n', '"<<" merges a mapping or a list of them at line 1'],
    ['optimizer: {[1, 2]: 3}\n', 'a key is a text or a number at line 1'],
    ['a: &a [*a]\noptimizer: {}\n', 'no anchor &a ends before the alias *a at line 1'],
  ])('%j is refused', (text, reason) => {
    expect(() => load(text)).toThrow(reason);
  });

  const laughs = Array.from({ length: 30 }, (_, n) => `a${n}: &a${n} [${Array(9).fill(n === 0 ? '1' : `*a${n - 1}`)}]`);
  const aliases = (anchors: number, count: number) => [
    ...Array.from({ length: anchors }, (_, n) => `k${n}: &a${n} 1`),
    ...Array.from({ length: count }, (_, n) => `y${n}: *a${n}`),
  ];
  it.each([
    ['aliases of aliases', laughs, 'more than 200000 values, with aliases written out'],
    ['20,000 anchors and 2,000 aliases', aliases(20_000, 2000), 'at most 262144 are read'],
    ['brackets without end', ['['.repeat(250_000)], 'this is not YAML'],
  ])('%s are refused within 2 s', (_, lines, reason) => {
    const start = performance.now();
    expect(() => load([...lines, 'optim_wrapper: {optimizer: {type: SGD, lr: 1}}'].join('\n'))).toThrow(reason);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('with 9,000 anchors and 2,000 aliases is read in linear time', () => {
    const start = performance.now();
    expect(load([...aliases(9000, 2000), 'optimizer: {lr: 1}'].join('\n'))).toMatchObject({ y1999: 1 });
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
