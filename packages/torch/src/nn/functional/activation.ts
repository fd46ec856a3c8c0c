/** Activation functions. */
import { ops } from '../../operators.ts';
import type { Tensor } from '../../tensor.ts';

export function relu(input: Tensor): Tensor {
  return ops.relu(input);
}

/** min(max(x, 0), 6). */
export function relu6(input: Tensor): Tensor {
  return ops.hardtanh(input, 0, 6);
}

export function leakyRelu(input: Tensor, negativeSlope = 0.01): Tensor {
  return ops.leakyRelu(input, negativeSlope);
}

/** A slope below zero for each channel (dimension 1), or one for all. */
export function prelu(input: Tensor, weight: Tensor): Tensor {
  return ops.prelu(input, weight);
}

/** A random slope from [lower, upper) below zero in training, their mean otherwise. */
export function rrelu(input: Tensor, lower = 1 / 8, upper = 1 / 3, training = false): Tensor {
  return ops.rrelu(input, lower, upper, training);
}

export function elu(input: Tensor, alpha = 1): Tensor {
  return ops.elu(input, alpha);
}

export function celu(input: Tensor, alpha = 1): Tensor {
  return ops.celu(input, alpha);
}

export function selu(input: Tensor): Tensor {
  return ops.selu(input);
}

/** x Φ(x), or its approximation by tanh (Hendrycks & Gimpel, 2016). */
export function gelu(input: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
  return ops.gelu(input, { approximate });
}

/** x σ(x), also called swish. */
export function silu(input: Tensor): Tensor {
  return ops.silu(input);
}

/** x tanh(softplus(x)). */
export function mish(input: Tensor): Tensor {
  return ops.mish(input);
}

export function sigmoid(input: Tensor): Tensor {
  return ops.sigmoid(input);
}

export function logSigmoid(input: Tensor): Tensor {
  return ops.logSigmoid(input);
}

export function hardsigmoid(input: Tensor): Tensor {
  return ops.hardsigmoid(input);
}

export function hardswish(input: Tensor): Tensor {
  return ops.hardswish(input);
}

/** x cut to [min, max]. */
export function hardtanh(input: Tensor, min = -1, max = 1): Tensor {
  return ops.hardtanh(input, min, max);
}

export function tanh(input: Tensor): Tensor {
  return ops.tanh(input);
}

/** x - tanh(x). */
export function tanhshrink(input: Tensor): Tensor {
  return input.sub(input.tanh());
}

/** Zero in [-lambda, lambda], x elsewhere. */
export function hardshrink(input: Tensor, lambda = 0.5): Tensor {
  return ops.hardshrink(input, lambda);
}

/** Zero in [-lambda, lambda], x moved towards zero by lambda elsewhere. */
export function softshrink(input: Tensor, lambda = 0.5): Tensor {
  return ops.softshrink(input, lambda);
}

/** log(1 + exp(beta x)) / beta; x itself where beta x is above `threshold`. */
export function softplus(input: Tensor, beta = 1, threshold = 20): Tensor {
  return ops.softplus(input, beta, threshold);
}

/** x / (1 + |x|). */
export function softsign(input: Tensor): Tensor {
  return input.div(input.abs().add(1));
}

/** x above `at`, `value` elsewhere. */
export function threshold(input: Tensor, at: number, value: number): Tensor {
  return ops.threshold(input, at, value);
}

/** The first half of `dim` times the sigmoid of the second. */
export function glu(input: Tensor, dim = -1): Tensor {
  return ops.glu(input, dim);
}

/** Positive values that sum to 1 along `dim`. */
export function softmax(input: Tensor, dim: number): Tensor {
  return ops.softmax(input, dim);
}

/** softmax(-x). */
export function softmin(input: Tensor, dim: number): Tensor {
  return ops.softmax(input.neg(), dim);
}

/** log(softmax(x)), without the loss of precision. */
export function logSoftmax(input: Tensor, dim: number): Tensor {
  return ops.logSoftmax(input, dim);
}
