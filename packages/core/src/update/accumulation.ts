/**
 * Gradient accumulation as arithmetic on counts: when to step, when to synchronise, what to divide the loss by.
 *
 * The optimizer steps every `accumulativeCounts` backward passes and once more at the last of `maxCounts`, whose
 * remainder may be smaller; there the loss is divided by the remainder. Source: MMEngine's `OptimWrapper`.
 */
export interface AccumulationCounts {
  /** Backward passes per optimizer step. */
  readonly accumulativeCounts: number;
  /** Backward passes done. */
  readonly innerCount: number;
  /** Backward passes in the whole run; -1 where it is not known. */
  readonly maxCounts: number;
}

/** Whether the optimizer steps now, after `innerCount` backward passes. */
export function shouldUpdate({ innerCount, accumulativeCounts, maxCounts }: AccumulationCounts): boolean {
  return innerCount % accumulativeCounts === 0 || innerCount === maxCounts;
}

/** Whether the next backward pass is followed by a step, so that ranks must exchange gradients in it. */
export function shouldSync(counts: AccumulationCounts): boolean {
  return shouldUpdate({ ...counts, innerCount: counts.innerCount + 1 });
}

/**
 * What the loss of the next backward pass is divided by.
 *
 * @throws RangeError once more passes are asked for than `maxCounts` allows.
 */
export function lossFactor({ accumulativeCounts, innerCount, maxCounts }: AccumulationCounts): number {
  if (accumulativeCounts === 1 || maxCounts === -1) return accumulativeCounts;
  const remainder = maxCounts % accumulativeCounts;
  if (innerCount < maxCounts - remainder) return accumulativeCounts;
  if (remainder > 0) return remainder;
  throw new RangeError(
    `maxCounts: ${maxCounts} backward passes were announced and this is number ${innerCount + 1}; give the real number of passes, or -1 if it is not known`,
  );
}

/** Whether a run that starts or resumes at `initCounts` does so inside an accumulation: its first step sees fewer losses. */
export function startsInsideAccumulation(initCounts: number, accumulativeCounts: number): boolean {
  return initCounts % accumulativeCounts !== 0;
}
