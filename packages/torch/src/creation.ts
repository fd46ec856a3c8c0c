/** New tensors: from JavaScript values, filled, random. float32 unless said otherwise, as in `torch.get_default_dtype`. */
import { type Dtype, dtypeOfArray, STORAGE } from './dtype.ts';
import { ops } from './operators.ts';
import { checkOptions } from './options.ts';
import { fromBytes, type NestedArray, type Tensor } from './tensor.ts';

export interface TensorOptions {
  /** Default float32 (`bool` for booleans and `int64` for bigints in `tensor`). */
  dtype?: Dtype;
  /** Default `cpu`. */
  device?: string;
  /** Default false. */
  requiresGrad?: boolean;
}

const OPTIONS = { dtype: 'float32', device: 'cpu', requiresGrad: false };
const TENSOR_OPTIONS = { ...OPTIONS, shape: 0 };

type Value = number | boolean | bigint;

/**
 * A tensor with a copy of `values`: a number, nested arrays of equal lengths, or a typed array with an optional shape.
 *
 * JavaScript does not tell 1 from 1.0, so numbers become float32; say `{ dtype: 'int64' }` for labels and indices. A
 * typed array keeps its element type.
 *
 * @throws TypeError for ragged arrays or values of mixed kinds; RangeError when `shape` does not fit the values
 */
export function tensor(
  values: NestedArray<Value> | ArrayBufferView,
  options: TensorOptions & { shape?: readonly number[] } = {},
): Tensor {
  checkOptions('tensor', TENSOR_OPTIONS, options);
  const made = ArrayBuffer.isView(values)
    ? fromTypedArray(values, options.shape, options.dtype)
    : fromNested(values, options);
  const placed =
    options.device && options.device !== 'cpu' ? made.to(options.device, options.dtype ?? made.dtype) : made;
  return options.requiresGrad ? placed.requiresGrad_() : placed;
}

function fromTypedArray(
  values: ArrayBufferView,
  shape: readonly number[] | undefined,
  dtype: Dtype | undefined,
): Tensor {
  const own = dtypeOfArray(values);
  if (!own) throw new TypeError(`tensor(): a ${values.constructor.name} has no dtype in libtorch`);
  const length = values.byteLength / STORAGE[own].bytes;
  const sizes = shape ?? [length];
  const expected = sizes.reduce((product, size) => product * size, 1);
  if (expected !== length)
    throw new RangeError(`tensor(): shape [${sizes.join(', ')}] has ${expected} elements, found ${length}`);
  const made = fromBytes(values, sizes, own);
  return dtype && dtype !== own ? made.to(dtype) : made;
}

function fromNested(values: NestedArray<Value>, options: TensorOptions & { shape?: readonly number[] }): Tensor {
  const found = shapeOf(values);
  const flat: Value[] = [];
  flatten(values, found, 0, flat);
  const sizes = options.shape ?? found;
  const expected = sizes.reduce((product, size) => product * size, 1);
  if (expected !== flat.length)
    throw new RangeError(`tensor(): shape [${sizes.join(', ')}] has ${expected} elements, found ${flat.length}`);
  const natural = naturalDtype(flat);
  const dtype = options.dtype ?? natural;
  const array = dtype === 'int64' || natural === 'int64' ? integers(flat) : numbers(flat, dtype);
  const made = fromBytes(array, sizes, dtypeOfArray(array) as Dtype);
  return made.dtype === dtype ? made : made.to(dtype);
}

function shapeOf(values: NestedArray<Value>): number[] {
  const shape: number[] = [];
  for (let level = values; Array.isArray(level); level = level[0] as NestedArray<Value>) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  return shape;
}

function flatten(values: NestedArray<Value>, shape: readonly number[], depth: number, flat: Value[]): void {
  const size = shape[depth];
  if (Array.isArray(values) !== (size !== undefined) || (Array.isArray(values) && values.length !== size))
    throw new TypeError(`tensor(): the nested arrays are ragged; expected shape [${shape.join(', ')}] throughout`);
  if (Array.isArray(values)) for (const value of values) flatten(value, shape, depth + 1, flat);
  else if (typeof values === 'number' || typeof values === 'boolean' || typeof values === 'bigint') flat.push(values);
  else
    throw new TypeError(
      `tensor(): expected numbers, booleans or bigints, found ${values === null ? 'null' : typeof values}`,
    );
}

function naturalDtype(flat: readonly Value[]): Dtype {
  const kinds = new Set(flat.map((value) => typeof value));
  if (kinds.size > 1) throw new TypeError(`tensor(): the values are of mixed kinds: ${[...kinds].join(', ')}`);
  if (kinds.has('boolean')) return 'bool';
  return kinds.has('bigint') ? 'int64' : 'float32';
}

