export {
  CELU,
  ELU,
  GELU,
  GLU,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  PReLU,
  ReLU,
  ReLU6,
  RReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softmax2d,
  Softmin,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
  Threshold,
} from './activation.ts';
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type RunningNormOptions,
  SyncBatchNorm,
} from './batch-norm.ts';
export type { Size } from './check.ts';
export { type Layer, ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential } from './containers.ts';
export { Conv1d, Conv2d, Conv3d, type ConvOptions, type PaddingMode } from './conv.ts';
export * as functional from './functional.ts';
export * as init from './init.ts';
export { type BiasOptions, Bilinear, Identity, Linear } from './linear.ts';
export { CrossEntropyLoss, NLLLoss } from './loss.ts';
export { Module, type NamedOptions, type Placement } from './module.ts';
export {
  GroupNorm,
  type GroupNormOptions,
  LayerNorm,
  type LayerNormOptions,
  LocalResponseNorm,
  type LocalResponseNormOptions,
} from './norm.ts';
export { Parameter } from './parameter.ts';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
} from './pooling.ts';
export type { LoadResult, StateDict } from './state-dict.ts';
