/** Running the command in tests: in this process, or as one of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { COMMANDS, makePaint, runProgram } from '../src/index.ts';

export const root = resolve(import.meta.dirname, '../../..');

export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process. */
export async function run(...args: string[]): Promise<Result> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runProgram(COMMANDS, args, {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    paint: makePaint(false, {}),
    columns: 100,
  });
  return { code, out: out.join(''), err: err.join('') };
}

/** Runs a command line as a process, from the sources. */
export function runProcess(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Result> {
  const main = join(root, 'packages/cli/src/main.ts');
  const options = { cwd: root, env: { ...process.env, ...environment }, maxBuffer: 1 << 28 };
  return new Promise((finish) => {
    const node = ['--conditions=source', '--import', 'tsx', main, ...args];
    execFile(process.execPath, node, options, (error, out, err) => {
      finish({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
    });
  });
}

/** A folder that is removed after the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'paramwise-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
