import { expect, it } from 'vitest';
import { runRanks } from './support/ranks.ts';

interface Found {
  said: Record<string, string>;
  reached: number[];
}

/** What both ranks may do, so that it is no mistake. */
const ALLOWED = /^(allReduce|broadcast|allGather|reduceScatter) of none$/;

it('what makes no sense is refused by name, and the ranks go on', async () => {
  const found = await runRanks<Found>(2, 'garbage.ts');
  for (const { said, reached } of found) {
    const accepted = Object.entries(said).filter(([name, text]) => text === 'nothing' && !ALLOWED.test(name));
    expect(accepted).toEqual([]);
    expect(reached).toEqual([3]);
    expect(said['send meta']).toMatch(/send: the tensor is on the device meta/);
    expect(said['send tag 1.5']).toMatch(/send: the tag is 1.5/);
    expect(said['allReduce in null']).toMatch(/the group is null, as newGroup gives it/);
    expect(said['destroy {}']).toMatch(/is no group/);
    expect(said['newGroup limit -1']).toMatch(/newGroup: timeoutMs is -1/);
    expect(Object.values(said).filter((text) => text.includes('gloo/'))).toEqual([]);
  }
});
