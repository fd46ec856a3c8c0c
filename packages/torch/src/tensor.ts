/** The tensor: what it is, its values in and out, its gradient, its release. Operators are added by `operators.ts`. */
import { type Dtype, isHalf, STORAGE, type TensorData } from './dtype.ts';
import { Handle } from './handle.ts';
import { native } from './native.ts';
import type { TensorOperators } from './ops.gen.ts';
import { decideThreads } from './threads.ts';
import { intern, reserve, results, stringOf, Tag, wire } from './wire.ts';

/** Nested arrays of the values of a tensor; a bare value for a tensor without dimensions. */
export type NestedArray<T> = T | NestedArray<T>[];

interface TensorInfo {
  dtype: Dtype;
  device: string;
  requiresGrad: boolean;
  isLeaf: boolean;
  isContiguous: boolean;
  shape: number[];
}

export interface Tensor extends TensorOperators {}

/**
 * A multi-dimensional array of one dtype, on libtorch. Made by `tensor`, `zeros`, … and by operators, never by `new`.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: operators.ts installs exactly these methods on the prototype.
export class Tensor extends Handle {
  /** Sizes of the dimensions; empty for a single value. */
  get shape(): number[] {
    return info(this).shape;
  }

  /** Number of dimensions. */
  get ndim(): number {
    return info(this).shape.length;
  }

  /** Number of elements. */
  get numel(): number {
    return info(this).shape.reduce((product, size) => product * size, 1);
  }

  get dtype(): Dtype {
    return info(this).dtype;
  }

  /** `cpu`, `cuda:0`, … */
  get device(): string {
    return info(this).device;
  }

  /** True when `backward` computes a gradient for this tensor or goes through it. */
  get requiresGrad(): boolean {
    return info(this).requiresGrad;
  }

  set requiresGrad(wanted: boolean) {
    this.requiresGrad_(wanted);
  }

  /** True for tensors that were not computed from others that require a gradient. */
  get isLeaf(): boolean {
    return info(this).isLeaf;
  }

  get isContiguous(): boolean {
    return info(this).isContiguous;
  }

  /** Switches gradients for this leaf on or off and returns it. Throws for a dtype that has none. */
  requiresGrad_(wanted = true): this {
    wire.words[0] = this.id;
    wire.words[1] = Tag.Bool;
    wire.words[2] = wanted ? 1 : 0;
    native.requiresGrad();
    return this;
  }

  /** The gradient that `backward` accumulated, or null. Each read gives a new holder of the same memory. */
  get grad(): Tensor | null {
    wire.words[0] = this.id;
    const id = native.getGrad();
    return id < 0 ? null : new Tensor(id);
  }

  /** Throws when shape, dtype or device differ from this tensor's. */
  set grad(gradient: Tensor | null) {
    wire.words[0] = this.id;
    wire.words[1] = gradient ? Tag.Tensor : Tag.None;
    wire.words[2] = gradient?.id ?? 0;
    native.setGrad();
  }

  /** Replaces the values by those of another tensor, which may differ in shape and dtype; gradients stay off. */
  setData(values: Tensor): void {
    wire.words[0] = this.id;
    wire.words[1] = Tag.Tensor;
    wire.words[2] = values.id;
    native.setData();
  }

  /** The value of a tensor with one element: a number, a boolean, or a bigint beyond 2^53. Throws for more elements. */
  item(): number | boolean | bigint {
    wire.words[0] = this.id;
    native.item();
    const at = results();
    const value = wire.words[at + 1] as number;
    if (wire.words[at] === Tag.Bool) return value !== 0;
    return wire.words[at] === Tag.BigInt ? (BigInt(value) << 32n) | BigInt(wire.words[at + 2] as number) : value;
  }

  /** A copy of the elements in row-major order; float16 and bfloat16 come as float32. */
  data(): TensorData {
    const { dtype } = info(this);
    if (isHalf(dtype)) return asFloat32(this).data();
    wire.words[0] = this.id;
    return STORAGE[dtype].array(native.toBytes());
  }

  /** A copy of the raw elements in row-major order, as libtorch stores them. */
  bytes(): Uint8Array {
    wire.words[0] = this.id;
    return new Uint8Array(native.toBytes());
  }

  /** The elements as nested arrays of numbers (booleans for dtype bool). Integers beyond 2^53 lose precision. */
  toArray(): NestedArray<number | boolean> {
    const { shape, dtype } = info(this);
    const values = Array.from(this.data() as ArrayLike<number | bigint>, (value) =>
      dtype === 'bool' ? Boolean(value) : Number(value),
    );
    return nest(values, dtype.startsWith('complex') ? [...shape, 2] : shape);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** True after `dispose` or after the end of its scope; every other use then throws. */
  get disposed(): boolean {
    wire.words[0] = this.id;
    return native.alive() === 0;
  }

  override toString(): string {
    if (this.disposed) return 'Tensor(disposed)';
    const { shape, dtype, device, requiresGrad } = info(this);
    const place = device === 'cpu' ? '' : `, device=${device}`;
    const notes = `shape=[${shape.join(', ')}], dtype=${dtype}${place}${requiresGrad ? ', requiresGrad' : ''}`;
    const values = this.numel > 1000 ? undefined : printedValues(this);
    return values === undefined ? `Tensor(${notes})` : `Tensor(${values}, ${notes})`;
  }

  /** What `JSON.stringify` writes: shape, dtype and the nested values; take `item()` for a plain number. */
  toJSON(): { shape: number[]; dtype: Dtype; values: NestedArray<number | boolean> } {
    return { shape: this.shape, dtype: this.dtype, values: this.toArray() };
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** The values as text; undefined where they cannot be had (sparse tensors, the meta device). */
function printedValues(tensor: Tensor): string | undefined {
  try {
    return printed(tensor.toArray());
  } catch {
    return undefined;
  }
}

function printed(value: NestedArray<number | boolean>): string {
  if (Array.isArray(value)) return `[${value.map(printed).join(',')}]`;
  if (typeof value === 'number' && Number.isFinite(value) && !Number.isInteger(value))
    return String(Number(value.toPrecision(5)));
  return String(value);
}

function info(tensor: Handle): TensorInfo {
  wire.words[0] = tensor.id;
  native.info();
  const at = results();
  const ndim = wire.words[at + 5] as number;
  return {
    dtype: stringOf(wire.words[at] as number) as Dtype,
    device: stringOf(wire.words[at + 1] as number),
    requiresGrad: wire.words[at + 2] === 1,
    isLeaf: wire.words[at + 3] === 1,
    isContiguous: wire.words[at + 4] === 1,
    shape: Array.from(wire.words.subarray(at + 6, at + 6 + ndim)),
  };
}

function asFloat32(tensor: Tensor): Tensor {
  return tensor.detach().to('float32');
}

function nest<T>(values: T[], shape: readonly number[]): NestedArray<T> {
  if (shape.length === 0) return values[0] as T;
  let level: NestedArray<T>[] = values;
  for (let dimension = shape.length - 1; dimension > 0; dimension--) {
    const size = shape[dimension] as number;
    const rows = shape.slice(0, dimension).reduce((product, each) => product * each, 1);
    level = Array.from({ length: rows }, (_, row) => level.slice(row * size, (row + 1) * size));
  }
  return level;
}

/** A tensor with a copy of `bytes`, which hold its elements in row-major order. Throws when their number does not fit. */
export function fromBytes(bytes: ArrayBufferView, shape: readonly number[], dtype: Dtype): Tensor {
  decideThreads();
  reserve(0, shape.length + 2);
  wire.words[0] = intern(dtype);
  wire.words[1] = shape.length;
  for (let i = 0; i < shape.length; i++) wire.words[i + 2] = shape[i] as number;
  const source = bytes.buffer instanceof ArrayBuffer ? bytes : copyOf(bytes);
  return new Tensor(native.fromBytes(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength));
}

/** Shared memory cannot cross the boundary: another thread might change it under the copy. */
function copyOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
}

/** Number of tensors that JavaScript holds: the figure to watch for a leak. */
export function liveTensors(): number {
  return native.liveCount();
}

/** Bytes of the storages behind live tensors, as reported to V8's garbage collector. */
export function liveBytes(): number {
  return native.liveBytes();
}

/**
 * Gives the memory of large tensors that were released, which the engine keeps for the next ones, back to the system:
 * at the end of a phase that needed much more of it than what follows. Training needs no such call.
 *
 * @returns bytes given back
 */
export function emptyCache(): number {
  return native.emptyCache();
}
