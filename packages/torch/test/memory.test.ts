/** Training in one synchronous loop runs in flat memory: nothing waits for the garbage collector. */
import { expect, it } from 'vitest';
import { FashionNet } from '../../../examples/fashion-mnist/model.ts';
import { buildOptimWrapper, buildParamScheduler, keep, liveTensors, nn, randint, randn, tidy } from '../src/index.ts';

it('keeps the memory of step 200 within 10 % for 20,000 steps', () => {
  const model = new FashionNet(10);
  const wrapper = buildOptimWrapper(model, {
    optimizer: { type: 'AdamW', lr: 1e-3, weight_decay: 0.05 },
    clip_grad: { max_norm: 1 },
    accumulative_counts: 2,
    paramwise_cfg: { norm_decay_mult: 0, custom_keys: { backbone: { lr_mult: 0.1 } } },
  });
  const schedulers = buildParamScheduler(wrapper, { type: 'LinearLR', end: 100, by_epoch: false });
  const x = keep(randn([1, 1, 12, 12]));
  const y = keep(randint(0, 10, [1]));
  const run = (steps: number) => {
    for (let step = 0; step < steps; step++) {
      tidy(() => wrapper.updateParams(nn.functional.crossEntropy(model.forward(x), y)));
      for (const scheduler of schedulers) scheduler.step();
    }
    return { rss: process.memoryUsage().rss, tensors: liveTensors() };
  };
  const early = run(200);
  const late = run(19_800);
  expect(late.tensors).toBe(early.tensors);
  expect(late.rss).toBeLessThanOrEqual(1.1 * early.rss);
}, 600_000);
