/** Which samples of a data set a rank trains on, epoch by epoch. */
import { type SampleShare, samplesOfRank, samplesPerRank } from '@paramwise/core/internal';
import { getRank, getWorldSize, isInitialized } from '../distributed/process-group.ts';
import { tidy } from '../handle.ts';
import { native } from '../native.ts';
import { withDefaults } from '../options.ts';
import { Tensor } from '../tensor.ts';
import { wire } from '../wire.ts';

export interface DistributedSamplerOptions {
  /** Ranks that share the data. Default: those of the run; before `initProcessGroup`, WORLD_SIZE of the environment. */
  readonly numReplicas?: number;
  /** This one of them. Default: this rank of the run; before `initProcessGroup`, RANK of the environment. */
  readonly rank?: number;
  /** Whether each epoch has an order of its own. Default true. */
  readonly shuffle?: boolean;
  /** The order is that of `seed` + epoch, the same on all ranks. Default 0. */
  readonly seed?: number;
  /** Whether samples that do not divide evenly are left out; otherwise the first come a second time. Default false. */
  readonly dropLast?: boolean;
}

/**
 * The samples of one rank, as many for each: the ranks take turns through one order, which all shuffle alike. Iterating
 * gives the numbers of the samples for the current epoch; call `setEpoch` before each. It draws from a generator of its
 * own, so other random numbers stay what they were.
 *
 * The orders are those of PyTorch for the same seed and epoch. Source: PyTorch's `torch.utils.data.DistributedSampler`.
 *
 * Defaults: `numReplicas` and `rank` of the run, or of the environment, `shuffle: true`, `seed: 0`, `dropLast: false`.
 */
export class DistributedSampler implements Iterable<number> {
  /** Samples of this rank in each epoch. */
  readonly length: number;
  readonly #count: number;
  readonly #share: SampleShare;
  readonly #shuffle: boolean;
  readonly #seed: number;
  #epoch = 0;

  /**
   * @param dataset its number of samples, or anything of that length
   * @throws Error where neither an option nor the environment says which rank this is
   * @throws RangeError for numbers that cannot be meant, and where a rank would have no sample
   * @throws TypeError for an unknown option
   */
  constructor(dataset: number | { readonly length: number }, options: DistributedSamplerOptions = {}) {
    const { numReplicas, rank, shuffle, seed, dropLast } = withDefaults('DistributedSampler', defaults(), options);
    this.#count = typeof dataset === 'number' ? dataset : dataset.length;
    check('the number of samples', this.#count, 1);
    if (Number.isNaN(numReplicas) || Number.isNaN(rank))
      throw new Error(
        'DistributedSampler: nothing says which rank this is; call initProcessGroup first, start the script with `paramwise launch` or torchrun, or give numReplicas and rank',
      );
    check('numReplicas', numReplicas, 1);
    check('rank', rank, 0, numReplicas - 1);
    check('seed', seed, 0);
    this.#share = { worldSize: numReplicas, rank, dropLast };
    this.#shuffle = shuffle;
    this.#seed = seed;
    this.length = samplesPerRank(this.#count, this.#share);
    if (this.length === 0)
      throw new RangeError(
        `DistributedSampler: ${this.#count} samples for ${numReplicas} ranks: dropLast leaves none; use fewer ranks, or no dropLast`,
      );
  }

  /**
   * Chooses the order of the next iterations; the same on all ranks, and another for each epoch.
   *
   * @throws RangeError unless `epoch` is a whole number from 0 up
   */
  setEpoch(epoch: number): void {
    check('epoch', epoch, 0);
    this.#epoch = epoch;
  }

  [Symbol.iterator](): IterableIterator<number> {
    const order = this.#shuffle ? seededOrder(this.#count, this.#seed + this.#epoch) : [...Array(this.#count).keys()];
    return samplesOfRank(order, this.#share)[Symbol.iterator]();
  }
}

/** Of what nobody says there is no default that would do: each rank would take all samples and nobody notice. */
function defaults(): Required<DistributedSamplerOptions> {
  const { WORLD_SIZE, RANK } = process.env;
  const [numReplicas, rank] = isInitialized() ? [getWorldSize(), getRank()] : [told(WORLD_SIZE), told(RANK)];
  return { numReplicas, rank, shuffle: true, seed: 0, dropLast: false };
}

const told = (text: string | undefined) => (text ? Number(text) : Number.NaN);

function check(what: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const allowed = most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `from ${least} to ${most}`;
  throw new RangeError(`DistributedSampler: ${what} is ${value}; allowed is a whole number ${allowed}`);
}

/** 0 … count - 1 in the order that `torch.randperm` gives with a generator of that seed. */
function seededOrder(count: number, seed: number): number[] {
  return tidy(() => {
    wire.words[0] = count;
    wire.words[1] = seed;
    return Array.from(new Tensor(native.seededOrder()).data() as BigInt64Array, Number);
  });
}
