/** Reading gradients: un-scaling and clipping as one factor and one limit, and whether they are finite. */
import type { ClipGradConfig } from '../config/config.ts';
import { AS_IT_IS, type GradientReading, type GradientSource } from './engine.ts';

/** What all ranks of a run make of a number of each: their sum, or the largest. Every rank has to ask. */
export type Collective = (own: number, how: 'sum' | 'max') => number;

export interface ReadingOptions {
  /** What the gradients have to be multiplied by before they are clipped. Default 1. */
  readonly unscale?: number;
  readonly clip?: ClipGradConfig | undefined;
  /** Whether to ask if the gradients are finite, which costs a pass over them where no norm tells. Default false. */
  readonly asksFinite?: boolean;
  /** Where ranks hold parts of the gradients. Default: there is one rank. */
  readonly collective?: Collective | undefined;
}

/** How a step reads its gradients, and what was found on the way. */
export interface GradientsRead extends GradientReading {
  /** Norm of all gradients, un-scaled, where clipping by norm asked for it and there are any. */
  readonly norm: number | undefined;
  /** Undefined where nobody asked. */
  readonly finite: boolean | undefined;
}

/** Reads the gradients of `params`; they stay as they are. */
export function readGradients<P>(
  source: GradientSource<P>,
  params: readonly P[],
  { unscale = 1, clip, asksFinite = false, collective }: ReadingOptions = {},
): GradientsRead {
  const areFinite = () => finiteEverywhere(source.finite(params), collective);
  if (clip === undefined || clip.type === 'value') {
    const limit = clip?.clip_value ?? AS_IT_IS.limit;
    return { factor: unscale, limit, norm: undefined, finite: asksFinite ? areFinite() : undefined };
  }
  const raw = normEverywhere(source.norm(params, normTypeOf(clip)), normTypeOf(clip), collective);
  const norm = raw === undefined ? undefined : raw * unscale;
  const factor = unscale * clipFactor(norm ?? 0, clip.max_norm);
  return {
    ...AS_IT_IS,
    factor,
    norm,
    finite: asksFinite ? (toldByNorm(norm, unscale, clip) ?? areFinite()) : undefined,
  };
}

/** A norm as a number: a config may say "inf". */
export function normTypeOf({ norm_type = 2 }: { readonly norm_type?: number | 'inf' | undefined }): number {
  return norm_type === 'inf' ? Number.POSITIVE_INFINITY : norm_type;
}

/**
 * What clipping by norm multiplies the gradients by: min(1, maxNorm / (norm + 1e-6)).
 *
 * @throws Error when the norm is infinite or NaN and `errorIfNonfinite` is set
 */
export function clipFactor(norm: number, maxNorm: number, errorIfNonfinite = false): number {
  if (errorIfNonfinite && !Number.isFinite(norm))
    throw new Error(
      `the total norm of the gradients is ${norm}, so they cannot be clipped (clip_grad.error_if_nonfinite is true)`,
    );
  return Math.min(1, maxNorm / (norm + 1e-6));
}

/** A norm that is finite vouches for every element; one that is not may have overflowed itself. */
function toldByNorm(
  norm: number | undefined,
  unscale: number,
  { error_if_nonfinite }: { readonly error_if_nonfinite?: boolean | undefined },
): boolean | undefined {
  if (norm === undefined) return undefined;
  if (Number.isFinite(norm) && Number.isFinite(unscale)) return true;
  return error_if_nonfinite ? false : undefined;
}

function normEverywhere(norm: number | undefined, normType: number, collective: Collective | undefined) {
  if (!collective) return norm;
  if (normType === Number.POSITIVE_INFINITY) return collective(norm ?? 0, 'max');
  return collective((norm ?? 0) ** normType, 'sum') ** (1 / normType);
}

function finiteEverywhere(finite: boolean, collective: Collective | undefined): boolean {
  return collective ? collective(finite ? 0 : 1, 'max') === 0 : finite;
}
