/** The gradients of many parameters at once, each job one native call: present, norm, clip, clear. */
import { clipFactor } from '@paramwise/core/internal';
import { Handle } from './handle.ts';
import { native } from './native.ts';
import type { Tensor } from './tensor.ts';
import { reserve, results, wire } from './wire.ts';

/** Writes `count, handles…` and then the settings. */
function write(tensors: Iterable<Tensor>, ...settings: number[]): void {
  const params = Array.isArray(tensors) ? (tensors as readonly Tensor[]) : [...tensors];
  for (const param of params)
    if (!(param instanceof Handle))
      throw new TypeError(`expected tensors with gradients, found ${param === null ? 'null' : typeof param}`);
  reserve(0, params.length + settings.length + 1);
  const { words } = wire;
  words[0] = params.length;
  for (let i = 0; i < params.length; i++) words[i + 1] = (params[i] as Tensor).id;
  words.set(settings, params.length + 1);
}

/** Where a parameter's gradient lies. */
export const Gradient = { None: 0, OnCpu: 1, Elsewhere: 2 } as const;

/** Where the gradient of each parameter lies: a value of `Gradient` for each, good until the next call of the engine. */
export function placesOfGradients(params: readonly Tensor[]): Float64Array {
  write(params);
  native.haveGrads();
  const at = results();
  return wire.words.subarray(at, at + params.length);
}

/** Those of the parameters that have a gradient. */
export function withGradient(params: Iterable<Tensor>): Tensor[] {
  const all = [...params];
  const places = placesOfGradients(all);
  return all.filter((_, index) => places[index] !== Gradient.None);
}

/** Clears the gradients: drops them (default), or fills them with zeros, which keeps their memory. */
export function zeroGrads(params: Iterable<Tensor>, setToNone = true): void {
  write(params, setToNone ? 1 : 0);
  native.zeroGrads();
}

const orUndefined = (norm: number): number | undefined => (norm === -1 ? undefined : norm);

/** The norm of all gradients as one vector; undefined where there is none. `normType` may be Infinity. */
export function gradNorm(params: Iterable<Tensor>, normType = 2): number | undefined {
  write(params, normType);
  return orUndefined(native.gradNorm());
}

/**
 * Scales all gradients down so that their common norm is at most `maxNorm` (torch.nn.utils.clip_grad_norm_).
 *
 * @returns the norm before clipping; undefined where no parameter has a gradient
 * @throws Error when the norm is infinite or NaN and `errorIfNonfinite` is set
 */
export function clipGradNorm(
  params: Iterable<Tensor>,
  maxNorm: number,
  { normType = 2, errorIfNonfinite = false }: { normType?: number; errorIfNonfinite?: boolean } = {},
): number | undefined {
  const all = [...params];
  const norm = gradNorm(all, normType);
  if (norm === undefined) return undefined;
  const factor = clipFactor(norm, maxNorm, errorIfNonfinite);
  if (factor !== 1) scaleGrads(all, factor);
  return norm;
}

/** Whether every element of every gradient is finite. */
export function gradsFinite(params: Iterable<Tensor>): boolean {
  write(params);
  return native.gradsFinite() === 1;
}

/** Multiplies all gradients by `factor`. */
export function scaleGrads(params: Iterable<Tensor>, factor: number): void {
  write(params, factor);
  native.scaleGrads();
}

/** Limits every element of the gradients to [-clipValue, clipValue] (torch.nn.utils.clip_grad_value_). */
export function clipGradValue(params: Iterable<Tensor>, clipValue: number): void {
  write(params, clipValue);
  native.clipGradValue();
}
