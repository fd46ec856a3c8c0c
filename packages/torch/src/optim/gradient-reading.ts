/** Reading gradients with libtorch: a stage of its own, after whatever made them. */
import {
  type GradientSource,
  type GradientsRead,
  type ReadingOptions,
  readGradients as read,
} from '@paramwise/core/internal';
import { gradNorm, gradsFinite } from '../gradients.ts';
import type { Tensor } from '../tensor.ts';

const libtorch: GradientSource<Tensor> = { norm: gradNorm, finite: gradsFinite };

/**
 * Un-scaling and clipping of the gradients as one factor and one limit; the gradients stay as they are.
 *
 * @param options where ranks hold parts of the gradients, `collective` adds up what each has found
 */
export function readGradients(params: readonly Tensor[], options?: ReadingOptions): GradientsRead {
  return read(libtorch, params, options);
}
