/** A tensor that a module trains. */
import { empty } from '../creation.ts';
import { keep, takeOver, tidy } from '../handle.ts';
import { Tensor } from '../tensor.ts';

/**
 * A leaf that requires a gradient by default and that no scope releases (torch.nn.Parameter). It shares the memory of
 * the tensor that it is made from.
 */
export class Parameter extends Tensor {
  constructor(values: Tensor, requiresGrad = true) {
    // detach() gives a new leaf on the same memory; this object becomes its only holder.
    super(takeOver(values.detach()));
    keep(this);
    if (requiresGrad) this.requiresGrad_();
  }

  override toString(): string {
    return `Parameter ${super.toString()}`;
  }
}

/** A parameter of the given shape whose values are still to be set. */
export function emptyParameter(shape: readonly number[]): Parameter {
  return tidy(() => new Parameter(empty(shape)));
}
