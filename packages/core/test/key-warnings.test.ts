/** Custom keys that match more than they seem to, and a convolution that is depth-wise by accident. */
import { expect, it } from 'vitest';
import { describeGolden, golden } from '../../../testing/golden.ts';
import { type ModuleView, planParamGroups, readModel } from '../src/index.ts';
import { conv, layer, node, norm, other, param } from './models.ts';

const optimizer = { type: 'SGD', lr: 0.1, weight_decay: 0.01 };
const warningsOf = (model: ModuleView, paramwise: object) => planParamGroups(model, { optimizer }, paramwise).warnings;
const keyed = (model: ModuleView, ...keys: string[]) =>
  warningsOf(model, { custom_keys: Object.fromEntries(keys.map((key) => [key, { lr_mult: 0.1 }])) });
const modules = (names: string, make: () => ModuleView) =>
  node(other, {}, Object.fromEntries(names.split(' ').map((name) => [name, make()])));
const parts = (children: Record<string, ModuleView>) => node(other, {}, children);

const ADVICE = '; custom_keys_match: path takes whole names and paths only';

it('warns of a key in the middle of names, with counts', () => {
  const model = parts({ fc: layer(), mlp: modules('fc1 fc2', layer), cls_header: layer() });
  expect(keyed(model, 'fc', 'head')).toEqual([
    `custom_keys["head"] is in the middle of the name cls_header in 2 parameters of 1 block${ADVICE}`,
    `custom_keys["fc"] is in the middle of the names fc1, fc2 in 4 parameters of 1 block${ADVICE}`,
  ]);
});

it('counts the first ten layers’ namesakes', () => {
  const layers = modules([...Array(12).keys()].join(' '), layer);
  expect(keyed(parts({ layers }), 'layers.1')).toEqual([
    `custom_keys["layers.1"] is in the middle of the names layers.10, layers.11 in 4 parameters of 1 block${ADVICE}`,
  ]);
  expect(keyed(parts({ layers }), 'layers.1.')).toEqual([]);
});

it('warns of a key that freezes more than it seems to', () => {
  const custom_keys = { fc: { freeze: true } };
  expect(warningsOf(parts({ fc1: layer(), head: layer() }), { custom_keys })).toContain(
    `custom_keys["fc"] is in the middle of the name fc1 in 2 parameters of 1 block${ADVICE}`,
  );
});

it('warns only where the key decides', () => {
  const model = parts({ fc: layer(), mlp: modules('fc1 fc2', layer) });
  expect(keyed(model, 'fc', 'mlp')).toEqual([]);
  const compose = { custom_keys_mode: 'compose', custom_keys: { fc: { lr_mult: 0.1 }, mlp: { lr_mult: 1 } } };
  expect(warningsOf(model, compose)).toEqual([]);
});

it('warns of nothing ordinary', () => {
  const block = () => parts({ norm1: layer(norm), bn2: layer(norm), ln_1: layer(norm), attn: layer() });
  const blocks = parts({ 0: block(), 1: block() });
  const backbone = node(other, { pos_embed: param() }, { conv1: layer(conv()), norm0: layer(norm), layer1: blocks });
  const model = parts({ backbone, fc: layer(), bbox_head: layer(), norm: layer(norm) });
  const keys = ['backbone', 'norm', 'bn', 'ln', '.bias', 'attn', 'fc', 'pos_embed', 'conv1', 'layer1', '_head'];
  for (const key of keys) expect(keyed(model, key), key).toEqual([]);
});

describeGolden('models of torchvision', () => {
  const model = (name: string) => readModel(golden(`param-groups/models/${name}.json.gz`));

  it('fc of maxvit_t is in 44 parameters of 11 blocks', () => {
    expect(keyed(model('maxvit_t'), 'fc')).toEqual([
      `custom_keys["fc"] is in the middle of the names fc1, fc2 in 44 parameters of 11 blocks${ADVICE}`,
    ]);
  });

  it('conv1 of resnet18 is the stem and, where layer1 has a key of its own, six convolutions more', () => {
    expect(keyed(model('resnet18'), 'conv1', 'layer1')).toEqual([
      `custom_keys["conv1"] matches at 2 depths: conv1 (1 parameter), layer2.0.conv1 and 5 more (6 parameters)${ADVICE}`,
    ]);
  });
});

it('warns of a convolution that has one channel and is no depth-wise one by intent', () => {
  const backbone = parts({ 0: parts({ conv: layer(conv(1, 1)) }), 1: layer(conv(8, 8)) });
  const rules = { dwconv_decay_mult: 0.5, bias_decay_mult: 0 };
  expect(warningsOf(parts({ backbone }), rules)).toEqual([
    'backbone.0.conv has one input channel and therefore counts as depth-wise (as in MMEngine): dwconv_decay_mult applies',
  ]);
  expect(warningsOf(parts({ backbone }), { ...rules, custom_keys: { conv: { lr_mult: 1 } } })).toEqual([]);
  const two = parts({ a: layer(conv(1, 1)), b: layer(conv(1, 1)) });
  expect(warningsOf(two, { dwconv_decay_mult: 0.5 })).toEqual([
    'a, b have one input channel and therefore count as depth-wise (as in MMEngine): dwconv_decay_mult applies',
  ]);
});
