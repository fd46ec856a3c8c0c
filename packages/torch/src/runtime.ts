/** Threads, random state and versions of the engine. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { decode, encode } from './codec.ts';
import { keep } from './handle.ts';
import { native } from './native.ts';
import { Tensor } from './tensor.ts';
import { results, wire } from './wire.ts';

/** Seeds every random generator of the engine; the same seed gives the numbers that PyTorch gives. */
export function manualSeed(seed: number | bigint): void {
  if (typeof seed === 'number' && !Number.isSafeInteger(seed))
    throw new RangeError(`a seed is a whole number, not ${seed}`);
  encode(seed, 0);
  native.manualSeed();
}

/** The state of the CPU's random generator, for `setRngState`. */
export function getRngState(): Tensor {
  return keep(new Tensor(native.getRngState()));
}

export function setRngState(state: Tensor): void {
  encode(state, 0);
  native.setRngState();
}

/** Threads that one operator may use. Default: the number of cores, or OMP_NUM_THREADS. */
export function getNumThreads(): number {
  return native.threads();
}

/**
 * Uses one thread a physical core, as libtorch means to; in some virtual machines it counts one core only. Does nothing
 * where OMP_NUM_THREADS says what the user wants.
 */
export function useAllCores(): void {
  if (process.env.OMP_NUM_THREADS) return;
  const cores = physicalCores();
  if (cores > getNumThreads()) setNumThreads(cores);
}

/** Cores that this process may run on; hyper-threads of one core share their arithmetic units and count once. */
function physicalCores(): number {
  const allowed = availableParallelism();
  const siblings = new Set<string>();
  for (let cpu = 0; cpu < cpus().length; cpu++) {
    const path = `/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`;
    if (existsSync(path)) siblings.add(readFileSync(path, 'utf8'));
  }
  return siblings.size > 0 ? Math.min(siblings.size, allowed) : allowed;
}

/** @throws Error unless `count` is a whole number from 1 to 4096 */
export function setNumThreads(count: number): void {
  wire.words[0] = count;
  native.setThreads();
}

export interface EngineVersions {
  libtorch: string;
  /** What the linear algebra runs on, such as `OpenBLAS 0.3.21 …`. */
  blas: string;
  parallel: string;
  /** The widest vector instructions that libtorch's own kernels use. */
  cpuCapability: string;
  /** The level of instructions that the optimizer step uses: `x86-64-v4` is AVX-512, `x86-64-v3` AVX2. */
  vectorLevel: string;
  cuda: boolean;
}

export function engineVersions(): EngineVersions {
  native.versions();
  const [libtorch, blas, parallel, cpuCapability, vectorLevel, cuda] = decode(results())[0] as [
    string,
    string,
    string,
    string,
    string,
    boolean,
  ];
  return { libtorch, blas, parallel, cpuCapability, vectorLevel, cuda };
}
