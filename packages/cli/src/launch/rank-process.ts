/** One rank as a process that leads a group of its own, so that what it starts can be ended with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Terminal } from '../command.ts';
import { prefixLines } from './lines.ts';

export interface RankEnd {
  readonly rank: number;
  readonly pid: number | undefined;
  /** As a shell has it: 128 and the number of the signal where one ended the rank. */
  readonly code: number;
  /** `ended with exit code 3`, `was killed by SIGKILL`. */
  readonly how: string;
}

export interface RankProcess {
  readonly pid: number | undefined;
  /** Sends a signal to the rank and to all that it started; does nothing once they have ended. */
  signal(name: NodeJS.Signals): void;
  /** @param seen is told of the end at once; the output that is still to come is written before `finished` */
  onEnd(seen: (end: RankEnd) => void): void;
  readonly finished: Promise<void>;
}

/** Milliseconds for output that has not been read when a rank has ended; a process that left its group may hold it open. */
const LAST_WORDS = 1000;

export function startRank(
  rank: number,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  terminal: Terminal,
): RankProcess {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = child;
  const signal = (name: NodeJS.Signals) => {
    if (pid !== undefined) signalGroup(pid, name);
  };
  return {
    pid,
    signal,
    onEnd(seen) {
      child.once('error', ({ message }) => seen({ rank, pid, code: 1, how: `did not start: ${message}` }));
      child.once('exit', (code, name) => {
        // What it started and left behind would hold memory, ports and files.
        signal('SIGKILL');
        seen({ rank, pid, ...described(code, name) });
      });
    },
    finished: passOutput(child, rank, terminal),
  };
}

function described(code: number | null, signal: NodeJS.Signals | null): Pick<RankEnd, 'code' | 'how'> {
  if (signal === null) return { code: code ?? 1, how: `ended with exit code ${code}` };
  const hint = signal === 'SIGKILL' ? ' (where nobody did that, the system may have been out of memory)' : '';
  return { code: codeOf(signal), how: `was killed by ${signal}${hint}` };
}

/** The exit code that says that a signal ended a process. */
export function codeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // Nobody is left.
  }
}

/** Passes lines on; done when the rank has ended and all are written. */
function passOutput(child: ChildProcess, rank: number, { out, err }: Terminal): Promise<void> {
  const { stdout, stderr } = child;
  const pipes = [
    { stream: stdout, lines: prefixLines(`[${rank}] `, out) },
    { stream: stderr, lines: prefixLines(`[${rank}] `, err) },
  ];
  for (const { stream, lines } of pipes) stream?.setEncoding('utf8').on('data', lines.write);
  return new Promise((finished) => {
    let patience: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      patience = setTimeout(() => {
        stdout?.destroy();
        stderr?.destroy();
      }, LAST_WORDS);
    });
    const finish = () => {
      clearTimeout(patience);
      for (const { lines } of pipes) lines.end();
      finished();
    };
    child.once('close', finish);
    child.once('error', finish);
  });
}
