/** Gradients that wait for a step, by parameter name: dense ones as they are, sparse ones as indices and values. */
import { zerosLike } from '../creation.ts';
import { anyNow, maxNow, meanNow } from '../distributed/at-once.ts';
import { type ProcessGroup, severalRanks } from '../distributed/process-group.ts';
import { withGradient } from '../gradients.ts';
import { hasSparseLayout } from '../layout.ts';
import type { Module } from '../nn/module.ts';
import { ops } from '../operators.ts';
import type { Tensor } from '../tensor.ts';

/** For each sparse gradient whether its indices are sorted and unique: later sums run in the same order then. */
export type SavedSparse = Record<string, { coalesced: boolean }>;

const SAVE = 'saveCheckpoint';

type Tensors = Readonly<Record<string, Tensor>>;

/** Adds the gradients to `tensors` as `grad/NAME`, and `grad/NAME/indices` and `grad/NAME/values`. */
export function saveGradients(model: Module, tensors: Record<string, Tensor>): SavedSparse {
  const group = severalRanks();
  const sparse: SavedSparse = Object.create(null);
  for (const [name, param] of waiting(model, group)) {
    const grad = group === undefined ? (param.grad as Tensor) : meanGradient(name, param, group);
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

/** The parameters that have a gradient, on this rank or on another. */
function waiting(model: Module, group: ProcessGroup | undefined): [string, Tensor][] {
  const named = model.namedParameters();
  const own = new Set(withGradient(named.map(([, param]) => param)));
  const flags = named.map(([, param]) => own.has(param));
  const present = group === undefined ? flags : anyNow(SAVE, group, flags);
  return named.filter((_, index) => present[index]);
}

/**
 * What is accumulated is exchanged with the last pass only, which takes the mean: of what each rank has now, the mean is
 * what all may go on from.
 */
function meanGradient(name: string, param: Tensor, group: ProcessGroup): Tensor {
  const { grad } = param;
  const isSparse = grad !== null && hasSparseLayout(grad);
  if (maxNow(SAVE, group, isSparse ? 1 : 0) > 0)
    throw new Error(
      `${SAVE}: the sparse gradient of ${name} waits, which cannot be saved for several ranks; save after an update`,
    );
  const mean = grad === null ? zerosLike(param) : grad.detach().contiguous().clone();
  meanNow(SAVE, group, mean);
  return mean;
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
