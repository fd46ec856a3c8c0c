export { Hardshrink, Hardsigmoid, Hardswish, Hardtanh, Softshrink } from './activation-piecewise.ts';
export { CELU, ELU, LeakyReLU, PReLU, ReLU, ReLU6, RReLU, SELU, Threshold } from './activation-rectifier.ts';
export {
  GELU,
  GLU,
  LogSigmoid,
  Mish,
  Sigmoid,
  SiLU,
  Softplus,
  Softsign,
  Tanh,
  Tanhshrink,
} from './activation-smooth.ts';
export { LogSoftmax, Softmax, Softmax2d, Softmin } from './activation-softmax.ts';
export {
  type AttentionForwardOptions,
  MultiheadAttention,
  type MultiheadAttentionOptions,
} from './attention.ts';
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
export { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, type ConvTransposeOptions } from './conv-transpose.ts';
export {
  DeformConv2d,
  DeformConv2dPack,
  type DeformConvOptions,
  ModulatedDeformConv2d,
  ModulatedDeformConv2dPack,
} from './deform.ts';
export { CosineSimilarity, PairwiseDistance } from './distance.ts';
export { AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout } from './dropout.ts';
export { Embedding, EmbeddingBag, type EmbeddingBagOptions, type EmbeddingOptions } from './embedding.ts';
export * as functional from './functional.ts';
export * as init from './init.ts';
export { type BiasOptions, Bilinear, Identity, Linear } from './linear.ts';
export {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  GaussianNLLLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  MSELoss,
  NLLLoss,
  PoissonNLLLoss,
  SmoothL1Loss,
} from './loss.ts';
export {
  CosineEmbeddingLoss,
  CTCLoss,
  HingeEmbeddingLoss,
  MarginRankingLoss,
  MultiLabelMarginLoss,
  MultiLabelSoftMarginLoss,
  MultiMarginLoss,
  SoftMarginLoss,
  TripletMarginLoss,
} from './loss-margin.ts';
export { Module, type Placement } from './module.ts';
export type { NamedOptions } from './module-walk.ts';
export {
  GroupNorm,
  type GroupNormOptions,
  LayerNorm,
  type LayerNormOptions,
  LocalResponseNorm,
  type LocalResponseNormOptions,
} from './norm.ts';
export {
  ConstantPad1d,
  ConstantPad2d,
  ConstantPad3d,
  ReflectionPad1d,
  ReflectionPad2d,
  ReflectionPad3d,
  ReplicationPad1d,
  ReplicationPad2d,
  ReplicationPad3d,
  ZeroPad1d,
  ZeroPad2d,
  ZeroPad3d,
} from './padding.ts';
export * as parallel from './parallel.ts';
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
export { GRU, LSTM, type LSTMOptions, type RecurrentOptions, RNN, type RNNOptions } from './recurrent.ts';
export { GRUCell, LSTMCell, RNNCell, type RNNCellOptions } from './recurrent-cell.ts';
export { Flatten, Unflatten } from './shape.ts';
export type { LoadResult, StateDict } from './state-dict.ts';
export {
  Transformer,
  TransformerDecoder,
  TransformerEncoder,
  type TransformerForwardOptions,
  type TransformerOptions,
} from './transformer.ts';
export {
  type DecoderForwardOptions,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from './transformer-layer.ts';
export {
  ChannelShuffle,
  Fold,
  PixelShuffle,
  PixelUnshuffle,
  Unfold,
  Upsample,
  type UpsampleOptions,
} from './vision.ts';
