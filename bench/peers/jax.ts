/** jax-js on WebAssembly; see `lib/peer.ts`. In Node.js, which has no web workers, it uses one thread. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  blockUntilReady,
  defaultDevice,
  init,
  type Array as JaxArray,
  jit,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from '@jax-js/jax';
import { MLP_SIZES, uniform } from '../lib/random.ts';
import { type Prepared, serve } from '../lib/serve.ts';
import type { Training } from '../lib/training.ts';

type Layer = { weight: JaxArray; bias: JaxArray };

/** One parameter of AdamW without bias correction, which would change the compiled program every step. */
function adamW(param: JaxArray, grad: JaxArray, m: JaxArray, v: JaxArray, lr: number, decay: number) {
  const nextM = m.mul(0.9).add(grad.ref.mul(0.1));
  const nextV = v.mul(0.999).add(grad.ref.mul(grad).mul(0.001));
  const update = nextM.ref.mul(lr).div(np.sqrt(nextV.ref).add(1e-8));
  return [param.mul(1 - lr * decay).sub(update), nextM, nextV] as const;
}

function training({ network, input, classes, config }: Training): Prepared {
  if (network !== 'mlp') throw new Error('only the MLP is written for jax-js');
  const batch = input[0]!;
  const { lr, weight_decay } = config.optimizer;
  const images = np.array(uniform(batch * MLP_SIZES[0], 1.7)).reshape([batch, MLP_SIZES[0]]);
  const wanted = new Float32Array(batch * classes);
  for (let i = 0; i < batch; i++) wanted[i * classes + (i % classes)] = 1;
  const labels = np.array(wanted).reshape([batch, classes]);
  const zeros = (): Layer[] =>
    MLP_SIZES.slice(1).map((outputs, i) => ({ weight: np.zeros([MLP_SIZES[i]!, outputs]), bias: np.zeros([outputs]) }));
  let params: Layer[] = MLP_SIZES.slice(1).map((outputs, i) => {
    const inputs = MLP_SIZES[i]!;
    const bound = 1 / Math.sqrt(inputs);
    return {
      weight: np.array(uniform(inputs * outputs, bound)).reshape([inputs, outputs]),
      bias: np.array(uniform(outputs, bound)),
    };
  });
  let [first, second] = [zeros(), zeros()];

  const lossOf = (layers: Layer[], x: JaxArray, y: JaxArray): JaxArray => {
    const scores = layers.reduce((inner, { weight, bias }, index) => {
      const outer = np.dot(inner, weight).add(bias);
      return index < layers.length - 1 ? nn.relu(outer) : outer;
    }, x);
    return nn
      .logSoftmax(scores)
      .mul(y)
      .sum()
      .mul(-1 / batch);
  };
  const step = jit((layers: Layer[], m: Layer[], v: Layer[], x: JaxArray, y: JaxArray) => {
    const [loss, grads] = valueAndGrad(lossOf)(tree.ref(layers), x, y);
    const next = layers.map((layer, i) => {
      const of = (name: keyof Layer) => adamW(layer[name], grads[i]![name], m[i]![name], v[i]![name], lr, weight_decay);
      return { weight: of('weight'), bias: of('bias') };
    });
    const part = (which: 0 | 1 | 2) => next.map(({ weight, bias }) => ({ weight: weight[which], bias: bias[which] }));
    return { loss, params: part(0), first: part(1), second: part(2) };
  });
  const train = async () => {
    const done = step(params, first, second, images.ref, labels.ref) as {
      loss: JaxArray;
      params: Layer[];
      first: Layer[];
      second: Layer[];
    };
    await blockUntilReady(done);
    done.loss.dispose();
    ({ params, first, second } = done);
  };
  const loss = lossOf(tree.ref(params), images.ref, labels.ref).js() as number;
  return { variants: { train }, loss };
}

function version(): string {
  const entry = createRequire(import.meta.url).resolve('@jax-js/jax');
  return (JSON.parse(readFileSync(join(entry, '../../package.json'), 'utf8')) as { version: string }).version;
}

await serve({
  async hello() {
    await init('wasm');
    defaultDevice('wasm');
    return { jax_js: `${version()} wasm` };
  },
  works: { training },
});
