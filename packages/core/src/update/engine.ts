/**
 * What an engine does for an update. Everything else of an optimizer wrapper is arithmetic on numbers and is the same for
 * every engine; `P` is whatever the engine steps.
 */

/** What happens to a gradient as a step reads it; the gradient itself stays as it is. */
export interface GradientReading {
  /** Un-scaling and clipping by norm. Default 1. */
  readonly factor: number;
  /** Clipping by value, after the factor. Default Infinity. */
  readonly limit: number;
}

export const AS_IT_IS: GradientReading = { factor: 1, limit: Number.POSITIVE_INFINITY };

/**
 * What an optimizer asks once the gradients are there, a closure's too, and before anything is changed. The answer `null`
 * is: take no step.
 */
export type AskReading<P> = (params: readonly P[]) => GradientReading | null;

/** Questions about gradients, each answered in one pass over them. */
export interface GradientSource<P> {
  /** The norm of all gradients as one vector; undefined where there is none. `normType` may be Infinity. */
  norm(params: readonly P[], normType: number): number | undefined;
  /** Whether every element of every gradient is finite. */
  finite(params: readonly P[]): boolean;
}

/** What makes gradients into changed parameters. */
export interface GradientEngine<P> extends GradientSource<P> {
  /**
   * Makes the gradients where that is its job, asks how to read them, and steps.
   *
   * @returns `raw` where the gradients were left as they were, `written` where they were un-scaled and clipped in place
   */
  step(ask: AskReading<P>): 'raw' | 'written';
  /** Clears the gradients of all parameters: drops them, or fills them with zeros. */
  clear(setToNone: boolean): void;
  /** What users call the first of the parameters whose gradient is not finite; undefined where all are. */
  firstNonFinite(): string | undefined;
}

/** What a training loop asks of an optimizer wrapper of any engine; `Loss` is what the engine computes a loss as. */
export interface UpdatingWrapper<Loss> {
  /** Optimizer updates so far. */
  readonly updateCount: number;
  /**
   * One training iteration with the loss that `lossOf` computes, for engines with a tape and without.
   *
   * @returns the value of the loss
   */
  update(lossOf: () => Loss, options?: { readonly items?: number }): number;
}
