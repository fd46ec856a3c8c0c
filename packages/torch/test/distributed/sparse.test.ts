import { expect, it } from 'vitest';
import { runRanks } from './support/ranks.ts';

it('sparse gradients are exchanged, of rows on all ranks, on one, and on none', async () => {
  const wanted = [
    [0.5, 0.5, 0],
    [0, 0, 0.5],
    [0, 0, 0],
  ];
  expect(await runRanks(2, 'sparse.ts')).toEqual([wanted, wanted]);
});
