/**
 * Which samples of a data set each rank of a data-parallel run takes: as many for each, so that all take as many steps.
 *
 * Source: PyTorch's `torch.utils.data.DistributedSampler`.
 */

export interface SampleShare {
  readonly worldSize: number;
  /** From 0 to `worldSize - 1`. */
  readonly rank: number;
  /** Whether what does not divide evenly is left out; otherwise the first samples come a second time. */
  readonly dropLast: boolean;
}

/** Samples of each rank, of `length` in all. */
export function samplesPerRank(length: number, { worldSize, dropLast }: Omit<SampleShare, 'rank'>): number {
  return dropLast ? Math.floor(length / worldSize) : Math.ceil(length / worldSize);
}

/** Every `worldSize`-th of the samples in `order`, from number `rank` on; the order begins again where it is too short. */
export function samplesOfRank(order: ArrayLike<number>, share: SampleShare): number[] {
  const count = samplesPerRank(order.length, share);
  return Array.from({ length: count }, (_, step) => order[(step * share.worldSize + share.rank) % order.length]!);
}
