export {
  type BackwardOptions,
  backward,
  enableGrad,
  type GradOptions,
  grad,
  isGradEnabled,
  noGrad,
  setGradEnabled,
} from './autograd.ts';
export {
  arange,
  cat,
  empty,
  eye,
  full,
  linspace,
  ones,
  onesLike,
  rand,
  randint,
  randn,
  randperm,
  stack,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from './creation.ts';
export { callOperator } from './dispatch.ts';
export type { Dtype, TensorData } from './dtype.ts';
export { keep, tidy } from './handle.ts';
export { ops } from './operators.ts';
export {
  type EngineVersions,
  engineVersions,
  getNumThreads,
  getRngState,
  manualSeed,
  setNumThreads,
  setRngState,
} from './runtime.ts';
export { liveBytes, liveTensors, type NestedArray, Tensor } from './tensor.ts';
