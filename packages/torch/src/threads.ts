/** How many threads the engine uses: decided before the first tensor is made, not when the package is imported. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { native } from './native.ts';
import { wire } from './wire.ts';

let isDecided = false;

/** Called before whatever makes tensors or looks for an operator. */
export function decideThreads(): void {
  if (!isDecided) useAllCores();
}

/** Threads that one operator may use. Default: the number of cores, or OMP_NUM_THREADS. */
export function getNumThreads(): number {
  decideThreads();
  return native.threads();
}

/** @throws Error unless `count` is a whole number from 1 to 4096 */
export function setNumThreads(count: number): void {
  isDecided = true;
  wire.words[0] = count;
  native.setThreads();
}

/**
 * Uses one thread a physical core, as libtorch means to; in some virtual machines it counts one core only. Does nothing
 * where OMP_NUM_THREADS says what the user wants.
 */
function useAllCores(): void {
  isDecided = true;
  if (process.env.OMP_NUM_THREADS) return;
  const cores = physicalCores();
  if (cores > native.threads()) setNumThreads(cores);
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
