/** `matrix_algorithm` leaves output heads to the optimizer wherever they stand, and takes no hidden layer for one. */
import { expect, it } from 'vitest';
import { explainParam, type ModuleKind, type ModuleView, planParamGroups } from '../src/index.ts';
import { conv, node, other, param } from './models.ts';

const linear: ModuleKind = { type: 'linear' };
const dense = (out: number, inner: number) => node(linear, { weight: param([out, inner]) });
const kernel = (out: number, inner: number) => node(conv(inner), { weight: param([out, inner, 1, 1]) });
const parts = (children: Record<string, ModuleView>) => node(other, {}, children);

const planned = (model: ModuleView, matrix: object = {}) =>
  planParamGroups(
    model,
    { optimizer: { type: 'AdamW', lr: 0.001 } },
    { bypass_duplicate: true, matrix_algorithm: { type: 'Muon', ...matrix } },
  );
const muonOf = (model: ModuleView, matrix: object = {}) =>
  planned(model, matrix)
    .groups.filter(({ options }) => options.algorithm === 'Muon')
    .map(({ path }) => path.replace(/\.weight$/, ''));

const body = () => parts({ a: dense(8, 8), b: dense(8, 8) });
const BODY = ['backbone.a', 'backbone.b'];

it.each<[string, () => ModuleView]>([
  [
    'two layers of a box head',
    () => parts({ backbone: body(), bbox_head: parts({ fc_cls: dense(4, 8), fc_reg: dense(5, 8) }) }),
  ],
  ['a list of heads', () => parts({ backbone: body(), heads: parts({ 0: dense(4, 8), 1: dense(5, 8) }) })],
  ['a head before the backbone', () => parts({ head: dense(4, 8), backbone: body() })],
  [
    'convolutions',
    () => parts({ backbone: body(), decode_head: parts({ conv_seg: kernel(4, 8) }), classifier: kernel(4, 8) }),
  ],
])('leaves out %s', (_, make) => {
  expect(muonOf(make())).toEqual(BODY);
});

it('says why, and goes by no name where exclude is given', () => {
  const model = parts({ backbone: body(), bbox_head: parts({ fc_cls: dense(4, 8) }), fc: dense(3, 8) });
  expect(explainParam(planned(model), 'bbox_head.fc_cls.weight')).toContain(
    'matrix_algorithm leaves it to AdamW, as it is in a head, by its name',
  );
  expect(muonOf(model, { exclude: ['backbone.a'] })).toEqual(['backbone.b', 'bbox_head.fc_cls']);
});

it('takes the hidden layers behind a tied output layer', () => {
  const shared = param([85, 8]);
  const model = parts({
    lm_head: node(linear, { weight: shared }),
    wte: node({ type: 'embedding' }, { weight: shared }),
    h: parts({ f: dense(8, 8), g: dense(8, 8) }),
  });
  expect(muonOf(model)).toEqual(['h.f', 'h.g']);
});

it('takes no Linear of a single block for the output layer, nor heads of attention for output heads', () => {
  const block = () => parts({ heads: parts({ 0: dense(8, 8) }), proj: dense(8, 8) });
  expect(muonOf(parts({ blocks: parts({ 0: block() }) }))).toEqual(['blocks.0.heads.0', 'blocks.0.proj']);
  expect(muonOf(parts({ 0: body(), 1: parts({ fc: dense(4, 8) }) }))).toEqual(['0.a', '0.b']);
});
