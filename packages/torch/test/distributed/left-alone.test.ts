import { expect, it } from 'vitest';
import { runRanks } from './support/ranks.ts';

interface Found {
  message: string;
  ranks: number[];
  ms: number;
  sum: number;
}

it.each([
  ['late', [], /^allReduce: rank 1 lives but has not come to this operation \(.*Timed out waiting 1500ms/],
  ['left', [1], /^allReduce: rank 1 left the run \(/],
])(
  'an exchange to which the other rank does not come rejects, and the process goes on: %s',
  async (how, lost, message) => {
    const [first] = (await runRanks<Found | string>(2, 'left-alone.ts', [how])) as [Found, string];
    expect(first.message).toMatch(message);
    expect(first).toMatchObject({ ranks: lost, sum: 3 });
    expect(first.ms).toBeLessThan(6000);
  },
);
