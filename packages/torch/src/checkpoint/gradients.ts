/** Gradients that wait for a step, by parameter name: dense ones as they are, sparse ones as indices and values. */
import { withGradient } from '../gradients.ts';
import { hasSparseLayout } from '../layout.ts';
import type { Module } from '../nn/module.ts';
import { ops } from '../operators.ts';
import type { Tensor } from '../tensor.ts';

/** For each sparse gradient whether its indices are sorted and unique: later sums run in the same order then. */
export type SavedSparse = Record<string, { coalesced: boolean }>;

type Tensors = Readonly<Record<string, Tensor>>;

/** Adds the gradients to `tensors` as `grad/NAME`, and `grad/NAME/indices` and `grad/NAME/values`. */
export function saveGradients(model: Module, tensors: Record<string, Tensor>): SavedSparse {
  const named = model.namedParameters();
  const present = new Set(withGradient(named.map(([, param]) => param)));
  const sparse: SavedSparse = Object.create(null);
  for (const [name, param] of named) {
    if (!present.has(param)) continue;
    const grad = param.grad as Tensor;
    if (!hasSparseLayout(grad)) {
      tensors[`grad/${name}`] = grad;
      continue;
    }
    sparse[name] = { coalesced: grad.isCoalesced() };
    tensors[`grad/${name}/indices`] = grad._indices();
    tensors[`grad/${name}/values`] = grad._values();
  }
  return sparse;
}

/**
 * A gradient, or null, for every parameter, in the parameter's dtype; null too for those in `skip`.
 *
 * @throws Error for a gradient that does not fit its parameter
 */
export function loadGradients(
  model: Module,
  tensors: Tensors,
  sparse: SavedSparse,
  skip: ReadonlySet<string>,
): Map<Tensor, Tensor | null> {
  return new Map(
    model
      .namedParameters()
      .map(([name, param]) => [param, skip.has(name) ? null : loadGradient(name, param, tensors, sparse[name])]),
  );
}

function loadGradient(name: string, param: Tensor, tensors: Tensors, sparse: SavedSparse[string] | undefined) {
  const { shape, dtype, device } = param;
  if (!sparse) {
    const grad = tensors[`grad/${name}`];
    if (!grad) return null;
    if (grad.shape.join() === shape.join()) return grad.to(device, dtype).clone();
    throw new Error(`the checkpoint holds a gradient of shape [${grad.shape}] for ${name}, which has shape [${shape}]`);
  }
  const [indices, values] = [tensors[`grad/${name}/indices`], tensors[`grad/${name}/values`]];
  if (!indices || !values) throw new Error(`the checkpoint names a sparse gradient of ${name} but does not hold it`);
  try {
    const grad = ops.sparseCooTensor(indices.to(device, 'int64').clone(), values.to(device, dtype).clone(), shape);
    return sparse.coalesced ? grad.coalesce() : grad;
  } catch (cause) {
    throw new Error(`the checkpoint holds a sparse gradient of ${name} that does not fit it`, { cause });
  }
}
