/** The three ways to compute a step: a native kernel, or tensor operators for one parameter or for many at once. */
import { ConfigError, type ConfigPath } from '@paramwise/core';
import { AS_IT_IS, describeValue, type GradientReading, oneOf } from '@paramwise/core/internal';
import { noGrad } from '../autograd.ts';
import { isHalf } from '../dtype.ts';
import { tidy } from '../handle.ts';
import { hasSparseLayout } from '../layout.ts';
import { native } from '../native.ts';
import { ops } from '../operators.ts';
import type { Tensor } from '../tensor.ts';
import { intern, reserve, wire } from '../wire.ts';
import { listsOf, together } from './foreach.ts';
import { nameOf, slotOf, type Work } from './state.ts';

/**
 * How a step is computed. All three give the same results, but for rounding.
 *
 * - `kernel`: one native loop for all parameters of an algorithm. It runs on the CPU; tensors elsewhere take `foreach`.
 * - `foreach`: the reference for many parameters of equal settings at once, by libtorch's `_foreach_` operators. Its
 *   intermediate results take more memory than those of `operators`.
 * - `operators`: the plain reference, for one parameter after the other. Algorithms that are not element-wise, and so
 *   have no kernel, always take it.
 */
export type StepPath = 'kernel' | 'foreach' | 'operators';

const isPath = oneOf('kernel', 'foreach', 'operators');

/** @throws ConfigError for anything else than a path */
export function checkPath(path: unknown, at: ConfigPath): void {
  if (isPath.holds(path)) return;
  throw new ConfigError([{ code: 'invalid_value', path: at, found: describeValue(path), allowed: isPath.allowed }]);
}

/** Parameters that are stepped together. */
export interface Batch {
  readonly works: readonly Work[];
  /** The kernel that steps them; without one, tensor operators do. */
  readonly kernel?: string;
}

/** All parameters of one kernel together, or those alike where they take `foreach`; each of the others by itself. */
export function batchesOf(works: Iterable<Work>, wanted: StepPath): Batch[] {
  const kernels = new Map<string, Work[]>();
  const many: Work[] = [];
  const alone: Work[] = [];
  for (const work of works) {
    const { kernel } = work.algorithm;
    if (!kernel || wanted === 'operators') alone.push(work);
    else if (wanted === 'foreach' || !work.onCpu) many.push(work);
    else {
      const name = kernel.name(work.settings);
      const batch = kernels.get(name);
      if (batch) batch.push(work);
      else kernels.set(name, [work]);
    }
  }
  return [
    ...Array.from(kernels, ([kernel, batch]) => ({ kernel, works: batch })),
    ...listsOf(many).map((list) => ({ works: list })),
    ...alone.map((work) => ({ works: [work] })),
  ];
}

/**
 * Asks of all parameters what their steps would refuse, so that a refused step changes nothing.
 *
 * @throws Error that names the parameter
 */
export function checkBatches(batches: readonly Batch[]): void {
  // A kernel asks for all its parameters before it begins.
  if (batches.length === 1 && batches[0]!.kernel) return;
  for (const { works } of batches) checkWorks(works);
}

/** The same of every batch, that of a kernel too: for a step that is not taken now. */
export function foresee(batches: readonly Batch[]): void {
  for (const { kernel, works } of batches)
    if (kernel) callKernel(kernel, works, AS_IT_IS, native.optimizerCheck);
    else checkWorks(works);
}

function checkWorks(works: readonly Work[]): void {
  for (const work of works) checkWork(work);
}

/** Steps the parameters of a batch. */
export function runBatch({ kernel, works }: Batch, reading: GradientReading): void {
  if (kernel) callKernel(kernel, works, reading, native.optimizerStep);
  else runOperators(works, reading);
}

/**
 * Steps parameters of one kernel, or checks them, in one native call.
 *
 * @throws Error that names the parameter whose gradient or state does not fit; nothing was changed then
 */
function callKernel(
  kernel: string,
  work: readonly Work[],
  { factor, limit }: GradientReading,
  call: () => unknown,
): void {
  const numbers = work.map(({ algorithm, settings, moment }) => algorithm.kernel!.constants(settings, moment));
  const slots = Object.keys(work[0]!.wanted);
  const each = 1 + slots.length + numbers[0]!.length;
  reserve(0, 4 + work.length * each);
  const { words } = wire;
  words[0] = intern(kernel);
  words[1] = work.length;
  words[2] = factor;
  words[3] = limit;
  let at = 4;
  for (let i = 0; i < work.length; i++) {
    const one = work[i]!;
    words[at++] = one.param.id;
    for (const name of slots) words[at++] = slotOf(one, name).id;
    for (const number of numbers[i]!) words[at++] = number;
  }
  try {
    call();
  } catch (error) {
    throw named(error, work);
  }
}

