/** Reading `paramwise-model/1`. */
import { expect, it } from 'vitest';
import { readModel, walkModules } from '../src/index.ts';
import { walkDistinctParams } from '../src/internal.ts';

const weight = (id: number, shape = [2]) => ({ name: 'weight', id, shape, dtype: 'float32', requires_grad: true });
const module = (id: number, types: string[], params: object[] = [], children: unknown[] = []) => ({
  id,
  types,
  params,
  children,
});
const file = (root: object) => ({ format: 'paramwise-model/1', name: 'test', root });

it('knows kinds by class names, and shared modules and parameters by id', () => {
  const conv = { ...module(2, ['MyConv', 'Conv2d', 'Module'], [weight(0)]), attrs: { in_channels: 4, groups: 4 } };
  const children = [
    ['a', conv],
    ['b', { id: 2, types: conv.types, ref: true }],
    ['c', module(3, ['LayerNorm2d', 'LayerNorm'], [weight(0)])],
  ];
  const model = readModel(file(module(1, ['Net', 'Module'], [], children)));
  const kinds = [...walkModules(model)].map(({ prefix, module: { moduleKind } }) => [prefix, moduleKind]);
  expect(kinds).toEqual([
    ['', { type: 'other' }],
    ['a', { type: 'conv2d', inChannels: 4, groups: 4 }],
    ['c', { type: 'norm' }],
  ]);
  expect([...walkDistinctParams(model)].map(([path, param]) => [path, Reflect.get(param, 'id')])).toEqual([
    ['a.weight', 0],
  ]);
});

it('reads a model nested too deep for the call stack', () => {
  let root = module(0, ['Linear'], [weight(0)]);
  for (let id = 1; id < 20_000; id++) root = module(id, ['Sequential'], [], [['0', root]]);
  expect([...walkModules(readModel(file(root)))]).toHaveLength(20_000);
});

it('refuses with the place in the file', () => {
  const refused = (root: object) => expect(() => readModel(file(root)));
  refused(module(0, ['Net'], [], [['a', { id: 7, types: [], ref: true }]])).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: model.root.children[0][1].id: found 7, which no module before it has; allowed is the id of a module met before]`,
  );
  refused(module(0, ['Net'], [], [['a', module(0, ['Net'])]])).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: model.root.children[0][1].id: found 0, which another module has; allowed is an id of its own, or "ref": true]`,
  );
  refused(module(0, ['Conv2d'])).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: model.root.attrs: found a Conv2d without them; allowed is in_channels and groups]`,
  );
  refused(module(0, ['Net'], [], [['a', { id: 1, types: ['X'] }]])).toThrowErrorMatchingInlineSnapshot(`
    [ConfigError: 2 problems:
      model.root.children[0][1].params: missing; give a list of parameters
      model.root.children[0][1].children: missing; give a list of children]
  `);
  refused(module(0, ['Net'], [weight(0), { ...weight(0, [3]), name: 'b' }])).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: model.root.params[1].shape: found [3]; allowed is [2], as parameter 0 had before]`,
  );
  expect(() => readModel({ format: 'onnx' })).toThrowErrorMatchingInlineSnapshot(`
    [ConfigError: 2 problems:
      model.format: found "onnx"; allowed is "paramwise-model/1"
      model.root: missing; give a module]
  `);
});
