import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const program = join(import.meta.dirname, 'support/fuzz.ts');

for (const seed of [1, 2, 3])
  it(`every operator survives arguments drawn at random (seed ${seed})`, () => {
    const { status, signal, stdout, stderr } = spawnSync(
      'node',
      ['--conditions=source', '--import', 'tsx', program, String(seed), '6'],
      { encoding: 'utf8' },
    );
    expect({ status, signal }, stderr.slice(-2000)).toEqual({ status: 0, signal: null });
    expect(Number(/survived (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(5000);
  });
