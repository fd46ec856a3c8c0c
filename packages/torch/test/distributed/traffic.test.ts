/** What ranks send is what `docs/scale-out.md` says, by the kernel's own count in a network namespace that the test makes. */
import { execFileSync } from 'node:child_process';
import { rankCost } from '@paramwise/core';
import { expect, it } from 'vitest';
import { nodeScript } from './support/ranks.ts';

interface Counted {
  readonly sizes: readonly number[];
  readonly bytes: number;
}

/** Without root, as root of a user namespace. */
function counted(ranks: number, zero: boolean): Counted {
  const own = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];
  const command = nodeScript('counted.ts', String(ranks), ...(zero ? ['zero'] : []));
  const shell = 'ip link set lo up && exec "$@"';
  return JSON.parse(execFileSync('unshare', [...own, 'sh', '-c', shell, 'sh', ...command], { encoding: 'utf8' }));
}

it.each([
  [2, false],
  [4, false],
  [2, true],
  [4, true],
])('%i ranks, in shares: %s, send what the formula says', (ranks, zero) => {
  const { sizes, bytes } = counted(ranks, zero);
  const ratio = bytes / ranks / rankCost({ sizes, zero }, ranks).sent;
  // Headers of packets and signs of life are some thousandths.
  expect(ratio).toBeGreaterThan(0.999);
  expect(ratio).toBeLessThan(1.02);
});
