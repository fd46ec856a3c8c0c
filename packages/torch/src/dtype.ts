/** Element types of tensors and the typed arrays that carry them. */

/** The element types that libtorch and this package share. */
export type Dtype =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'uint8'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'bool'
  | 'complex64'
  | 'complex128';

/** A typed array whose elements a tensor can take over or hand out. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | BigInt64Array;

interface Storage {
  bytes: number;
  array: (buffer: ArrayBuffer) => TensorData;
}

/** How each dtype is stored; half types are handed out as their 16 raw bits. */
export const STORAGE: Record<Dtype, Storage> = {
  float32: { bytes: 4, array: (buffer) => new Float32Array(buffer) },
  float64: { bytes: 8, array: (buffer) => new Float64Array(buffer) },
  float16: { bytes: 2, array: (buffer) => new Uint16Array(buffer) },
  bfloat16: { bytes: 2, array: (buffer) => new Uint16Array(buffer) },
  uint8: { bytes: 1, array: (buffer) => new Uint8Array(buffer) },
  int8: { bytes: 1, array: (buffer) => new Int8Array(buffer) },
  int16: { bytes: 2, array: (buffer) => new Int16Array(buffer) },
  int32: { bytes: 4, array: (buffer) => new Int32Array(buffer) },
  int64: { bytes: 8, array: (buffer) => new BigInt64Array(buffer) },
  bool: { bytes: 1, array: (buffer) => new Uint8Array(buffer) },
  complex64: { bytes: 8, array: (buffer) => new Float32Array(buffer) },
  complex128: { bytes: 16, array: (buffer) => new Float64Array(buffer) },
};

/** The dtype that a typed array's elements have; undefined for kinds that libtorch lacks. */
export function dtypeOfArray(array: ArrayBufferView): Dtype | undefined {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof Int8Array) return 'int8';
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return 'uint8';
  if (array instanceof Int16Array) return 'int16';
  if (array instanceof Int32Array) return 'int32';
  if (array instanceof BigInt64Array) return 'int64';
  return undefined;
}

/** True for the types of two bytes, which are stored and not computed with. */
export function isHalf(dtype: Dtype): boolean {
  return dtype === 'float16' || dtype === 'bfloat16';
}

/** True for the dtypes that can require gradients. */
export function isFloatingPoint(dtype: Dtype): boolean {
  return dtype.includes('float') || dtype.startsWith('complex');
}
