/** What a wrapper is made with, what its calls take, and what its state dict holds. */
import type { ClipGradConfig, GroupSettings } from '@paramwise/core';
import type { LossScalerState, OnNonFinite, WrapperCounters } from '@paramwise/core/internal';
import type { Optimizer } from './optimizer.ts';
import type { OptimizerStateDict } from './state-dict.ts';
import type { SteppingOptimizer } from './stepping-optimizer.ts';

/** The fields of `optim_wrapper` in a config, with the optimizer in place of its config. */
export interface OptimWrapperOptions<O extends SteppingOptimizer = Optimizer> {
  optimizer: O;
  /** Backward passes whose gradients are added up for one step. Default 1. */
  accumulative_counts?: number;
  /** Clipping by norm or by value before each step. Default none. */
  clip_grad?: ClipGradConfig | null;
  /**
   * What becomes of a step whose gradients hold an infinity or NaN. `step` (default), as in MMEngine: it is taken, and the
   * parameters become NaN. `skip`: parameters and state stay, and no update is counted. `throw`: an error names the first
   * parameter. The last two cost a pass over the gradients where clipping by norm does not tell.
   */
  on_non_finite?: OnNonFinite;
}

/** What `stateDict` holds: the optimizer's own state, settings that schedules move, and where an accumulation stands. */
export interface OptimWrapperStateDict extends OptimizerStateDict {
  base_param_settings?: GroupSettings;
  counters?: WrapperCounters;
  /** Of an AmpOptimWrapper. */
  loss_scaler?: LossScalerState;
}

export interface StepOptions {
  /**
   * Clears the gradients, computes the loss and its gradients anew, and returns the loss: for optimizers that ask for it,
   * such as LBFGS. Its gradients are clipped as any are. Refused where losses are scaled or weighed.
   */
  closure?: (() => unknown) | undefined;
}

export interface UpdateOptions extends StepOptions {
  /**
   * Items (samples, tokens) that the loss is the mean of. With it, the accumulated gradient is the mean over all items
   * of the accumulation, however uneven its batches: each loss is weighed by its items, the sum divided by their total.
   */
  items?: number;
  /** How gradients are cleared after a step: dropped (default), or filled with zeros. */
  setToNone?: boolean;
}
