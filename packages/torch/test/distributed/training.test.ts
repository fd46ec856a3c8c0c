import { describe, expect, it } from 'vitest';
import { runRanks } from './support/ranks.ts';
import { makeModel, type TrainingResult, type TrainingSettings, train } from './support/training-run.ts';

type RankResult = TrainingResult & { sent: number[] };

const SETTINGS: TrainingSettings[] = [
  { accumulation: 1, zero: false },
  { accumulation: 3, zero: false },
  { accumulation: 1, zero: true },
  { accumulation: 3, zero: true },
];
const PARAMETER_BYTES = 4 * (6 * 16 + 16 + 16 * 12 + 12 + 12 * 3 + 3);

const means = (ranks: readonly (readonly number[])[]) =>
  ranks[0]!.map((_, i) => ranks.reduce((sum, values) => sum + values[i]!, 0) / ranks.length);

function expectClose(
  found: readonly (number | undefined)[],
  wanted: readonly (number | undefined)[],
  relative: number,
) {
  expect(found.length).toBe(wanted.length);
  for (const [i, value] of wanted.entries())
    expect(Math.abs(found[i]! - value!), `at ${i}: ${found[i]}, not ${value}`).toBeLessThanOrEqual(
      relative * Math.abs(value!),
    );
}

describe('two ranks at half the batch', async () => {
  const ranks = await runRanks<RankResult[]>(2, 'training.ts', [JSON.stringify(SETTINGS)]);

  it.each([...SETTINGS.entries()])('have the losses, norms and weights of one process (%#)', (at, settings) => {
    const alone = train(makeModel(), { ...settings, zero: false }, [0, 1]);
    const [first, second] = ranks.map((results) => results[at] as RankResult) as [RankResult, RankResult];
    expect(alone.losses.length).toBe(50 * settings.accumulation);
    expectClose(means([first.losses, second.losses]), alone.losses, 1e-5);
    for (const rank of [first, second]) {
      expectClose(rank.norms, alone.norms, 1e-4);
      expectClose(rank.reported, alone.reported, 1e-4);
    }
    // Clipping has been at work, and both ranks hold the very same weights.
    expect(Math.max(...(alone.norms as number[]))).toBeGreaterThan(0.5);
    expect(second.weights).toEqual(first.weights);
    const most = settings.zero ? 0.6 : 1;
    for (const { stateBytes } of [first, second]) expect(stateBytes).toBeLessThanOrEqual(most * alone.stateBytes);
    expect(first.stateBytes + second.stateBytes).toBe((settings.zero ? 1 : 2) * alone.stateBytes);
  });

  it('send gradients once an update, and nothing in passes that only accumulate', () => {
    for (const results of ranks) {
      const { sent } = results[1] as RankResult;
      // Checks and first values come before the first iteration counts; buckets are agreed on again after the first pass.
      for (let i = 3; i < sent.length; i += 3) expect([sent[i], sent[i + 1]]).toEqual([0, 0]);
      for (let i = 5; i < sent.length; i += 3) expect(sent[i]! - PARAMETER_BYTES).toBeLessThan(i === 5 ? 200 : 1);
      expect(sent.at(-1)).toBe(PARAMETER_BYTES);
    }
  });
});
