/** What each rank finds in its environment: the names that torchrun sets. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { LaunchSettings } from './settings.ts';

/** One start of all ranks of this machine. */
export interface Attempt {
  readonly settings: LaunchSettings;
  readonly port: number;
  /** How often the ranks were started before. */
  readonly restarts: number;
}

/** @param localRank number of the rank on this machine. Of what is set already, OMP_NUM_THREADS alone stays. */
export function rankEnvironment({ settings, port, restarts }: Attempt, localRank: number): Record<string, string> {
  const { ranks, nodes, nodeRank, masterAddress, maxRestarts } = settings;
  return {
    RANK: String(globalRank(settings, localRank)),
    LOCAL_RANK: String(localRank),
    WORLD_SIZE: String(nodes * ranks),
    LOCAL_WORLD_SIZE: String(ranks),
    GROUP_RANK: String(nodeRank),
    GROUP_WORLD_SIZE: String(nodes),
    MASTER_ADDR: masterAddress,
    MASTER_PORT: String(port),
    OMP_NUM_THREADS: process.env.OMP_NUM_THREADS || String(threadsPerRank(ranks)),
    TORCHELASTIC_RESTART_COUNT: String(restarts),
    TORCHELASTIC_MAX_RESTARTS: String(maxRestarts),
  };
}

/** Number of a rank of this machine among all. */
export function globalRank({ nodeRank, ranks }: LaunchSettings, localRank: number): number {
  return nodeRank * ranks + localRank;
}

/** Ranks that each take all cores would spend their time waiting for one another. */
export function threadsPerRank(ranks: number, cores = physicalCores()): number {
  return Math.max(1, Math.floor(cores / ranks));
}

/** Cores that this process may run on; hyper-threads of one core share their arithmetic units and count once. */
function physicalCores(): number {
  const siblings = cpus().map((_, cpu) => `/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`);
  const cores = new Set(siblings.filter((path) => existsSync(path)).map((path) => readFileSync(path, 'utf8')));
  return cores.size > 0 ? Math.min(cores.size, availableParallelism()) : availableParallelism();
}
