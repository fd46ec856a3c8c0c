import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type SampleShare, samplesOfRank, samplesPerRank } from '../src/internal.ts';

const ranksOf = (order: number[], worldSize: number, dropLast: boolean) =>
  Array.from({ length: worldSize }, (_, rank): number[] => samplesOfRank(order, { worldSize, rank, dropLast }));

// `torch.utils.data.DistributedSampler` of PyTorch 1.13, without shuffling.
it.each([
  {
    length: 7,
    worldSize: 2,
    dropLast: false,
    ranks: [
      [0, 2, 4, 6],
      [1, 3, 5, 0],
    ],
  },
  {
    length: 7,
    worldSize: 2,
    dropLast: true,
    ranks: [
      [0, 2, 4],
      [1, 3, 5],
    ],
  },
  { length: 2, worldSize: 5, dropLast: false, ranks: [[0], [1], [0], [1], [0]] },
  { length: 2, worldSize: 5, dropLast: true, ranks: [[], [], [], [], []] },
])('$length samples for $worldSize ranks, dropLast $dropLast', ({ length, worldSize, dropLast, ranks }) => {
  expect(ranksOf([...Array(length).keys()], worldSize, dropLast)).toEqual(ranks);
});

it('gives all ranks as many, every sample to some rank, and none to two but for padding', () => {
  const share = fc.record({ length: fc.integer({ min: 1, max: 200 }), worldSize: fc.integer({ min: 1, max: 12 }) });
  fc.assert(
    fc.property(share, fc.boolean(), ({ length, worldSize }, dropLast) => {
      const ranks = ranksOf([...Array(length).keys()], worldSize, dropLast);
      const each: Omit<SampleShare, 'rank'> = { worldSize, dropLast };
      for (const samples of ranks) expect(samples.length).toBe(samplesPerRank(length, each));
      const taken = ranks.flat();
      expect(new Set(taken).size).toBe(dropLast ? taken.length : length);
      expect(Math.abs(taken.length - length)).toBeLessThan(worldSize);
    }),
  );
});
