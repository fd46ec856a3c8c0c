/** What `optim` holds. */
export type { Rule } from '@paramwise/core';
export type {
  Algorithm,
  Kernel,
  Moment,
  Reference,
  Scalars,
  Settings,
  Slot,
  Slots,
  Update,
} from './algorithms/algorithm.ts';
export { orthogonalize } from './algorithms/muon.ts';
export type { ParamsInput, TorchParamGroup } from './groups.ts';
export { Lamb } from './lamb.ts';
export { LBFGS } from './lbfgs.ts';
export { Optimizer } from './optimizer.ts';
export {
  Adadelta,
  Adafactor,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  ASGD,
  LAMB,
  LARS,
  Lion,
  Muon,
  NAdam,
  type OptimizerClass,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
  SparseAdam,
} from './optimizers.ts';
export { defineOptimizer } from './registration.ts';
export type { ParamState } from './state.ts';
export type { OptimizerStateDict, StateValue } from './state-dict.ts';
export type { StepPath } from './step-path.ts';
export type { SteppingOptimizer } from './stepping-optimizer.ts';
export { ZeroRedundancyOptimizer, type ZeroSettings } from './zero-redundancy.ts';