/** C++ knows parameters by their place in the call. */
function named(error: unknown, work: readonly Work[]): unknown {
  if (!(error instanceof Error)) return error;
  const message = error.message.replace(/^parameter (\d+)/, (_, place) => describe(work[Number(place)]!));
  return new Error(message, { cause: error });
}

const describe = (work: Work) => `${work.algorithm.name}: ${nameOf(work)}`;

/** Steps one parameter, or many that are alike, by their algorithm's reference. */
function runOperators(works: readonly Work[], reading: GradientReading): void {
  noGrad(() =>
    tidy(() => {
      const filled = works.filter(({ param }) => param.numel > 0);
      const first = filled[0];
      if (!first) return;
      const { algorithm, settings, moment, wanted } = first;
      const param = together(filled.map((work) => work.param));
      const raw = together(filled.map(gradientOf));
      const slots = mapValues(wanted, (_, name) => together(filled.map((work) => slotOf(work, name))));
      if (!isHalf(first.param.dtype)) {
        algorithm.reference(settings, { ...moment, param, grad: read(raw, reading), slots });
        return;
      }
      // As in the kernel, half types are only stored: the arithmetic, un-scaling too, is that of float32.
      const wide = mapValues(slots, (slot) => slot.to('float32'));
      const value = param.to('float32');
      const grad = read(raw.to('float32'), reading);
      algorithm.reference(settings, { ...moment, param: value, grad, slots: wide });
      param.copy_(value);
      for (const [name, slot] of Object.entries(slots)) slot.copy_(wide[name]!);
    }),
  );
}

const mapValues = <From, To>(record: Readonly<Record<string, From>>, to: (value: From, name: string) => To) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value, name)]));

function read(grad: Tensor, { factor, limit }: GradientReading): Tensor {
  const scaled = factor === 1 ? grad : grad.mul(factor);
  return limit === Number.POSITIVE_INFINITY ? scaled : scaled.clamp(-limit, limit);
}

function checkWork(work: Work): void {
  tidy(() => {
    const { param, wanted } = work;
    checkParameter(work, checkedGradient(work));
    for (const [name, slot] of Object.entries(wanted)) {
      const shape = typeof slot === 'number' ? param.shape : slot;
      const expected = kindOf({ dtype: param.dtype, shape, device: param.device });
      const found = kindOf(slotOf(work, name));
      if (found !== expected)
        throw new Error(
          `${describe(work)} has optimizer state that does not fit it: expected ${expected} for ${name}, found ${found}`,
        );
    }
  });
}

function checkParameter(work: Work, gradient: Tensor): void {
  const { param } = work;
  if (!param.isFloatingPoint())
    throw new Error(`${describe(work)} is ${param.dtype}: an optimizer steps floating-point parameters`);
  if (gradient.dtype !== param.dtype)
    throw new Error(`${describe(work)} is ${param.dtype} but its gradient is ${gradient.dtype}`);
  const [own, its] = [kindOf(param), kindOf(gradient)];
  if (own !== its)
    throw new Error(`${describe(work)} is ${own} but its gradient ${its}: clear the gradients after its data changed`);
  if (sharesElements(param))
    throw new Error(`${describe(work)} has elements that share memory, as expand() makes them: step a copy`);
}

function sharesElements(param: Tensor): boolean {
  if (param.isContiguous) return false;
  return param.shape.some((size, dimension) => size > 1 && ops.stride(param, dimension) === 0);
}

function kindOf({ dtype, shape, device }: { dtype: string; shape: readonly number[]; device: string }): string {
  return `${dtype} of shape [${shape}]${device === 'cpu' ? '' : ` on ${device}`}`;
}

/** The gradient of a parameter whose step was checked, as its algorithm takes it. */
function gradientOf({ param, algorithm }: Work): Tensor {
  const grad = param.grad!.detach();
  return algorithm.sparse === 'densified' && hasSparseLayout(grad) ? grad.toDense() : grad;
}

function checkedGradient(work: Work): Tensor {
  const grad = work.param.grad!.detach();
  const { sparse = 'refused' } = work.algorithm;
  const isSparse = hasSparseLayout(grad);
  if (isSparse && sparse === 'refused')
    throw new Error(`${describe(work)} has a sparse gradient: use SparseAdam, or a dense Embedding`);
  if (!isSparse && sparse === 'demanded')
    throw new Error(`${describe(work)} has a dense gradient: use Adam, or an Embedding with sparse: true`);
  return grad;
}
