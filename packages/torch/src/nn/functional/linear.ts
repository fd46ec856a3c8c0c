/** Affine maps as functions. */
import { ops } from '../../operators.ts';
import type { Tensor } from '../../tensor.ts';

/** `x Wᵀ + b`: (…, in), weight (out, in) → (…, out). */
export function linear(input: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  return ops.linear(input, weight, bias);
}

/** `x₁ᵀ A x₂ + b`: (…, in1) and (…, in2), weight (out, in1, in2) → (…, out). */
export function bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  return ops.bilinear(input1, input2, weight, bias);
}
