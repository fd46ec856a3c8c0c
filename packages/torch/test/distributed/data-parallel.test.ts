import { beforeAll, describe, expect, it } from 'vitest';
import { runRanks } from './support/ranks.ts';

interface Found {
  initial: number[];
  apart: number[];
  together: number[];
  unused: (number[] | null)[];
  local: number[][];
  averaged: number[][];
  silent: number;
  [name: string]: unknown;
}

describe('DistributedDataParallel', () => {
  let first: Found;
  let second: Found;

  beforeAll(async () => {
    [first, second] = (await runRanks<Found>(2, 'data-parallel.ts')) as [Found, Found];
  });

  it('gives all ranks the parameters of rank 0', () => expect(second.initial).toEqual(first.initial));

  it('has names that begin with module., and loads both kinds', () => {
    for (const found of [first, second]) {
      expect(found.names).toEqual(['module.0.weight', 'module.0.bias']);
      expect(found.loads).toEqual([[], [], []]);
    }
  });

  it('gives all ranks the buffers of rank 0 before a training pass', () => {
    expect(second.apart).not.toEqual(first.apart);
    expect(second.together).toEqual(first.together);
  });

  it('finds what a pass does not use: elsewhere it counts as 0, nowhere it has no gradient', () => {
    expect(second.unused).toEqual(first.unused);
    expect(first.unused[1]).toHaveLength(2);
    expect(first.unused[2]).toBeNull();
  });

  it('exchanges nothing inside of noSync, and its gradients with those of the next pass', () => {
    expect([first.local, second.local]).toEqual([[[1]], [[2]]]);
    expect([first.silent, second.silent]).toEqual([0, 0]);
    expect([first.averaged, second.averaged]).toEqual([[[16.5]], [[16.5]]]);
  });

  it('refuses what cannot be exchanged, on every rank and by name', () => {
    for (const found of [first, second]) {
      expect(found.frozen).toMatch(/no parameter of the model requires a gradient/);
      expect(found.option).toMatch(/unknown option "bucketSize".*bucketCapMb/);
      expect(found.after).toMatch(/its process group was left by destroyProcessGroup/);
      expect(found.without).toMatch(/initProcessGroup/);
    }
    expect(first.differing).toMatch(/rank 1 does not hold the same parameters as rank 0, which says more/);
    expect(second.differing).toMatch(
      /parameter 0 is weight \[3, 2\] float32 trained here, weight \[2, 2\] float32 trained there/,
    );
  });
});
