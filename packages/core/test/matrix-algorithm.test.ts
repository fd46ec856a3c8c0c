/** `matrix_algorithm` leaves embeddings and the output layer to the optimizer, whatever their names. */
import { expect, it } from 'vitest';
import { explainParam, type ModuleKind, type ModuleView, planParamGroups, readModel } from '../src/index.ts';
import { conv, node, norm, other, param } from './models.ts';

const embedding: ModuleKind = { type: 'embedding' };
const linear: ModuleKind = { type: 'linear' };
const dense = (out: number, inner: number) => node(linear, { weight: param([out, inner]), bias: param([out]) });
const table = (rows: number, size: number) => node(embedding, { weight: param([rows, size]) });
const modules = (...list: ModuleView[]) => node(other, {}, Object.fromEntries(list.entries()));

const planned = (model: ModuleView, matrix: object = {}, more: object = {}) =>
  planParamGroups(
    model,
    { optimizer: { type: 'AdamW', lr: 0.001 } },
    { bypass_duplicate: true, matrix_algorithm: { type: 'Muon', ...matrix }, ...more },
  );
const muonOf = (model: ModuleView, matrix: object = {}, more: object = {}) =>
  planned(model, matrix, more)
    .groups.filter(({ options }) => options.algorithm === 'Muon')
    .map(({ path }) => path);

/** Names of nanoGPT: 85 characters, 64 places, width 96. */
function nanoGpt({ isTied = true } = {}): ModuleView {
  const wte = param([85, 96]);
  const block = () => node(other, {}, { ln_1: node(norm, { weight: param([96]) }), mlp: dense(96, 96) });
  const transformer = node(
    other,
    {},
    { wte: node(embedding, { weight: wte }), wpe: table(64, 96), h: modules(block(), block()) },
  );
  return node(other, {}, { transformer, lm_head: node(linear, { weight: isTied ? wte : param([85, 96]) }) });
}

it('leaves out wte, wpe and the tied head of nanoGPT, and says why', () => {
  const hidden = ['transformer.h.0.mlp.weight', 'transformer.h.1.mlp.weight'];
  expect(muonOf(nanoGpt())).toEqual(hidden);
  expect(muonOf(nanoGpt({ isTied: false }))).toEqual(hidden);
  const plan = planned(nanoGpt());
  expect(plan.warnings).toContain(
    'matrix_algorithm leaves transformer.wte.weight (85×96, an embedding), transformer.wpe.weight (64×96, an embedding) to AdamW',
  );
  expect(explainParam(plan, 'transformer.wte.weight')).toContain(
    'algorithm: matrix_algorithm leaves it to AdamW, as it is a weight of an embedding',
  );
  expect(explainParam(plan, hidden[0]!)).toContain(
    'algorithm = Muon by matrix_algorithm: it is a matrix, neither of an embedding nor of the output layer',
  );
});

it('leaves out what is tied to an embedding, wherever it stands first', () => {
  const shared = param([85, 96]);
  const model = node(
    other,
    {},
    {
      out: node(linear, { weight: shared }),
      fc: dense(96, 96),
      shared: node(embedding, { weight: shared }),
      last: dense(2, 96),
    },
  );
  // The tied one is the output layer, so that no other is looked for.
  expect(muonOf(model)).toEqual(['fc.weight', 'last.weight']);
  expect(planned(model).warnings.join()).toContain('leaves out.weight (85×96, tied to shared.weight) to AdamW');
  expect(explainParam(planned(model), 'out.weight')).toContain('as it is tied to shared.weight, an embedding');
});

it.each(['fc', 'score', 'lm.decoder'])('leaves out the last Linear, named %s', (name) => {
  const [last, ...outer] = name.split('.').reverse();
  const head = [last!, ...outer].reduce<[string, ModuleView]>(
    ([inner, module], next, index) => (index === 0 ? [next, module] : [next, node(other, {}, { [inner]: module })]),
    ['', dense(10, 64)],
  );
  const model = node(other, {}, { stem: node(conv(3), { weight: param([64, 3, 7, 7]) }), body: dense(64, 64) });
  const whole = node(other, {}, { ...Object.fromEntries(model.ownChildren()), [head[0]]: head[1] });
  expect(muonOf(whole)).toEqual(['stem.weight', 'body.weight']);
  expect(explainParam(planned(whole), `${name}.weight`)).toContain(
    'as it is of the last Linear, taken for the output layer',
  );
});

it('takes no name for a reason where types are known', () => {
  const model = node(
    other,
    { positional_embedding: param([77, 64]) },
    { token_mixer: dense(64, 64), head_dim_proj: dense(64, 64), fc: dense(10, 64) },
  );
  expect(muonOf(model)).toEqual(['token_mixer.weight', 'head_dim_proj.weight']);
  // A tensor that a module holds beside its layers has no type: its own name is all there is.
  expect(explainParam(planned(model), 'positional_embedding')).toContain('with "embed" in it');
});

it('takes no Linear of a repeating block for the output layer', () => {
  const block = () => node(other, {}, { fc1: dense(32, 8), fc2: dense(8, 32) });
  expect(muonOf(node(other, {}, { blocks: modules(block(), block()) }))).toHaveLength(4);
  // The layers of a Sequential are no blocks, though they have numbers.
  expect(muonOf(modules(dense(8, 8), dense(8, 8)))).toEqual(['0.weight']);
});

it('leaves out what exclude names too, and lets a custom key have its way', () => {
  expect(muonOf(nanoGpt(), { exclude: ['h.1'] })).toEqual(['transformer.h.0.mlp.weight']);
  const custom_keys = { wpe: { algorithm: 'Muon' } };
  expect(muonOf(nanoGpt(), {}, { custom_keys })).toContain('transformer.wpe.weight');
  expect(planned(nanoGpt(), {}, { custom_keys }).warnings.join()).not.toContain('wpe');
});

it('goes by names where a model shows no types, and says so', () => {
  const weight = (rows: number) => node(other, { weight: param([rows, 8]) });
  const model = node(other, {}, { embed: weight(85), fc: weight(8), head: weight(2) });
  expect(muonOf(model)).toEqual(['fc.weight']);
  expect(planned(model).warnings).toEqual([
    'matrix_algorithm leaves embed.weight (85×8, named "embed"), head.weight (2×8, named "head") to AdamW',
    'no types of modules are known here, so matrix_algorithm goes by names and shapes: an embedding or an output layer of another name (wte, fc, score) would be among its 1 parameters; name those in exclude',
  ]);
});

it('knows embeddings and linears of a model file by their class names', () => {
  const entry = (id: number, name: string, types: string[]) => [
    name,
    { id, types, params: [{ name: 'weight', id, shape: [8, 8], requires_grad: true }], children: [] },
  ];
  const children = [
    entry(1, 'a', ['MyTable', 'Embedding', 'Module']),
    entry(2, 'b', ['EmbeddingBag', 'Module']),
    entry(3, 'c', ['MyLinear', 'Linear', 'Module']),
    entry(4, 'd', ['Linear', 'Module']),
  ];
  const root = { id: 0, types: ['Net', 'Module'], params: [], children };
  expect(muonOf(readModel({ format: 'paramwise-model/1', root }))).toEqual(['c.weight']);
});
