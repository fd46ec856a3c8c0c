/** A checkpoint of a `ZeroRedundancyOptimizer`, saved in the middle of an accumulation, in runs of other numbers of ranks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCheckpoint, loadSafetensors } from '../../src/index.ts';
import { runRanks } from './support/ranks.ts';
import { iterate, makeModel, makeWrapper } from './support/training-run.ts';

interface Found {
  losses: number[];
  held: number;
  drawn: number[];
}

let folder: string;
let file: string;
let saved: Found[];
/** The losses of one process from the first iteration to the last. */
const wanted: number[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paramwise-'));
  file = join(folder, 'two.safetensors');
  const model = makeModel();
  const wrapper = makeWrapper(model, { accumulation: 3, zero: false });
  for (let iteration = 0; iteration < 20; iteration++) wanted.push(iterate(model, wrapper, [iteration, 0, 1]));
  saved = await runRanks<Found>(2, 'resharded.ts', ['0', '10', '-', file]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectLosses(found: readonly number[], begin: number) {
  for (const [i, loss] of found.entries())
    expect(Math.abs(loss - wanted[begin + i]!)).toBeLessThan(1e-5 * wanted[begin + i]!);
}

const means = (ranks: readonly Found[]) =>
  ranks[0]!.losses.map((_, i) => ranks.reduce((sum, { losses }) => sum + losses[i]!, 0) / ranks.length);

it('holds the state of every parameter once, by name without the wrapper', () => {
  expectLosses(means(saved), 0);
  expect(saved[0]!.held + saved[1]!.held).toBe(6);
  const { tensors } = loadSafetensors(file);
  const names = Object.keys(tensors);
  expect(names.filter((name) => name.endsWith('/exp_avg'))).toHaveLength(6);
  expect(names).toContain('model/0.weight');
  expect(names).toContain('grad/0.weight');
  expect(names.filter((name) => name.startsWith('rng/'))).toEqual(expect.arrayContaining(['rng/cpu', 'rng/cpu/1']));
});

it.each([1, 2, 3])('goes on with %i ranks as one process would', async (count) => {
  const ranks = await runRanks<Found>(count, 'resharded.ts', ['10', '20', file]);
  expectLosses(means(ranks), 10);
  expect(ranks.reduce((sum, { held }) => sum + held, 0)).toBe(6);
});

it('goes on with AdamW in a process of its own', () => {
  const model = makeModel();
  const wrapper = makeWrapper(model, { accumulation: 3, zero: false });
  loadCheckpoint(file, { model, wrapper });
  const losses = Array.from({ length: 10 }, (_, i) => iterate(model, wrapper, [10 + i, 0, 1]));
  expectLosses(losses, 10);
});
