/** The example under `paramwise launch`: ranks learn what one process learns, and go on where they were stopped. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const out = mkdtempSync(join(tmpdir(), 'paramwise-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** What rank 0 prints, of a launch with so many ranks. */
function launched(ranks: number, folder: string, ...options: string[]): string {
  const cli = join(root, 'packages/cli/src/main.ts');
  const launch = ['launch', '--nproc-per-node', String(ranks), join(import.meta.dirname, 'main.ts')];
  const script = ['--quick', '--out', join(out, folder), ...options];
  return execFileSync('node', ['--conditions=source', '--import', 'tsx', cli, ...launch, ...script], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '--conditions=source' },
  });
}

const lossOf = (printed: string) => Number(/epoch 1: mean loss (\d\.\d+)/.exec(printed)?.[1]);

describe('the example on several ranks', () => {
  let one: string;
  let two: string;
  beforeAll(() => {
    one = launched(1, 'one');
    two = launched(2, 'two');
  });

  it('prints by rank 0 alone, and learns', () => {
    expect(two).toMatch(/^\[0\] ranks: 2, with 64 images each for a step, 31 steps an epoch, from epoch 1 on$/m);
    expect(two).not.toContain('[1]');
    expect(Number(/accuracy (\d+\.\d) % on 2000 test images/.exec(two)?.[1])).toBeGreaterThan(40);
  });

  it('has the loss of one process, with and without shares of the state', () => {
    expect(lossOf(two)).toBeCloseTo(lossOf(one), 3);
    expect(lossOf(launched(2, 'zero', '--zero'))).toBeCloseTo(lossOf(one), 3);
  });

  it('goes on from its checkpoint, with another number of ranks too', () => {
    const again = launched(1, 'two');
    expect(again).toContain('from epoch 2 on');
    expect(/accuracy .*/.exec(again)?.[0]).toBe(/accuracy .*/.exec(two)?.[0]);
  });
});
