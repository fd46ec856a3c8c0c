/** Layers without state, as functions (torch.nn.functional). */
export {
  celu,
  elu,
  gelu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  prelu,
  relu,
  relu6,
  rrelu,
  selu,
  sigmoid,
  silu,
  softmax,
  softmin,
  softplus,
  softshrink,
  softsign,
  tanh,
  tanhshrink,
  threshold,
} from './functional/activation.ts';
export { type AttentionOptions, causalMask, scaledDotProductAttention } from './functional/attention.ts';
export { crossEntropy, nllLoss } from './functional/classification.ts';
export { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d } from './functional/conv.ts';
export { type DeformConvFunctionOptions, deformConv2d } from './functional/deform.ts';
export { cosineSimilarity, pairwiseDistance } from './functional/distance.ts';
export {
  alphaDropout,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from './functional/dropout.ts';
export { embedding, embeddingBag, oneHot } from './functional/embedding.ts';
export { bilinear, linear } from './functional/linear.ts';
export {
  cosineEmbeddingLoss,
  ctcLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  softMarginLoss,
  tripletMarginLoss,
} from './functional/margin.ts';
export { batchNorm, groupNorm, layerNorm, localResponseNorm, normalize } from './functional/norm.ts';
export { pad } from './functional/pad.ts';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from './functional/pooling.ts';
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  gaussianNllLoss,
  huberLoss,
  klDiv,
  l1Loss,
  mseLoss,
  poissonNllLoss,
  smoothL1Loss,
} from './functional/regression.ts';
export {
  affineGrid,
  channelShuffle,
  fold,
  gridSample,
  type InterpolateOptions,
  interpolate,
  pixelShuffle,
  pixelUnshuffle,
  unfold,
} from './functional/vision.ts';
