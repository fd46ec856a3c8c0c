import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { nodeScript, resultOf, startRanks } from './support/ranks.ts';

const python = ['/usr/bin/python3', 'python3'].find(
  (program) => spawnSync(program, ['-c', 'import torch.distributed']).status === 0,
);
const node = nodeScript('with-python.ts');
const other = [python ?? 'python3', join(import.meta.dirname, 'support/with-node.py')];

it.each([
  ['the first rank', [node, other]],
  ['the second rank', [other, node]],
])('a rank of Node.js stands in one run with one of Python: %s', async (_, commands) => {
  const ranks = await startRanks(commands);
  const ended = await Promise.all(ranks.map((rank) => rank.ended));
  for (const [rank, each] of ended.entries()) expect(resultOf(each, rank)).toEqual([[3, 1], [1, 1], [0], [1], [1]]);
});

it('two ranks of Node.js stand in a run that torchrun holds the store of', async () => {
  const script = nodeScript('with-python.ts');
  // Debian 12's 1.13 stumbles over its own default on Python 3.11; what it does with the output of rank 9 is harmless.
  const torchrun = ['-W', 'ignore', '-m', 'torch.distributed.run', '--standalone', '-r', '9:1', '-t', '9:1'];
  const ranks = ['--no_python', '--nproc_per_node', '2', ...script];
  const env = { ...process.env, OMP_NUM_THREADS: '1' };
  const { stdout } = await promisify(execFile)(python ?? 'python3', [...torchrun, ...ranks], { timeout: 60_000, env });
  expect(stdout.trim().split('\n')).toEqual(Array(2).fill('[[3,1],[1,1],[0],[1],[1]]'));
});
