/**
 * Parameters over the ranks of a data-parallel run, and what a rank then sends and holds: arithmetic on sizes alone.
 *
 * Sources: PyTorch's `ZeroRedundancyOptimizer` for the shares; Patarasuk and Yuan, "Bandwidth optimal all-reduce
 * algorithms for clusters of workstations" (2009), for the ring; Rajbhandari et al., "ZeRO" (2020), arXiv:1910.02054.
 */

/**
 * The rank that holds the optimizer state of each parameter: the largest parameter first, each to the rank with the
 * least so far. Of equal parameters the first in the list comes first, of equal ranks the lowest is taken. A parameter is
 * never cut, so no rank has less than the largest one where it has that.
 *
 * @param sizes elements of each parameter
 * @returns ranks from 0 to `worldSize - 1`, in the order of `sizes`
 * @throws RangeError for a size or a number of ranks that cannot be one
 */
export function shareOf(sizes: readonly number[], worldSize: number): number[] {
  checkRanks(worldSize);
  const ranks = new Array<number>(sizes.length).fill(0);
  const held = new Array<number>(worldSize).fill(0);
  for (const index of largestFirst(sizes)) {
    const rank = held.indexOf(Math.min(...held));
    ranks[index] = rank;
    held[rank]! += sizes[index]!;
  }
  return ranks;
}

/** Elements whose optimizer state each rank holds, by `shareOf`. */
export function shareSizes(sizes: readonly number[], worldSize: number): number[] {
  const held = new Array<number>(worldSize).fill(0);
  for (const [index, rank] of shareOf(sizes, worldSize).entries()) held[rank]! += sizes[index]!;
  return held;
}

function largestFirst(sizes: readonly number[]): number[] {
  for (const size of sizes)
    if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`a parameter has ${size} elements; give a count`);
  return [...sizes.keys()].sort((a, b) => sizes[b]! - sizes[a]! || a - b);
}

function checkRanks(worldSize: number): void {
  if (!Number.isSafeInteger(worldSize) || worldSize < 1)
    throw new RangeError(`worldSize is ${worldSize}; give a whole number of ranks from 1 up`);
}

/** What one rank sends, on average over the ranks, when all of them exchange `bytes`. Receiving takes as much. */
export const sentBytes = {
  /** As a ring: every rank sends its sum of one part after the other, then passes on the whole sums. */
  allReduce: (bytes: number, worldSize: number) => (2 * bytes * (worldSize - 1)) / worldSize,
  /** One rank's `bytes` reach all others, each of which receives them once. The rank itself sends most. */
  broadcast: (bytes: number, worldSize: number) => (bytes * (worldSize - 1)) / worldSize,
} as const;

/** A model and an optimizer, as far as ranks care. */
export interface ShardedRun {
  /** Elements of each trained parameter. */
  readonly sizes: readonly number[];
  /** Bytes of one element of a parameter and of its gradient. Default 4 (float32). */
  readonly elementBytes?: number;
  /** Bytes of optimizer state for one element. Default 8 (the two float32 averages of Adam and AdamW). */
  readonly stateBytes?: number;
  /** Bytes of buffers that rank 0 sends to all before a forward pass, such as the running figures of batch norm. Default 0. */
  readonly bufferBytes?: number;
  /** Whether the optimizer is a `ZeroRedundancyOptimizer`. Default false. */
  readonly zero?: boolean;
  /** Whether gradients are views of the buckets that ranks exchange; otherwise those are a copy. Default false. */
  readonly gradientAsBucketView?: boolean;
}

export interface RankCost {
  /** Bytes that a rank sends for one update, on average over the ranks; it receives as many. */
  readonly sent: number;
  /** Bytes of parameters, gradients, buckets and optimizer state of the rank that holds most, without activations. */
  readonly held: number;
  /** Bytes of optimizer state in `held`. */
  readonly state: number;
}

/**
 * What an update of a data-parallel run costs a rank. Accumulated passes before the last send nothing, so the figures do
 * not depend on how many there are (buffers are counted once).
 *
 * @throws RangeError for a size or a number of ranks that cannot be one
 */
export function rankCost(run: ShardedRun, worldSize: number): RankCost {
  const { sizes, elementBytes = 4, stateBytes = 8, bufferBytes = 0, zero = false, gradientAsBucketView = false } = run;
  const shares = shareSizes(sizes, worldSize);
  const elements = shares.reduce((sum, size) => sum + size, 0);
  const bytes = elements * elementBytes;
  const state = stateBytes * (zero ? Math.max(...shares) : elements);
  const buckets = worldSize > 1 && !gradientAsBucketView ? bytes : 0;
  const stepped = zero ? sentBytes.broadcast(bytes, worldSize) : 0;
  const sent = sentBytes.allReduce(bytes, worldSize) + stepped + sentBytes.broadcast(bufferBytes, worldSize);
  return { sent, held: 2 * bytes + buckets + state, state };
}
