/** What becomes of the losses of the single elements. */
import type { Tensor } from '../../tensor.ts';
import { checkChoice } from '../check.ts';

export type Reduction = 'none' | 'mean' | 'sum';

export interface ReductionOptions {
  /** Default `mean`. */
  reduction?: Reduction;
}

/** In the order of libtorch's numbers for them. */
export const REDUCTIONS: readonly Reduction[] = ['none', 'mean', 'sum'];

export const REDUCTION: Required<ReductionOptions> = { reduction: 'mean' };

/** libtorch's number for a reduction. */
export function reductionCode(where: string, reduction: Reduction): number {
  checkChoice(where, 'reduction', reduction, REDUCTIONS);
  return REDUCTIONS.indexOf(reduction);
}

/** The losses of the elements, reduced. */
export function reduced(where: string, losses: Tensor, reduction: Reduction): Tensor {
  checkChoice(where, 'reduction', reduction, REDUCTIONS);
  if (reduction === 'none') return losses;
  return reduction === 'mean' ? losses.mean() : losses.sum();
}
