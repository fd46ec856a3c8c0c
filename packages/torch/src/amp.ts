/** Automatic mixed precision: operators that gain from a half type run in it, the others in float32. */
import type { Dtype } from './dtype.ts';
import { native } from './native.ts';
import { intern, results, stringOf, wire } from './wire.ts';

export interface AutocastOptions {
  /** Default `bfloat16` on the CPU, `float16` on CUDA. */
  dtype?: Dtype;
  /** Default `cpu`. */
  device?: 'cpu' | 'cuda';
  /** Default true; false switches autocast off inside `fn`. */
  enabled?: boolean;
}

function setAutocast(cuda: boolean, enabled: boolean, dtype: string): { enabled: boolean; dtype: string } {
  const { words } = wire;
  words[0] = cuda ? 1 : 0;
  words[1] = enabled ? 1 : 0;
  words[2] = intern(dtype);
  native.setAutocast();
  const at = results();
  return { enabled: wire.words[at] === 1, dtype: stringOf(wire.words[at + 1] as number) };
}

/**
 * Runs `fn` with autocast (torch.autocast). Parameters stay in their dtype; matrix products and convolutions run in
 * `dtype`. The backward pass belongs outside.
 *
 * Which operators have a kernel for which half type is libtorch's matter: libtorch 1.13 computes bfloat16 on the CPU
 * and refuses most float16 operators there.
 */
export function autocast<T>(options: AutocastOptions, fn: () => T): T {
  const cuda = options.device === 'cuda';
  const { dtype = cuda ? 'float16' : 'bfloat16', enabled = true } = options;
  const before = setAutocast(cuda, enabled, dtype);
  try {
    const result = fn();
    if (result instanceof Promise)
      throw new TypeError('autocast(fn): fn returned a promise; autocast ends when it returns');
    return result;
  } finally {
    setAutocast(cuda, before.enabled, before.dtype);
  }
}
