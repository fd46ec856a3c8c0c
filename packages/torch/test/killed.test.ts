import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadCheckpoint, nn } from '../src/index.ts';

const program = ['--conditions=source', '--import', 'tsx', join(import.meta.dirname, 'support/killed-run.ts')];
const LENGTH = 60;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramwise-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs until the iteration is announced, then kills the process where it stands: most likely inside a save. */
function runAndKill(file: string, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('node', [...program, file, String(LENGTH)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let last = 0;
    child.stdout.on('data', (text: Buffer) => {
      last = Number(text.toString().trim().split('\n').at(-1));
      if (last >= at) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('exit', (_code, signal) =>
      signal === 'SIGKILL' ? resolve(last) : reject(new Error('it was not killed')),
    );
  });
}

const finish = (file: string): string => {
  const { stdout, status } = spawnSync('node', [...program, file, String(LENGTH)], { encoding: 'utf8' });
  expect(status).toBe(0);
  return /weights (.*)/.exec(stdout)?.[1] as string;
};

it('a process killed again and again while it saves goes on from a whole file and ends with the same bits', async () => {
  const expected = finish(join(folder, 'whole.safetensors'));
  const file = join(folder, 'killed.safetensors');
  for (const at of [4, 11, 23, 38]) {
    const seen = await runAndKill(file, at);
    const model = new nn.Sequential(new nn.Linear(6, 8), new nn.Dropout(0.2), new nn.Linear(8, 3));
    const { meta } = loadCheckpoint(file, { model });
    expect((meta as { iteration: number }).iteration).toBeGreaterThanOrEqual(seen);
  }
  expect(finish(file)).toBe(expected);
});
