import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { describeGolden, golden, goldenFolder } from '../../../testing/golden.ts';
import {
  buildOptimWrapper,
  buildParamScheduler,
  loadSafetensors,
  nn,
  noGrad,
  readModel,
  setNumThreads,
  type Tensor,
  tensor,
  tidy,
} from '../src/index.ts';
import { expectClose } from './support/allclose.ts';
import { GoldenNet } from './support/golden-net.ts';

interface Run {
  iterations: number;
  batch: number;
  optim_wrapper: Record<string, unknown>;
  param_scheduler: Record<string, unknown>[];
  model: unknown;
  log: { loss: number; grad_norm: number | null; lr: number[] }[];
  final: Record<string, { sum: number; abs_sum: number }>;
  eval_accuracy_on_the_2048: number;
}

const dataset = process.env.FASHION_MNIST ?? '/usr/share/datasets/fashion-mnist';
const COUNT = 2048;

function readIdx(name: string, header: number, bytesPerItem: number): Uint8Array {
  return new Uint8Array(gunzipSync(readFileSync(`${dataset}/${name}`))).subarray(header, header + COUNT * bytesPerItem);
}

describeGolden('the recorded training run', () => {
  const run = golden<Run>('training-run/run.json');
  const pixels = Float32Array.from(readIdx('train-images-idx3-ubyte.gz', 16, 784), (byte) => byte / 255);
  const labels = Uint8Array.from(readIdx('train-labels-idx1-ubyte.gz', 8, 1));

  const batch = (start: number, size: number): [Tensor, Tensor] => [
    tensor(pixels.subarray(start * 784, (start + size) * 784), { shape: [size, 1, 28, 28] }),
    tensor(labels.slice(start, start + size), { dtype: 'int64' }),
  ];

  const start = () => {
    const model = new GoldenNet();
    model.loadStateDict(loadSafetensors(`${goldenFolder}/training-run/weights.safetensors`).tensors);
    return model;
  };

  it('has a model that shows itself as the recorded tree', () => {
    const names = (view: {
      ownParams(): Iterable<readonly [string, { shape: readonly number[] }]>;
      ownChildren(): Iterable<readonly [string, unknown]>;
      moduleKind: unknown;
    }): unknown => ({
      kind: view.moduleKind,
      params: [...view.ownParams()].map(([name, { shape }]) => [name, [...shape]]),
      children: [...view.ownChildren()].map(([name, child]) => [name, names(child as typeof view)]),
    });
    expect(names(start())).toEqual(names(readModel(run.model) as never));
  });

  it('gives the recorded loss, gradient norm and rates at each of 61 iterations, and the recorded weights', () => {
    setNumThreads(1);
    const model = start();
    const wrapper = buildOptimWrapper(model, run.optim_wrapper);
    const schedulers = buildParamScheduler(wrapper, run.param_scheduler);
    wrapper.initializeCountStatus(model, 0, run.iterations);
    expect(run.log.length).toBe(61);
    for (const [iteration, expected] of run.log.entries()) {
      expectClose(wrapper.getLr().lr as number[], expected.lr, `lr at ${iteration}`, { relative: 1e-12, absolute: 0 });
      tidy(() => {
        const [x, y] = batch((iteration * run.batch) % COUNT, run.batch);
        const loss = nn.functional.crossEntropy(model.forward(x), y);
        wrapper.lastGradNorm = undefined;
        wrapper.updateParams(loss);
        expectClose([Number(loss.item())], [expected.loss], `loss at ${iteration}`, { relative: 1e-4, absolute: 0 });
      });
      if (expected.grad_norm === null) expect(wrapper.lastGradNorm).toBeUndefined();
      else
        expectClose([wrapper.lastGradNorm as number], [expected.grad_norm], `gradient norm at ${iteration}`, {
          relative: 1e-3,
          absolute: 0,
        });
      for (const scheduler of schedulers) scheduler.step();
    }
    const state = model.stateDict();
    expect([...state.keys()].sort()).toEqual(Object.keys(run.final).sort());
    for (const [name, { sum, abs_sum }] of Object.entries(run.final)) {
      const values = Array.from((state.get(name) as Tensor).data() as ArrayLike<number | bigint>, Number);
      const found = values.reduce((total, value) => total + value, 0);
      const absolute = values.reduce((total, value) => total + Math.abs(value), 0);
      // The signed sum cancels: its error is that of the terms.
      expectClose([found, absolute], [sum, abs_sum], name, { relative: 1e-4, absolute: 1e-4 * Math.max(1, abs_sum) });
    }
    model.eval();
    const correct = noGrad(() =>
      tidy(() => {
        const [x, y] = batch(0, COUNT);
        return Number(model.forward(x).argmax(1).eq(y).sum().item());
      }),
    );
    expect(correct / COUNT).toBe(run.eval_accuracy_on_the_2048);
  });
});
