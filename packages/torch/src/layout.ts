/** How the elements of a tensor lie in memory. */
import type { Tensor } from './tensor.ts';

/** Whether it is sparse. Asked by an operator that only sparse tensors have, and only of what is not plainly dense. */
export function hasSparseLayout(values: Tensor): boolean {
  if (values.isContiguous) return false;
  try {
    return values.sparseDim() >= 0;
  } catch {
    return false;
  }
}
