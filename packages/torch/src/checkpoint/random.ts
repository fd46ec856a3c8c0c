/** Random state: each rank of a run has its own, so that not all drop the same. */
import { gatherNow } from '../distributed/at-once.ts';
import { severalRanks } from '../distributed/process-group.ts';
import { getRngState } from '../runtime.ts';
import type { Tensor } from '../tensor.ts';

const nameFor = (rank: number): string => (rank === 0 ? 'rng/cpu' : `rng/cpu/${rank}`);

/** Adds the state of this process, or of all ranks, to `tensors`. @returns what belongs to the caller */
export function saveRandom(tensors: Record<string, Tensor>): Tensor {
  const own = getRngState();
  const group = severalRanks();
  const states = group === undefined ? [own] : gatherNow('saveCheckpoint', group, own);
  for (const [rank, state] of states.entries()) tensors[nameFor(rank)] = state;
  return own;
}

/** The state for this rank; undefined where fewer ranks were saved, which leaves it the one it has. */
export function randomIn(tensors: Readonly<Record<string, Tensor>>): Tensor | undefined {
  return tensors[nameFor(severalRanks()?.rank ?? 0)];
}
