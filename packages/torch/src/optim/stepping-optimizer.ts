/** What a wrapper needs of an optimizer. */
import type { GroupSettings } from '@paramwise/core';
import type { AskReading, GradientReading } from '@paramwise/core/internal';
import type { Tensor } from '../tensor.ts';
import type { TorchParamGroup } from './groups.ts';
import type { OptimizerStateDict } from './state-dict.ts';

/** How a step reads its gradients: told beforehand, or asked once a closure has made them. */
export type Reading = GradientReading | AskReading<Tensor>;

/** What steps parameters; `Optimizer` is one, and anything that keeps to this is another. */
export interface SteppingOptimizer {
  readonly paramGroups: TorchParamGroup[];
  readonly defaults: GroupSettings;
  /**
   * Whether `step` takes un-scaling and clipping from its second argument as it reads the gradients. Where it does not, they
   * are un-scaled and clipped in place before, at the price of two passes over them.
   */
  readonly readsGradients: boolean;
  step<T>(closure?: () => T, reading?: Reading): T | undefined;
  zeroGrad(setToNone?: boolean): void;
  stateDict(): OptimizerStateDict;
  loadStateDict(dict: OptimizerStateDict): void;
  /** Parameters that the next step changes where they have a gradient. */
  activeParams(): Tensor[];
  /** Throws where `loadStateDict` would, and changes nothing. */
  checkStateDict?(dict: OptimizerStateDict): void;
  /** Throws where `step` without a closure would, and changes nothing. */
  checkStep?(): void;
}
