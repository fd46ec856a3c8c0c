/** What weight files tell of a model: names and shapes. The rest is inferred. */

/** A tensor of a file. */
export interface TensorInfo {
  /** Dotted name. */
  readonly name: string;
  readonly shape: readonly number[];
  /** As PyTorch spells it, such as `float32`. */
  readonly dtype: string;
  /** Equal for two tensors that are the very same memory; one of its own where not given. */
  readonly memory?: string;
  /** Whether the file says that it is not trained. */
  readonly isBuffer?: boolean;
}

/** What a file says of a module beyond the names and shapes of its tensors. */
export type KnownKind =
  | { readonly type: 'norm'; readonly name: string }
  | { readonly type: 'conv2d'; readonly groups: number }
  | { readonly type: 'deform_conv' };

export interface WeightFile {
  readonly name: string;
  /** In the order of the file. */
  readonly tensors: readonly TensorInfo[];
  /** Kinds of modules by path, where the file has a graph or names their classes. */
  readonly kinds: ReadonlyMap<string, KnownKind>;
  /** What tells those kinds; the graph where not given. */
  readonly kindsFrom?: string;
  /** Tensors that are known not to be trained. */
  readonly buffers: ReadonlySet<string>;
  /** What a reader of the plan is to know. */
  readonly notes: readonly string[];
  /** Those of the notes that say which of several models it is, or what is missing from it. */
  readonly doubts?: readonly string[];
  /** Names of wrappers that may hold the whole model, such as `module`; none where not given. */
  readonly wrappers?: readonly string[];
}

/** Of the models that are published, all experts counted, none has so many. */
export const MAX_TENSORS = 200_000;

/** Largest number of dimensions that is read; PyTorch itself stops at 64. */
const MAX_DIMENSIONS = 64;

/** Whether these are sizes of a tensor that could exist. */
export function isShape(sizes: unknown): sizes is readonly number[] {
  if (!Array.isArray(sizes) || sizes.length > MAX_DIMENSIONS) return false;
  const areSizes = sizes.every((size) => Number.isSafeInteger(size) && size >= 0);
  return areSizes && Number.isSafeInteger(sizes.reduce((product: number, size: number) => product * size, 1));
}
