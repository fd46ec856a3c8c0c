/** Gradients: backward passes, gradients of chosen inputs, and switching them off. */
import { decode, encode } from './codec.ts';
import { native } from './native.ts';
import { checkOptions } from './options.ts';
import { Tensor } from './tensor.ts';
import { results, Tag, wire } from './wire.ts';

export interface BackwardOptions {
  /** Gradient of what is differentiated, for a tensor that is no scalar. */
  gradient?: Tensor;
  /** Keep the graph for another backward pass. Default: `createGraph`. */
  retainGraph?: boolean;
  /** Make the gradients differentiable themselves. Default false. */
  createGraph?: boolean;
  /** Accumulate into these leaves only. Default: all that require gradients. */
  inputs?: readonly Tensor[];
}

const BACKWARD = { gradient: null, retainGraph: false, createGraph: false, inputs: null };

/**
 * Adds the gradients of `root` to `grad` of every leaf that it was computed from (torch.Tensor.backward).
 *
 * @throws Error when `root` is no scalar and has no `gradient`, or when its graph was already freed
 */
export function backward(root: Tensor, options: BackwardOptions = {}): void {
  checkOptions('backward', BACKWARD, options);
  const { gradient, createGraph = false, retainGraph = createGraph, inputs } = options;
  let at = encode([root], 0);
  at = encode(gradient ? [gradient] : null, at);
  at = encode(retainGraph, at);
  at = encode(createGraph, at);
  encode(inputs ?? null, at);
  native.backward();
}

export interface GradOptions {
  gradOutputs?: readonly Tensor[];
  retainGraph?: boolean;
  createGraph?: boolean;
  /** Give null for an input that the outputs do not depend on, instead of an error. Default false. */
  allowUnused?: boolean;
}

const GRAD = { gradOutputs: null, retainGraph: false, createGraph: false, allowUnused: false };

/** The gradients of `outputs` with respect to `inputs`, without touching anybody's `grad` (torch.autograd.grad). */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  checkOptions('grad', GRAD, options);
  const { gradOutputs, createGraph = false, retainGraph = createGraph, allowUnused = false } = options;
  let at = encode(outputs instanceof Tensor ? [outputs] : outputs, 0);
  at = encode(inputs, at);
  at = encode(gradOutputs ?? null, at);
  at = encode(retainGraph, at);
  at = encode(createGraph, at);
  encode(allowUnused, at);
  native.grad();
  return decode(results())[0] as (Tensor | null)[];
}

/** True when operators record what `backward` needs. */
export function isGradEnabled(): boolean {
  return native.gradEnabled() === 1;
}

/** Switches recording on or off; returns what it was. Prefer `noGrad` and `enableGrad`, which switch back. */
export function setGradEnabled(enabled: boolean): boolean {
  wire.words[0] = Tag.Bool;
  wire.words[1] = enabled ? 1 : 0;
  return native.setGradEnabled() === 1;
}

function withGrad<T>(enabled: boolean, fn: () => T): T {
  const before = setGradEnabled(enabled);
  try {
    const result = fn();
    if (result instanceof Promise)
      throw new TypeError('the function returned a promise: the grad mode ends when it returns');
    return result;
  } finally {
    setGradEnabled(before);
  }
}

/** Runs `fn` without recording for `backward`: for evaluation and for changes of parameters by hand. */
export function noGrad<T>(fn: () => T): T {
  return withGrad(false, fn);
}

/** Runs `fn` with recording, inside `noGrad`. */
export function enableGrad<T>(fn: () => T): T {
  return withGrad(true, fn);
}

declare module './tensor.ts' {
  interface Tensor {
    /** As the function `backward`, with this tensor as the root. */
    backward(options?: BackwardOptions): void;
  }
}

Object.defineProperty(Tensor.prototype, 'backward', {
  value(this: Tensor, options?: BackwardOptions) {
    backward(this, options);
  },
  writable: true,
  configurable: true,
});
