import { afterEach, expect, it } from 'vitest';
import { freePort } from '../../../../testing/free-port.ts';
import { distributed, tensor } from '../../src/index.ts';
import { runRanks } from './support/ranks.ts';

interface Found extends Record<string, unknown> {
  gathered: number[][];
}

it('gives every rank of three what the values of all make', async () => {
  const ranks = await runRanks<Found>(3, 'collectives.ts');
  for (const [rank, found] of ranks.entries()) {
    expect(found).toMatchObject({
      sum: [6, 60],
      mean: [2, 20],
      product: [6, 6000],
      min: [1, 10],
      max: [3, 30],
      broadcast: [2, 20],
      gathered: [
        [1, 10],
        [2, 20],
        [3, 30],
      ],
      'scattered sum': [6, 300 * rank],
      'scattered mean': [2, 100 * rank],
      'scattered product': [6, (100 * rank) ** 3],
      'scattered min': [1, 100 * rank],
      'scattered max': [3, 100 * rank],
      int64: [3, 3 * 2 ** 40],
      object: { from: 2, text: 'ä' },
      together: [[3], [30]],
      received: Array.from({ length: 8 }, (_, tag) => [(rank + 2) % 3, tag]),
      ticked: true,
      member: rank !== 1,
      left: false,
    });
    if (rank !== 1) expect(found).toMatchObject({ pair: [4, 40], place: rank === 0 ? 0 : 1, fromLast: [3, 30] });
  }
});

const variables = ['RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT', 'SLURM_PROCID', 'SLURM_NTASKS'];
const before = new Map(variables.map((name) => [name, process.env[name]]));
afterEach(async () => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  if (distributed.isInitialized()) await distributed.destroyProcessGroup();
});

it('refuses what needs a run outside of one, with what to do', async () => {
  for (const call of [
    () => distributed.allReduce(tensor([1])),
    () => distributed.barrier(),
    () => distributed.newGroup([0]),
    () => distributed.destroyProcessGroup(),
  ])
    await expect(call()).rejects.toThrow(/call `await distributed.initProcessGroup\(\)` first/);
  expect(() => distributed.getRank()).toThrow(/getRank: this process is in no run/);
  expect(distributed.isInitialized()).toBe(false);
});

it('says which variable is missing or impossible', async () => {
  await expect(distributed.initProcessGroup()).rejects.toThrow(/neither the option worldSize nor .* WORLD_SIZE/);
  process.env.WORLD_SIZE = '2';
  process.env.RANK = '2';
  await expect(distributed.initProcessGroup()).rejects.toThrow(/RANK is 2; it must be a whole number from 0 to 1/);
  await expect(distributed.initProcessGroup({ backend: 'mpi' as 'gloo' })).rejects.toThrow(/no backend "mpi"/);
});

it('a run of one rank is a run, by what Slurm says', async () => {
  Object.assign(process.env, { SLURM_PROCID: '0', SLURM_NTASKS: '1', MASTER_PORT: String(await freePort()) });
  await distributed.initProcessGroup({ timeoutMs: 5000 });
  expect([distributed.getRank(), distributed.getWorldSize(), distributed.getLocalRank()]).toEqual([0, 1, 0]);
  expect((await distributed.allReduce(tensor([3]))).toArray()).toEqual([3]);
  await expect(distributed.initProcessGroup()).rejects.toThrow(/called before/);
  await expect(distributed.send(tensor([1]), 0)).rejects.toThrow(/this process itself/);
  await expect(distributed.allReduce(tensor([[1, 2]]).t())).resolves.toBeDefined();
  await expect(
    distributed.allReduce(
      tensor([
        [1, 2],
        [3, 4],
      ]).t(),
    ),
  ).rejects.toThrow(/not contiguous/);
});

it('does not wait longer than it was told for ranks that do not come', async () => {
  const start = Date.now();
  const joining = distributed.initProcessGroup({
    rank: 0,
    worldSize: 2,
    masterPort: await freePort(),
    timeoutMs: 1000,
  });
  await expect(joining).rejects.toThrow(/rank 0 of 2 could not join the others at 127\.0\.0\.1:\d+ within 1 s/);
  expect(Date.now() - start).toBeLessThan(6000);
});
