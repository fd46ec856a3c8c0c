/** `DistributedSampler`: PyTorch's orders, and random numbers that it leaves alone. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DistributedSampler, liveTensors, manualSeed, randn } from '../src/index.ts';

interface Case {
  readonly samples: number;
  readonly options: { readonly seed?: number; readonly shuffle?: boolean; readonly dropLast?: boolean };
  readonly epoch: number;
  readonly ranks: readonly (readonly number[])[];
}

// list(DistributedSampler(range(samples), ranks, rank, shuffle, seed, drop_last)) of PyTorch 1.13, after set_epoch(epoch).
const CASES: readonly Case[] = [
  {
    samples: 10,
    options: {},
    epoch: 0,
    ranks: [
      [4, 5, 0, 2],
      [1, 3, 8, 4],
      [7, 9, 6, 1],
    ],
  },
  {
    samples: 10,
    options: {},
    epoch: 1,
    ranks: [
      [5, 2, 9, 4],
      [6, 0, 3, 5],
      [1, 8, 7, 6],
    ],
  },
  {
    samples: 10,
    options: { seed: 7, dropLast: true },
    epoch: 2,
    ranks: [
      [0, 7, 9],
      [5, 6, 1],
      [8, 2, 4],
    ],
  },
  { samples: 8, options: { seed: 2 ** 40 + 5 }, epoch: 0, ranks: [[3, 6, 0, 2, 1, 4, 5, 7]] },
  { samples: 2, options: {}, epoch: 0, ranks: [[0], [1], [0], [1], [0]] },
  {
    samples: 7,
    options: { shuffle: false },
    epoch: 3,
    ranks: [
      [0, 2, 4, 6],
      [1, 3, 5, 0],
    ],
  },
];

describe('the samples of each rank', () => {
  it.each(CASES)(
    'of $samples with $options in epoch $epoch are those of PyTorch',
    ({ samples, options, epoch, ranks }) => {
      for (const [rank, expected] of ranks.entries()) {
        const sampler = new DistributedSampler(samples, { ...options, numReplicas: ranks.length, rank });
        sampler.setEpoch(epoch);
        expect([...sampler]).toEqual(expected);
        expect(sampler.length).toBe(expected.length);
      }
    },
  );

  it('of 60,000 are those of PyTorch', () => {
    const order = [...new DistributedSampler(60_000, { numReplicas: 1, rank: 0, seed: 3 })];
    expect(order.slice(0, 5)).toEqual([38986, 46111, 53123, 54054, 9664]);
    expect(order.reduce((sum, sample, at) => sum + sample * at, 0)).toBe(54_067_287_695_870);
  });
});

describe('the ranks', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('are those of the environment', () => {
    vi.stubEnv('WORLD_SIZE', '2').stubEnv('RANK', '1');
    expect([...new DistributedSampler(['a', 'b', 'c'], { shuffle: false })]).toEqual([1, 0]);
  });

  it('have to be told by somebody', () => {
    vi.stubEnv('WORLD_SIZE', undefined).stubEnv('RANK', undefined);
    expect(() => new DistributedSampler(3)).toThrow('nothing says which rank this is');
    expect(() => new DistributedSampler(3, { numReplicas: 2 })).toThrow('give numReplicas and rank');
  });
});

it('leaves the random state and the number of tensors as they were', () => {
  manualSeed(5);
  const expected = randn([4]).toArray();
  manualSeed(5);
  const before = liveTensors();
  expect(new Set(new DistributedSampler(100, { numReplicas: 2, rank: 0 })).size).toBe(50);
  expect(liveTensors()).toBe(before);
  expect(randn([4]).toArray()).toEqual(expected);
});

describe('refusals', () => {
  it.each([
    [0, { numReplicas: 1, rank: 0 }, 'the number of samples is 0; allowed is a whole number from 1 up'],
    [5, { numReplicas: 2, rank: 2 }, 'rank is 2; allowed is a whole number from 0 to 1'],
    [5, { numReplicas: 0, rank: 0 }, 'numReplicas is 0; allowed'],
    [5, { numReplicas: 1, rank: 0, seed: -1 }, 'seed is -1; allowed'],
    [2, { numReplicas: 3, rank: 0, dropLast: true }, '2 samples for 3 ranks: dropLast leaves none'],
  ])('%j samples with %j', (samples, options, message) => {
    expect(() => new DistributedSampler(samples, options)).toThrow(message);
  });

  it('an unknown option, and an epoch that is none', () => {
    const options: object = { drop_last: true };
    expect(() => new DistributedSampler(5, options)).toThrow('did you mean "dropLast"');
    expect(() => new DistributedSampler(5, { numReplicas: 1, rank: 0 }).setEpoch(0.5)).toThrow(
      'epoch is 0.5; allowed is a whole number from 0 up',
    );
  });
});
