/** TensorFlow.js on WebAssembly; see `lib/peer.ts`. In Node.js its backend uses one thread. */

import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { version_wasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { MLP_SIZES, uniform } from '../lib/random.ts';
import { type Prepared, serve } from '../lib/serve.ts';
import type { Training } from '../lib/training.ts';

/** Adam, which has no weight decay here, and one rate for all: less work than the other rivals do. */
function training({ network, input, classes, config }: Training): Prepared {
  if (network !== 'mlp') throw new Error('only the MLP is written for TensorFlow.js');
  const batch = input[0]!;
  const layers = MLP_SIZES.slice(1).map((outputs, index) => {
    const inputs = MLP_SIZES[index]!;
    const bound = 1 / Math.sqrt(inputs);
    return {
      weight: tf.variable(tf.tensor2d(uniform(inputs * outputs, bound), [inputs, outputs])),
      bias: tf.variable(tf.tensor1d(uniform(outputs, bound))),
    };
  });
  const images = tf.tensor2d(uniform(batch * MLP_SIZES[0], 1.7), [batch, MLP_SIZES[0]]);
  const classOf = tf.mod(tf.range(0, batch, 1, 'int32'), tf.scalar(classes, 'int32'));
  const labels = tf.cast(tf.oneHot(classOf, classes), 'float32');
  const loss = () => {
    const scores = layers.reduce<tf.Tensor2D>((x, { weight, bias }, index) => {
      const y = tf.add<tf.Tensor2D>(tf.matMul(x, weight as unknown as tf.Tensor2D), bias);
      return index < layers.length - 1 ? tf.relu(y) : y;
    }, images);
    return tf.losses.softmaxCrossEntropy(labels, scores) as tf.Scalar;
  };
  const optimizer = tf.train.adam(config.optimizer.lr);
  return { variants: { train: () => void optimizer.minimize(loss) }, loss: loss().dataSync()[0]! };
}

await serve({
  async hello() {
    await tf.setBackend('wasm');
    await tf.ready();
    if (tf.getBackend() !== 'wasm') throw new Error('TensorFlow.js could not start its wasm backend');
    return { tfjs: `${version_wasm} wasm` };
  },
  works: { training },
});
