import { expect, it } from 'vitest';
import { runRanks } from './support/ranks.ts';

interface Found {
  found: (number[] | null)[][];
}

it.each([
  ['plain', 'OptimWrapper'],
  ['zero', 'OptimWrapper'],
  ['zero', 'AmpOptimWrapper'],
])('all ranks leave out a step where the gradient of one is not finite: %s, %s', async (algorithm, type) => {
  const [first, second] = (await runRanks<Found>(2, 'non-finite.ts', [algorithm, type])) as [Found, Found];
  expect(second).toEqual(first);
  const [before, ofFirst, ofSecond, after] = first.found;
  expect([ofFirst, ofSecond]).toEqual([before, before]);
  expect(after).not.toEqual(before);
  expect(JSON.stringify(after)).not.toContain('null');
});
