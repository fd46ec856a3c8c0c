/** Starts the ranks of a run on this machine, and ends them all within a time limit. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '../../../../../testing/free-port.ts';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Since the ranks were started. */
  ms: number;
}

export interface Rank {
  process: ChildProcess;
  /** Resolves at the first line of output that begins so. */
  said(text: string): Promise<void>;
  ended: Promise<Ended>;
}

const LIMIT_MS = 60_000;

/** The program and the arguments that run a script of this folder under Node.js. */
export const nodeScript = (name: string, ...args: string[]): string[] => [
  process.execPath,
  '--conditions=source',
  '--import',
  'tsx',
  join(import.meta.dirname, name),
  ...args,
];

/** @param commands one a rank: program and arguments */
export async function startRanks(
  commands: readonly (readonly string[])[],
  env: Readonly<Record<string, string>> = {},
): Promise<Rank[]> {
  const port = await freePort();
  return commands.map((command, rank) =>
    startRank(command, {
      ...process.env,
      RANK: String(rank),
      LOCAL_RANK: String(rank),
      WORLD_SIZE: String(commands.length),
      MASTER_ADDR: '127.0.0.1',
      MASTER_PORT: String(port),
      OMP_NUM_THREADS: '1',
      ...env,
    }),
  );
}

function startRank([program, ...args]: readonly string[], env: NodeJS.ProcessEnv): Rank {
  const start = Date.now();
  const child = spawn(program as string, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  const waiting: { text: string; resolve: () => void }[] = [];
  const hear = () => {
    for (const { text, resolve } of waiting) if (`\n${output.stdout}`.includes(`\n${text}`)) resolve();
  };
  child.stdout.on('data', (data: Buffer) => {
    output.stdout += data.toString();
    hear();
  });
  child.stderr.on('data', (data: Buffer) => {
    output.stderr += data.toString();
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      resolve({ code, signal, ...output, ms: Date.now() - start });
    });
  });
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      waiting.push({ text, resolve });
      hear();
      void ended.then(() => reject(new Error(`it ended without "${text}":\n${output.stdout}${output.stderr}`)));
    });
  return { process: child, said, ended };
}

/** Runs a script once a rank. @returns what each wrote as its last line, as JSON. @throws Error where one fails */
export async function runRanks<T>(
  count: number,
  script: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<T[]> {
  const commands = Array.from({ length: count }, () => nodeScript(script, ...args));
  const ranks = await startRanks(commands, env);
  const all = await Promise.all(ranks.map(({ ended }) => ended));
  return all.map(resultOf<T>);
}

/** The last line that a process wrote, as JSON. @throws Error where it failed */
export function resultOf<T>({ code, signal, stdout, stderr }: Ended, rank = 0): T {
  if (code !== 0) throw new Error(`rank ${rank} ended with ${code ?? signal}:\n${stdout}${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as T;
}
