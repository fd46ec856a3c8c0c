/**
 * Names of weights without what wrappers put into them: data-parallel training, `torch.compile`, sharding, activation
 * checkpointing, and a training loop that holds the model as `model` or `module`.
 */
import type { TensorInfo } from './tensors.ts';

/** Wrapped at any depth. The Python module of `export` looks through the same. */
const ANYWHERE = new Set(['_orig_mod', '_fsdp_wrapped_module', '_fpw_module', '_checkpoint_wrapped_module']);
/** Counters that averaged weights have beside the wrapped model. */
const BESIDE = new Set(['n_averaged', 'steps']);

export interface Unwrapped {
  readonly tensors: readonly TensorInfo[];
  readonly notes: readonly string[];
}

/**
 * @param outer names that a sole module at the top is looked through under, such as `module`.
 */
export function unwrapNames(tensors: readonly TensorInfo[], outer: readonly string[]): Unwrapped {
  const removed = new Set<string>();
  let parts = tensors.map(({ name }) => {
    const all = name.split('.');
    const kept = all.filter((part, index) => index === all.length - 1 || !ANYWHERE.has(part));
    if (kept.length < all.length) for (const part of all) if (ANYWHERE.has(part)) removed.add(part);
    return kept;
  });
  for (let name = soleOuter(parts, outer); name !== undefined; name = soleOuter(parts, outer)) {
    parts = parts.map((all) => (all[0] === name && all.length > 1 ? all.slice(1) : all));
    removed.add(name);
  }
  const names = parts.map((all) => all.join('.'));
  // Two weights that only a wrapper tells apart keep their names.
  if (removed.size === 0 || new Set(names).size < names.length) return { tensors, notes: [] };
  const note = `names are looked through ${[...removed].map((part) => `"${part}."`).join(', ')}: ${tensors[0]!.name} is ${names[0]}`;
  return { tensors: tensors.map((tensor, index) => ({ ...tensor, name: names[index]! })), notes: [note] };
}

/** The name that all weights begin with, if it is one of these. */
function soleOuter(parts: readonly (readonly string[])[], outer: readonly string[]): string | undefined {
  const weights = parts.filter((all) => !(all.length === 1 && BESIDE.has(all[0]!)));
  const first = weights[0]?.[0];
  if (first === undefined || !outer.includes(first)) return undefined;
  return weights.every((all) => all.length > 1 && all[0] === first) ? first : undefined;
}
