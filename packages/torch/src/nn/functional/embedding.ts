/** Rows of a table as functions of indices. */
import { noGrad } from '../../autograd.ts';
import { arange } from '../../creation.ts';
import { ops } from '../../operators.ts';
import type { Tensor } from '../../tensor.ts';
import { checkChoice, checkRank, withDefaults } from '../check.ts';

export interface EmbeddingFunctionOptions {
  /** The row that gets no gradient; negative from the end. Default none. */
  paddingIdx?: number | null;
  /** Scale rows that are longer down to this length, in place. Default none. */
  maxNorm?: number | null;
  /** The norm that `maxNorm` is about. Default 2. */
  normType?: number;
  /** Divide gradients by how often an index occurs. Default false. */
  scaleGradByFreq?: boolean;
  /** Make the gradient of the table sparse. Default false. */
  sparse?: boolean;
}

export const EMBEDDING: Required<EmbeddingFunctionOptions> = {
  paddingIdx: null,
  maxNorm: null,
  normType: 2,
  scaleGradByFreq: false,
  sparse: false,
};

/** Indices (…) of dtype int64 or int32 → rows (…, size) of `weight` (number, size). */
export function embedding(indices: Tensor, weight: Tensor, options: EmbeddingFunctionOptions = {}): Tensor {
  const { paddingIdx, maxNorm, normType, scaleGradByFreq, sparse } = withDefaults('embedding', EMBEDDING, options);
  checkIndices('embedding', indices);
  if (maxNorm !== null) renormalise(indices, weight, maxNorm, normType);
  return ops.embedding(weight, indices, rowOf('embedding', paddingIdx, weight.shape[0] ?? 0), scaleGradByFreq, sparse);
}

function renormalise(indices: Tensor, weight: Tensor, maxNorm: number, normType: number): void {
  noGrad(() => ops.embeddingRenorm_(weight, indices.contiguous(), maxNorm, normType));
}

/** A row counted from the start; -1 for none. Throws when there is no such row. */
export function rowOf(where: string, index: number | null, rows: number): number {
  if (index === null) return -1;
  if (!Number.isInteger(index) || index >= rows || index < -rows)
    throw new RangeError(`${where}: paddingIdx must be from ${-rows} to ${rows - 1}, found ${index}`);
  return index < 0 ? index + rows : index;
}

function checkIndices(where: string, indices: Tensor): void {
  const { dtype } = indices;
  if (dtype !== 'int64' && dtype !== 'int32')
    throw new TypeError(`${where}: indices must be int64 or int32, found ${dtype}: tensor(ids, { dtype: 'int64' })`);
}

/** In the order of libtorch's numbers for them. */
const MODES = ['sum', 'mean', 'max'] as const;

export type BagMode = (typeof MODES)[number];

export interface EmbeddingBagFunctionOptions extends EmbeddingFunctionOptions {
  /** Default `mean`. */
  mode?: BagMode;
  /** Where each bag starts in indices of one dimension, int64. */
  offsets?: Tensor | null;
  /** Weights of the rows in a sum, of the indices' shape. Default none. */
  perSampleWeights?: Tensor | null;
  /** The last offset is the end of the last bag. Default false. */
  includeLastOffset?: boolean;
}

const EMBEDDING_BAG: Required<EmbeddingBagFunctionOptions> = {
  ...EMBEDDING,
  mode: 'mean',
  offsets: null,
  perSampleWeights: null,
  includeLastOffset: false,
};

/** Indices (bags, length), or one dimension with `offsets`, → the reduced rows (bags, size) of `weight`. */
export function embeddingBag(indices: Tensor, weight: Tensor, options: EmbeddingBagFunctionOptions = {}): Tensor {
  const given = withDefaults('embeddingBag', EMBEDDING_BAG, options);
  const { paddingIdx, maxNorm, normType, scaleGradByFreq, sparse, mode, perSampleWeights, includeLastOffset } = given;
  checkIndices('embeddingBag', indices);
  checkChoice('embeddingBag', 'mode', mode, MODES);
  if (perSampleWeights && mode !== 'sum')
    throw new RangeError(`embeddingBag: perSampleWeights needs mode "sum", found "${mode}"`);
  const offsets = offsetsOf(indices, given.offsets);
  const flat = indices.flatten();
  if (maxNorm !== null) renormalise(flat, weight, maxNorm, normType);
  return ops.embeddingBag(
    weight,
    flat,
    offsets,
    scaleGradByFreq,
    MODES.indexOf(mode),
    sparse,
    perSampleWeights?.flatten() ?? null,
    includeLastOffset,
    rowOf('embeddingBag', paddingIdx, weight.shape[0] ?? 0),
  )[0];
}

function offsetsOf(indices: Tensor, offsets: Tensor | null): Tensor {
  checkRank('embeddingBag', indices, offsets ? [1] : [2], offsets ? '(length)' : '(bags, length); else give offsets');
  if (offsets) return offsets;
  const [bags = 0, length = 0] = indices.shape;
  return arange(0, bags).mul(length);
}

/** Indices (…) of dtype int64 → (…, numClasses), 1 at the index and 0 elsewhere, int64. Default: as many as occur. */
export function oneHot(indices: Tensor, numClasses = -1): Tensor {
  return ops.oneHot(indices, numClasses);
}
