import type { Effort } from './harness.ts';

export interface BenchOptions extends Effort {
  threads: number;
  /** Sizes that a test can afford; the times mean nothing then. */
  tiny: boolean;
  /** Another checkout of this repository, set up and built: `against` compares with it. */
  checkout: string | undefined;
}
