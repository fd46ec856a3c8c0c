import { expect, it } from 'vitest';
import { runRanks } from './support/ranks.ts';

it('parameters that are frozen or set free after the first pass are exchanged as they are then', async () => {
  const frozen = [null, 1.5];
  const free = [1.5, 1.5];
  const wanted = [frozen, frozen, free, free, frozen, frozen];
  expect(await runRanks(2, 'unfrozen.ts')).toEqual([wanted, wanted]);
});
