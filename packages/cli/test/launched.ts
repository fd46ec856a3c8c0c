/** Running `paramwise launch` as a process, with scripts that the test writes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Result, root, runProcess, scratchFolder } from './run.ts';

/** A script of that text in a folder that goes after the test. */
export function scriptOf(text: string, name = 'script.mjs'): string {
  const path = join(scratchFolder(), name);
  writeFileSync(path, text);
  return path;
}

export const launch = (...args: string[]): Promise<Result> => runProcess(['launch', ...args]);

export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What was printed once it matches; rejects where the launcher ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** What was printed in all, and how the launcher ended. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null; text: string }>;
}

/** A launcher that goes on while the test looks. */
export function startLaunch(...args: string[]): Running {
  const main = join(root, 'packages/cli/src/main.ts');
  const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', main, 'launch', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  const wake = new Set<() => void>();
  const hear = (more: string) => {
    text += more;
    for (const look of wake) look();
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    pid: child.pid!,
    child,
    printed: (pattern) =>
      new Promise((found, never) => {
        const look = () => {
          const match = pattern.exec(text);
          if (match !== null) found(match);
        };
        wake.add(look);
        look();
        closed.then(() => never(new Error(`ended without ${pattern}: ${text}`)), never);
      }),
    async ended() {
      const [code, signal] = await closed;
      return { code, signal, text };
    },
  };
}

/** Whether a process runs; one that has ended and that nobody has asked about does not. */
function isRunning(pid: number): boolean {
  const path = `/proc/${pid}/stat`;
  return existsSync(path) && !/^\d+ \(.*\) [ZX]/.test(readFileSync(path, 'utf8'));
}

/** The numbers of the processes that still run after `seconds`, looking again and again until none does. */
export async function stillRunning(pids: readonly number[], seconds: number): Promise<number[]> {
  const until = Date.now() + 1000 * seconds;
  for (;;) {
    const running = pids.filter(isRunning);
    if (running.length === 0 || Date.now() > until) return running;
    await new Promise((wait) => setTimeout(wait, 20));
  }
}
