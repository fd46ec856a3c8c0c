import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
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
