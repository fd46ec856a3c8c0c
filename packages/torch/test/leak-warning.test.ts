/** Very many tensors alive outside of every scope: one warning, and none for what is scoped, kept or released. */
import { expect, it } from 'vitest';
import { buildOptimWrapper, keep, liveTensors, nn, ones, type Tensor, tidy } from '../src/index.ts';

const warnings: (Error & { code?: string })[] = [];
process.on('warning', (warning) => warnings.push(warning));

/** The warnings of leaks, once they had time to come. */
async function leaks(): Promise<(Error & { code?: string })[]> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return warnings.filter(({ code }) => code === 'PARAMWISE_LEAK');
}

const many = (count: number, make: (i: number) => Tensor): Tensor[] => Array.from({ length: count }, (_, i) => make(i));
const disposeAll = (tensors: Tensor[]) => {
  for (const each of tensors) each.dispose();
};

// Before the test that leaks: the warning comes once in a process.
it('says nothing of tensors in scopes, kept, or released', async () => {
  tidy(() => void many(11_000, () => ones([1])));
  const kept = many(11_000, () => keep(ones([1])));
  const keptInScopes = many(2_000, () => tidy(() => keep(ones([1]))));
  for (let i = 0; i < 30_000; i++) ones([1]).dispose();
  const some = many(9_000, () => ones([1]));
  expect(liveTensors()).toBeGreaterThan(20_000);
  expect(await leaks()).toEqual([]);
  disposeAll([...kept, ...keptInScopes, ...some]);
});

it('says nothing of parameters, buffers and optimizer state', async () => {
  const model = new nn.ModuleList(Array.from({ length: 300 }, () => new nn.BatchNorm1d(2)));
  const wrapper = buildOptimWrapper(model, { optimizer: { type: 'AdamW', lr: 0.1 } });
  tidy(() => {
    let sum = ones([3, 2]);
    for (const layer of model) sum = sum.add(layer.forward(ones([3, 2])));
    wrapper.updateParams(sum.sum());
  });
  const some = many(9_000, () => ones([1]));
  expect(liveTensors()).toBeGreaterThan(11_000);
  expect(await leaks()).toEqual([]);
  disposeAll(some);
});

it('warns once of 10,000 tensors that nothing will release', async () => {
  const first = many(9_900, () => ones([1]));
  expect(await leaks()).toEqual([]);
  const more = many(400, () => tidy(() => ones([1])));
  expect((await leaks()).map(({ name, message }) => [name, message])).toEqual([
    [
      'ParamwiseWarning',
      '10,000 tensors are alive that no tidy() scope will release; put each step of a loop into tidy(() => …), ' +
        'call dispose() on what is done with, and keep() on what is to stay',
    ],
  ]);
  const rest = many(11_000, () => ones([1]));
  expect(await leaks()).toHaveLength(1);
  disposeAll([...first, ...more, ...rest]);
});

it('a loop of training steps without tidy is what it warns of: each step leaves holders behind', () => {
  const layer = new nn.Linear(2, 2);
  const before = liveTensors();
  for (let step = 0; step < 10; step++)
    layer
      .forward(ones([1, 2]))
      .sum()
      .backward();
  expect(liveTensors()).toBe(before + 30);
});
