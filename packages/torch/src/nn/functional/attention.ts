/** Scaled dot-product attention (Vaswani et al., 2017). */
import { full, ones, zerosLike } from '../../creation.ts';
import { ops } from '../../operators.ts';
import type { Tensor } from '../../tensor.ts';
import { checkRange, withDefaults } from '../check.ts';

export interface AttentionOptions {
  /** Broadcast to (…, target, source): added to the scores, or of dtype bool with true for what is attended to. */
  attnMask?: Tensor | null;
  /** Dropout of the attention weights, from 0 to 1. Default 0. */
  dropoutP?: number;
  /** Attend to no later position. Default false. */
  isCausal?: boolean;
}

/**
 * `softmax(query keyᵀ / √size + mask) value`.
 *
 * @param query (…, target, size)
 * @param key (…, source, size)
 * @param value (…, source, value size)
 * @returns (…, target, value size)
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const { attnMask, dropoutP, isCausal } = withDefaults<AttentionOptions>(
    'scaledDotProductAttention',
    { attnMask: null, dropoutP: 0, isCausal: false },
    options,
  );
  checkRange('scaledDotProductAttention', 'dropoutP', dropoutP, 0, 1);
  if (isCausal && attnMask) throw new RangeError('scaledDotProductAttention: give attnMask or isCausal, not both');
  const [target, source] = [query.shape.at(-2) as number, key.shape.at(-2) as number];
  const mask = isCausal ? ones([target, source], { dtype: 'bool', device: query.device }).tril() : attnMask;
  const added = mask?.dtype === 'bool' ? additiveMask(mask.logicalNot(), query) : mask;
  return attend(query, key, value, added, dropoutP)[0];
}

/** The output and the weights, after dropout; `mask` is added to the scores. */
export function attend(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  mask: Tensor | null,
  dropoutP: number,
): [output: Tensor, weights: Tensor] {
  const scaled = query.div(Math.sqrt(query.shape.at(-1) as number));
  const scores = scaled.matmul(key.transpose(-2, -1));
  const softened = (mask ? scores.add(mask) : scores).softmax(-1);
  const weights = dropoutP > 0 ? ops.dropout(softened, dropoutP, true) : softened;
  return [weights.matmul(value), weights];
}

/** -∞ where `hidden` is true, 0 elsewhere, in the dtype of `like`. */
export function additiveMask(hidden: Tensor, like: Tensor): Tensor {
  return zerosLike(hidden, { dtype: like.dtype, device: like.device }).maskedFill_(hidden, Number.NEGATIVE_INFINITY);
}

/** The mask (size, size) to be added so that no position attends to a later one: -∞ above the diagonal. */
export function causalMask(size: number): Tensor {
  return full([size, size], Number.NEGATIVE_INFINITY).triu_(1);
}
