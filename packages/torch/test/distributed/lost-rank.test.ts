import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeScript, resultOf, startRanks } from './support/ranks.ts';

/** What the script allows for a wait, and the time to find out who is gone. */
const LIMIT_MS = 3000 + 4000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramwise-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const startRun = (count: number, file: string, length: number) =>
  startRanks(Array.from({ length: count }, () => nodeScript('long-run.ts', file, String(length))));

/** Starts a run without end, kills one rank in the midst of it, and gives the others' ends. */
async function killOne(count: number, victim: number, file: string, signal: NodeJS.Signals) {
  const ranks = await startRun(count, file, 1e6);
  await Promise.all(ranks.map(({ said }) => said('step 12')));
  ranks[victim]!.process.kill(signal);
  const killed = Date.now();
  const others = ranks.filter((_, rank) => rank !== victim);
  const ended = await Promise.all(others.map((rank) => rank.ended));
  const ms = Date.now() - killed;
  ranks[victim]!.process.kill('SIGKILL');
  await ranks[victim]!.ended;
  return { ended, ms };
}

describe('a rank that is killed in the midst of a step', () => {
  it.each([
    [3, 0],
    [3, 2],
  ])('ends all others of %i, which name it: rank %i', async (count, victim) => {
    const file = join(folder, 'run.safetensors');
    const { ended, ms } = await killOne(count, victim, file, 'SIGKILL');
    for (const { code, signal, stderr } of ended) {
      expect({ code, signal }).toEqual({ code: 1, signal: null });
      expect(stderr).toMatch(new RegExp(`rank ${victim} is gone`));
    }
    expect(ms).toBeLessThan(LIMIT_MS);
    expect(readdirSync(folder)).toEqual(['run.safetensors']);
  });

  it('leaves a file from which a run of the same, or of one rank, goes on', async () => {
    const file = join(folder, 'run.safetensors');
    const whole = join(folder, 'whole.safetensors');
    const { ended } = await killOne(2, 1, file, 'SIGKILL');
    expect(ended[0]!.stderr).toMatch(/rank 1 is gone/);
    const finish = async (count: number, path: string) => {
      const ranks = await startRun(count, path, 40);
      const all = await Promise.all(ranks.map((rank) => rank.ended));
      return all.map((each, rank) => resultOf<number[]>(each, rank))[0]!;
    };
    const wanted = await finish(2, whole);
    expect(await finish(2, file)).toEqual(wanted);
  });
});

it('a rank that stands still is not waited for longer than the limit', async () => {
  const { ended, ms } = await killOne(2, 1, join(folder, 'run.safetensors'), 'SIGSTOP');
  expect(ended[0]).toMatchObject({ code: 1 });
  expect(ended[0]!.stderr).toMatch(/rank 1 is gone/);
  expect(ms).toBeLessThan(LIMIT_MS);
});
