/** The two ways to compute a step: the native kernel for many parameters at once, and tensor operators for one. */
import { noGrad } from '../autograd.ts';
import type { Dtype } from '../dtype.ts';
import { tidy } from '../handle.ts';
import { native } from '../native.ts';
import type { Tensor } from '../tensor.ts';
import { intern, reserve, wire } from '../wire.ts';
import { nameOf, slotOf, slotsOf, type Work } from './state.ts';

/** `operators`: always the plain operators; `kernel`: native loops where an algorithm has one and the tensor is on the CPU. */
export type StepPath = 'kernel' | 'operators';

/** What happens to a gradient as a step reads it; the gradient itself stays as it is. */
export interface GradientReading {
  /** Un-scaling and clipping by norm. Default 1. */
  readonly factor: number;
  /** Clipping by value, after the factor. Default Infinity. */
  readonly limit: number;
}

export const AS_IT_IS: GradientReading = { factor: 1, limit: Number.POSITIVE_INFINITY };

/**
 * Steps parameters of one kernel in one native call.
 *
 * @throws Error that names the parameter whose gradient or state does not fit; nothing was changed then
 */
export function runKernel(kernel: string, work: readonly Work[], { factor, limit }: GradientReading): void {
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
    native.optimizerStep();
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

/** Steps one parameter by its algorithm's reference. */
export function runOperators(work: Work, reading: GradientReading): void {
  noGrad(() =>
    tidy(() => {
      const { param, algorithm, settings, moment } = work;
      const slots = slotsOf(work);
      const grad = read(gradientOf(work), reading);
      if (param.numel === 0) return;
      if (!isHalf(param.dtype)) {
        algorithm.reference(settings, { ...moment, param, grad, slots });
        return;
      }
      // As in the kernel, half types are only stored: the arithmetic is that of float32.
      const wide = Object.fromEntries(Object.entries(slots).map(([name, slot]) => [name, slot.to('float32')]));
      const value = param.to('float32');
      algorithm.reference(settings, { ...moment, param: value, grad: grad.to('float32'), slots: wide });
      param.copy_(value);
      for (const [name, slot] of Object.entries(slots)) slot.copy_(wide[name]!);
    }),
  );
}

function read(grad: Tensor, { factor, limit }: GradientReading): Tensor {
  const scaled = factor === 1 ? grad : grad.mul(factor);
  return limit === Number.POSITIVE_INFINITY ? scaled : scaled.clamp(-limit, limit);
}

const isHalf = (dtype: Dtype) => dtype === 'float16' || dtype === 'bfloat16';

/**
 * Asks of a parameter what its step would refuse. A kernel asks for all its parameters before it begins; this is for
 * steps that take several kernels or operators.
 *
 * @throws Error that names the parameter
 */
export function checkWork(work: Work): void {
  tidy(() => {
    const { param, wanted } = work;
    const { dtype } = gradientOf(work, false);
    if (dtype !== param.dtype) throw new Error(`${describe(work)} is ${param.dtype} but its gradient is ${dtype}`);
    for (const [name, slot] of Object.entries(wanted)) {
      const expected = `${param.dtype} of shape [${typeof slot === 'number' ? param.shape : slot}]`;
      const { dtype: type, shape } = slotOf(work, name);
      const found = `${type} of shape [${shape}]`;
      if (found !== expected)
        throw new Error(
          `${describe(work)} has optimizer state that does not fit it: expected ${expected} for ${name}, found ${found}`,
        );
    }
  });
}

function gradientOf(work: Work, densify = true): Tensor {
  const grad = work.param.grad!.detach();
  const { sparse = 'refused' } = work.algorithm;
  const isSparse = hasSparseLayout(grad);
  if (isSparse && sparse === 'refused')
    throw new Error(`${describe(work)} has a sparse gradient: use SparseAdam, or a dense Embedding`);
  if (!isSparse && sparse === 'demanded')
    throw new Error(`${describe(work)} has a dense gradient: use Adam, or an Embedding with sparse: true`);
  return densify && isSparse && sparse === 'densified' ? grad.toDense() : grad;
}

/** Asked by an operator that only sparse tensors have, and only of what is not plainly dense. */
export function hasSparseLayout(grad: Tensor): boolean {
  if (grad.isContiguous) return false;
  try {
    return grad.sparseDim() >= 0;
  } catch {
    return false;
  }
}
