/** An optimization algorithm with its arithmetic on tensors: what a record of core becomes in this engine. */
import type { AlgorithmInfo, Moment, Settings } from '@paramwise/core';
import { findAlgorithmInfo, numberOf } from '@paramwise/core/internal';
import type { Tensor } from '../../tensor.ts';

export type { Kernel, Moment, Scalars, Settings, Slot, Slots } from '@paramwise/core';

/**
 * What a reference is given: one parameter at one step, whose `param` and `slots` are to be changed in place. For an
 * algorithm with a kernel each tensor may stand for those of many parameters: its methods that give tensors can be
 * called, and nothing else.
 */
export interface Update extends Moment {
  readonly param: Tensor;
  readonly grad: Tensor;
  readonly slots: Readonly<Record<string, Tensor>>;
}

/** A step with tensor operators: the plain statement of the algorithm, for any device. */
export type Reference = (settings: Settings, update: Update) => void;

/**
 * One algorithm. A `kernel` names a loop of `native/kernels.cc` and gives its constants in the order of
 * `native/algorithms.h`.
 */
export interface Algorithm extends AlgorithmInfo {
  /** The same as the kernel with tensor operators; all there is where the algorithm is not element-wise. */
  readonly reference: Reference;
}

/** The record of that name in core, which holds the formula, with the arithmetic. */
export function withReference(name: string, reference: Reference): Algorithm {
  const info = findAlgorithmInfo(name);
  if (!info) throw new Error(`internal: core has no algorithm named ${name}`);
  return { ...info, reference };
}

/** The gradient as the formulas use it: negated to maximize, with the L2 penalty. */
export function gradientOf(settings: Settings, { param, grad }: Update, l2 = numberOf(settings, 'weight_decay')) {
  const signed = settings.maximize ? grad.neg() : grad;
  return l2 === 0 ? signed : signed.add(param, { alpha: l2 });
}

/** m ← β·m + (1 - β)·g, in place. */
export function average(slot: Tensor, grad: Tensor, beta: number): Tensor {
  return slot.mul_(beta).add_(grad, { alpha: 1 - beta });
}

/** v ← β·v + (1 - β)·g², in place. */
export function averageOfSquares(slot: Tensor, grad: Tensor, beta: number): Tensor {
  return slot.mul_(beta).addcmul_(grad, grad, { value: 1 - beta });
}

/** ‖x‖ as a number: it waits for the device. */
export const normOf = (values: Tensor) => Number(values.norm().item());