function integers(flat: readonly Value[]): BigInt64Array {
  return BigInt64Array.from(flat, (value) => {
    if (typeof value === 'number' && !Number.isInteger(value))
      throw new RangeError(`tensor(): ${value} is no integer, but dtype is int64`);
    const integer = BigInt(value);
    if (integer < -(2n ** 63n) || integer >= 2n ** 63n) throw new RangeError(`tensor(): ${value} does not fit int64`);
    return integer;
  });
}

/** float64 carries every number and boolean exactly; libtorch then converts. */
function numbers(flat: readonly Value[], dtype: Dtype): Float32Array | Float64Array {
  const array = dtype === 'float32' ? new Float32Array(flat.length) : new Float64Array(flat.length);
  for (let i = 0; i < flat.length; i++) array[i] = Number(flat[i]);
  return array;
}

function finish(made: Tensor, options: TensorOptions): Tensor {
  return options.requiresGrad ? made.requiresGrad_() : made;
}

const placed = (options: TensorOptions) => ({ dtype: options.dtype ?? ('float32' as const), device: options.device });

export function zeros(shape: readonly number[], options: TensorOptions = {}): Tensor {
  checkOptions('zeros', OPTIONS, options);
  return finish(ops.zeros(shape, definedOnly(placed(options))), options);
}

export function ones(shape: readonly number[], options: TensorOptions = {}): Tensor {
  checkOptions('ones', OPTIONS, options);
  return finish(ops.ones(shape, definedOnly(placed(options))), options);
}

export function full(shape: readonly number[], value: number | boolean, options: TensorOptions = {}): Tensor {
  checkOptions('full', OPTIONS, options);
  return finish(ops.full(shape, value, definedOnly(placed(options))), options);
}

/** Memory that is not initialised: to be filled by the caller. */
export function empty(shape: readonly number[], options: TensorOptions = {}): Tensor {
  checkOptions('empty', OPTIONS, options);
  return finish(ops.empty(shape, definedOnly(placed(options))), options);
}

/** Samples of the normal distribution with mean 0 and variance 1. */
export function randn(shape: readonly number[], options: TensorOptions = {}): Tensor {
  checkOptions('randn', OPTIONS, options);
  return finish(ops.randn(shape, definedOnly(placed(options))), options);
}

/** Samples of the uniform distribution over [0, 1). */
export function rand(shape: readonly number[], options: TensorOptions = {}): Tensor {
  checkOptions('rand', OPTIONS, options);
  return finish(ops.rand(shape, definedOnly(placed(options))), options);
}

/** Integers drawn uniformly from [low, high). Default dtype int64. */
export function randint(low: number, high: number, shape: readonly number[], options: TensorOptions = {}): Tensor {
  checkOptions('randint', OPTIONS, options);
  return finish(
    ops.randint(low, high, shape, definedOnly({ ...placed(options), dtype: options.dtype ?? 'int64' })),
    options,
  );
}

/** A random order of 0 … n - 1. Default dtype int64. */
export function randperm(n: number, options: TensorOptions = {}): Tensor {
  checkOptions('randperm', OPTIONS, options);
  return ops.randperm(n, definedOnly({ ...placed(options), dtype: options.dtype ?? 'int64' }));
}

/** start, start + step, … below `end`. Default dtype int64 for whole numbers, float32 otherwise. */
export function arange(start: number, end: number, step = 1, options: TensorOptions = {}): Tensor {
  checkOptions('arange', OPTIONS, options);
  const whole = [start, end, step].every(Number.isInteger);
  const dtype = options.dtype ?? (whole ? 'int64' : 'float32');
  return finish(ops.arange(start, end, step, definedOnly({ ...placed(options), dtype })), options);
}

/** `steps` values from `start` to `end`, both included. */
export function linspace(start: number, end: number, steps: number, options: TensorOptions = {}): Tensor {
  checkOptions('linspace', OPTIONS, options);
  return finish(ops.linspace(start, end, steps, definedOnly(placed(options))), options);
}

/** The identity matrix. */
export function eye(n: number, options: TensorOptions = {}): Tensor {
  checkOptions('eye', OPTIONS, options);
  return finish(ops.eye(n, definedOnly(placed(options))), options);
}

/** Zeros with the shape, layout and (unless given) dtype and device of another tensor. */
export function zerosLike(like: Tensor, options: TensorOptions = {}): Tensor {
  checkOptions('zerosLike', OPTIONS, options);
  return finish(ops.zerosLike(like, definedOnly({ dtype: options.dtype, device: options.device })), options);
}

export function onesLike(like: Tensor, options: TensorOptions = {}): Tensor {
  checkOptions('onesLike', OPTIONS, options);
  return finish(ops.onesLike(like, definedOnly({ dtype: options.dtype, device: options.device })), options);
}

/** Joins tensors along an existing dimension. */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return ops.cat(tensors, dim);
}

/** Joins tensors of equal shape along a new dimension. */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  return ops.stack(tensors, dim);
}

function definedOnly<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
