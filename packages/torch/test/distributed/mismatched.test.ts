import { describe, expect, it } from 'vitest';
import { nodeScript, runRanks, startRanks } from './support/ranks.ts';

const DETAIL = { TORCH_DISTRIBUTED_DEBUG: 'DETAIL' };

describe('ranks that give what does not fit', () => {
  it.each(['size', 'dtype', 'order'])('are told of it in DETAIL, and go on: %s', async (what) => {
    for (const said of await runRanks<string[]>(2, 'mismatched.ts', [what], DETAIL))
      expect(said).toEqual([expect.stringMatching(/mismatch|Expected/i)]);
  });

  it('otherwise say what to do, as the one that cannot go on ends', async () => {
    const ranks = await startRanks(Array.from({ length: 2 }, () => nodeScript('mismatched.ts', 'size')));
    const ended = await Promise.all(ranks.map((rank) => rank.ended));
    expect(ended.map(({ signal }) => signal)).toContain('SIGABRT');
    expect(ended.map(({ stderr }) => stderr).join('')).toMatch(/different sizes.*TORCH_DISTRIBUTED_DEBUG=DETAIL/s);
  });

  it('are told of buffers and options of DistributedDataParallel, and of parameters of ZeroRedundancyOptimizer', async () => {
    const [, [buffer]] = (await runRanks<string[]>(2, 'mismatched.ts', ['buffers'])) as [string[], [string]];
    expect(buffer).toMatch(/buffer 0 is table \[3\] float32 here, table \[2\] float32 there/);
    const [, second] = (await runRanks<string[]>(2, 'mismatched.ts', ['options'])) as [string[], string[]];
    expect(second[0]).toMatch(/option 0 is bucketCapMb 2 here, bucketCapMb 1 there/);
    expect(second[1]).toMatch(/parameter 0 is number 0 \[2\] float32 frozen here/);
  });
});
