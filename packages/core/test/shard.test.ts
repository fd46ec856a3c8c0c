/** Shares of parameters and the traffic of ranks: figures of PyTorch, and what must hold for all sizes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankCost } from '../src/index.ts';
import { sentBytes, shareOf, shareSizes } from '../src/internal.ts';

const sizes = fc.array(fc.integer({ min: 0, max: 1e7 }), { maxLength: 60 });
const worldSize = fc.integer({ min: 1, max: 20 });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('shareOf', () => {
  // `ZeroRedundancyOptimizer._partition_parameters` of PyTorch 1.13, all parameters in one group.
  it.each([
    { sizes: [5, 3, 3, 8, 1, 3, 8, 2], worldSize: 3, ranks: [2, 2, 0, 0, 2, 1, 1, 2] },
    { sizes: [10, 10, 10, 10, 1], worldSize: 2, ranks: [0, 1, 0, 1, 0] },
    {
      sizes: [768, 589824, 2359296, 3072, 768, 1769472, 2304, 589824, 768, 768],
      worldSize: 4,
      ranks: [3, 2, 0, 2, 2, 1, 3, 3, 3, 2],
    },
    { sizes: [4], worldSize: 3, ranks: [0] },
  ])('gives $sizes over $worldSize ranks as PyTorch does', ({ sizes, worldSize, ranks }) => {
    expect(shareOf(sizes, worldSize)).toEqual(ranks);
  });

  it('gives every parameter to one rank there is, and the ranks differ by one parameter at most', () => {
    fc.assert(
      fc.property(sizes, worldSize, (sizes, worldSize) => {
        const ranks = shareOf(sizes, worldSize);
        expect(ranks.length).toBe(sizes.length);
        for (const rank of ranks) expect(Number.isInteger(rank) && rank >= 0 && rank < worldSize).toBe(true);
        const held = shareSizes(sizes, worldSize);
        expect(sum(held)).toBe(sum(sizes));
        expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(Math.max(0, ...sizes));
      }),
    );
  });

  it('balances alike in whatever order the parameters come', () => {
    fc.assert(
      fc.property(sizes, worldSize, (sizes, worldSize) => {
        expect(shareSizes(sizes.toReversed(), worldSize)).toEqual(shareSizes(sizes, worldSize));
      }),
    );
  });

  it('refuses what is no size and no number of ranks', () => {
    expect(() => shareOf([3, -1], 2)).toThrow('a parameter has -1 elements; give a count');
    expect(() => shareOf([3], 0)).toThrow('worldSize is 0; give a whole number of ranks from 1 up');
    expect(() => shareOf([3], 1.5)).toThrow('worldSize is 1.5');
  });
});

/** Ranks in a ring that sum a vector each; counts the elements that all send together. */
function ringAllReduce(vectors: number[][]): number {
  const ranks = vectors.length;
  const length = vectors[0]!.length;
  const edge = (part: number) => Math.floor((part * length) / ranks);
  let sent = 0;
  const pass = (offset: number, take: (own: number, got: number) => number) => {
    for (let step = 0; step < ranks - 1; step++) {
      const before = vectors.map((vector) => [...vector]);
      for (let rank = 0; rank < ranks; rank++) {
        const part = (((rank + offset - step) % ranks) + ranks) % ranks;
        const next = (rank + 1) % ranks;
        for (let at = edge(part); at < edge(part + 1); at++) {
          vectors[next]![at] = take(before[next]![at]!, before[rank]![at]!);
          sent++;
        }
      }
    }
  };
  pass(0, (own, got) => own + got);
  pass(1, (_, got) => got);
  return sent;
}

/** Each of the ranks sends its part to all others by a binomial tree; counts as above. */
function treeBroadcasts(parts: readonly number[]): number {
  const ranks = parts.length;
  let sent = 0;
  for (const part of parts)
    for (let reached = 1; reached < ranks; reached *= 2) sent += part * Math.min(reached, ranks - reached);
  return sent;
}

describe('what ranks send', () => {
  it('an all-reduce: by the formula what a ring sends that gives all ranks the sum', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40 }), (ranks, length) => {
        const vectors = Array.from({ length: ranks }, (_, rank) => Array.from({ length }, (_, at) => rank * 100 + at));
        const sums = vectors[0]!.map((_, at) => sum(vectors.map((vector) => vector[at]!)));
        const sent = ringAllReduce(vectors);
        for (const vector of vectors) expect(vector).toEqual(sums);
        expect(sent / ranks).toBeCloseTo(sentBytes.allReduce(length, ranks), 9);
      }),
    );
  });

  it('the broadcasts after a sharded step: by the formula what trees send', () => {
    fc.assert(
      fc.property(sizes, worldSize, (sizes, worldSize) => {
        const sent = treeBroadcasts(shareSizes(sizes, worldSize)) / worldSize;
        expect(sent).toBeCloseTo(sentBytes.broadcast(sum(sizes), worldSize), 3);
      }),
    );
  });
});

describe('rankCost', () => {
  const run = { sizes: [600, 300, 100] };

  it('is what one process has where there is one rank', () => {
    expect(rankCost(run, 1)).toEqual({ sent: 0, held: 16_000, state: 8000 });
    expect(rankCost({ ...run, zero: true }, 1)).toEqual(rankCost(run, 1));
  });

  it('counts gradients twice round the ring, a sharded step and buffers once', () => {
    expect(rankCost(run, 4).sent).toBe(1.5 * 4000);
    expect(rankCost({ ...run, zero: true }, 4).sent).toBe(2.25 * 4000);
    expect(rankCost({ ...run, bufferBytes: 400 }, 4).sent).toBe(1.5 * 4000 + 300);
    expect(rankCost({ ...run, elementBytes: 2, stateBytes: 12 }, 2)).toEqual({
      sent: 2000,
      held: 18_000,
      state: 12_000,
    });
  });

  it('holds the buckets of gradients beside them, unless gradients are views of those', () => {
    expect(rankCost(run, 2).held).toBe(20_000);
    expect(rankCost({ ...run, gradientAsBucketView: true }, 2).held).toBe(16_000);
  });

  it('holds the largest share of the state where it is sharded', () => {
    expect(rankCost({ ...run, zero: true }, 2)).toMatchObject({ state: 4800, held: 16_800 });
    expect(rankCost({ ...run, zero: true }, 64).state).toBe(4800);
  });

  it('never grows with the ranks in state, never shrinks in what is sent', () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), (sizes, zero) => {
        const [two, four] = [rankCost({ sizes, zero }, 2), rankCost({ sizes, zero }, 4)];
        expect(four.state).toBeLessThanOrEqual(two.state);
        expect(four.sent).toBeGreaterThanOrEqual(two.sent);
      }),
    );
  });
});
