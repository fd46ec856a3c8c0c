/**
 * A rival in a process of its own. It is told what to do by JSON lines on its standard input and answers each with one
 * on its standard output; while it waits it costs nothing, so rivals in several processes can take turns.
 *
 *   {"do": "hello", "threads": 2}                              → {"versions": {…}}
 *   {"do": "setup", "work": "optimizer", "settings": {…}}      → {"variants": […], …}
 *   {"do": "run", "variant": "kernel", "times": 3}             → {"ms": […]}
 *   {"do": "peak"}                                             → {"peak_mib": …}
 *
 * An answer `{"error": …}` rejects the call.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { bundlePeer } from './bundle.ts';
import { median } from './harness.ts';

interface Offer {
  variants: string[];
  /** Of the first batch, when training. */
  loss?: number;
}

export interface Peer {
  readonly versions: Record<string, string>;
  /** @returns the variants that `run` knows then, and what the peer says of the work */
  setup(work: string, settings: object): Promise<Offer>;
  /**
   * Milliseconds of a run: of several in a row the median, without the first, which finds the caches full of what another
   * process left there.
   */
  run(variant: string, times?: number): Promise<number>;
  peakMib(): Promise<number>;
  close(): Promise<void>;
}

const folder = join(import.meta.dirname, '../peers');

/** PyTorch takes part twice: on the system's BLAS, and on the one that our engine takes. */
export type PeerName = 'paramwise' | 'pytorch' | 'pytorch_our_blas' | 'tfjs' | 'jax';

export const PEER_TITLES: Readonly<Record<PeerName, string>> = {
  paramwise: 'Paramwise',
  pytorch: 'PyTorch',
  pytorch_our_blas: 'PyTorch on our OpenBLAS',
  tfjs: 'TensorFlow.js wasm',
  jax: 'jax-js wasm',
};

interface Start {
  command: [string, string];
  env?: Record<string, string>;
}

/** What to start, or why it cannot be. */
async function startOf(name: PeerName): Promise<Start | string> {
  if (name !== 'pytorch' && name !== 'pytorch_our_blas') return { command: [process.execPath, await bundlePeer(name)] };
  const python = pythonWithTorch();
  if (python === undefined) return 'no Python here can import torch (Debian: apt-get install python3-torch)';
  const command: [string, string] = [python, join(folder, 'torch_peer.py')];
  if (name === 'pytorch') return { command };
  const blas = openBlasOnOpenMp();
  if (blas === undefined) return 'no OpenBLAS on OpenMP here (Debian: apt-get install libopenblas0-openmp)';
  return { command, env: { LD_LIBRARY_PATH: blas } };
}

/** The folder of the OpenBLAS that packages/torch/CMakeLists.txt finds. */
function openBlasOnOpenMp(): string | undefined {
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const path = `/usr/lib/${triplet}/openblas-openmp`;
  return existsSync(join(path, 'libblas.so.3')) ? path : undefined;
}

/** The first Python that can import torch: Debian's is often not the first on the path. */
function pythonWithTorch(): string | undefined {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter((name) => name !== undefined);
  return candidates.find((name) => spawnSync(name, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0);
}

/** @returns the peer, or why there is none */
export async function startPeer(name: PeerName, threads: number): Promise<Peer | string> {
  const start = await startOf(name);
  return typeof start === 'string' ? start : startProcess(start, threads);
}

/** Our own side as another checkout of this repository has it, built there. */
export async function startCheckout(folder: string, threads: number): Promise<Peer | string> {
  const bundler = pathToFileURL(join(folder, 'bench/lib/bundle.ts')).href;
  const bundle = ((await import(bundler)) as { bundlePeer: typeof bundlePeer }).bundlePeer;
  return startProcess({ command: [process.execPath, await bundle('paramwise')] }, threads);
}

async function startProcess({ command, env }: Start, threads: number): Promise<Peer | string> {
  const count = String(threads);
  const child = spawn(command[0], [command[1]], {
    env: { ...process.env, OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const talk = conversation(child);
  try {
    const { versions } = await talk({ do: 'hello', threads });
    return peer(child, versions as Record<string, string>, talk);
  } catch (error) {
    child.kill();
    return (error as Error).message;
  }
}

type Answer = Record<string, unknown>;
type Talk = (message: object) => Promise<Answer>;

function peer(child: ChildProcess, versions: Record<string, string>, talk: Talk): Peer {
  return {
    versions,
    setup: async (work, settings) => (await talk({ do: 'setup', work, settings })) as unknown as Offer,
    run: async (variant, times = 3) => {
      const ms = (await talk({ do: 'run', variant, times })).ms as number[];
      return median(times > 1 ? ms.slice(1) : ms);
    },
    peakMib: async () => (await talk({ do: 'peak' })).peak_mib as number,
    close: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.stdin?.end();
      }),
  };
}

/** One question, one answer; a child that dies answers with what it said last. */
function conversation(child: ChildProcess): Talk {
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-2000);
  });
  const lines = createInterface({ input: child.stdout! });
  return (message) =>
    new Promise((resolve, reject) => {
      const died = () => reject(new Error(`the process ended: ${complaints.trim().split('\n').at(-1) ?? ''}`));
      child.once('exit', died);
      lines.once('line', (line) => {
        child.off('exit', died);
        const answer = JSON.parse(line) as Answer;
        if (answer.error === undefined) resolve(answer);
        else reject(new Error(String(answer.error)));
      });
      child.stdin?.write(`${JSON.stringify(message)}\n`, () => {});
    });
}
