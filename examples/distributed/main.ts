/**
 * Fashion-MNIST on several ranks: each computes the gradients of its share of every batch, and all take the same step.
 *
 *   npm run start:distributed                                                      two ranks
 *   npx paramwise launch --nproc-per-node 4 examples/distributed/main.ts --zero    optimizer state in four shares
 *
 * Started again with the same `--out` after it was stopped, it goes on from its last checkpoint.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildOptimWrapper,
  buildParamScheduler,
  DistributedSampler,
  distributed,
  loadCheckpoint,
  manualSeed,
  nn,
  ScheduleDriver,
  saveCheckpoint,
  tensor,
  tidy,
} from '@paramwise/torch';
import { loadSplit, scaled, slice } from '../fashion-mnist/data.ts';
import { FashionNet } from '../fashion-mnist/model.ts';
import { evaluate } from '../fashion-mnist/train.ts';
import { readOptions } from './options.ts';

const options = readOptions();
// No wait for another rank is longer than this.
await distributed.initProcessGroup({ timeoutMs: 60_000 });
const rank = distributed.getRank();
const ranks = distributed.getWorldSize();
const say = (text: string) => {
  if (rank === 0) process.stdout.write(`${text}\n`);
};

const { images, labels, count } = slice(loadSplit('train'), 0, options.images);
const test = slice(loadSplit('t10k'), 0, options.testImages);
const sampler = new DistributedSampler(count, { dropLast: true });
const batch = Math.floor(options.batch / ranks);
if (batch === 0) throw new Error(`--batch ${options.batch}: ${ranks} ranks need an image each, at least`);
const steps = Math.floor(sampler.length / batch);

manualSeed(0);
const network = new FashionNet(10);
const model = new nn.parallel.DistributedDataParallel(network);
const type = options.zero ? { type: 'ZeroRedundancyOptimizer', optimizer_type: 'AdamW' } : { type: 'AdamW' };
const wrapper = buildOptimWrapper(model, {
  optimizer: { ...type, lr: 0.004, weight_decay: 0.05 },
  clip_grad: { max_norm: 5 },
  paramwise_cfg: { norm_decay_mult: 0, bias_decay_mult: 0 },
});
const schedule = { type: 'CosineAnnealingLR', T_max: steps * options.epochs, by_epoch: false };
const schedulers = new ScheduleDriver(buildParamScheduler(wrapper, schedule), wrapper);
const parts = { model: network, wrapper, schedulers };

mkdirSync(options.out, { recursive: true });
const checkpoint = join(options.out, 'checkpoint.safetensors');
const meta = existsSync(checkpoint) ? loadCheckpoint(checkpoint, parts).meta : { epochs: 0 };
const first = (meta as { epochs: number }).epochs;
say(`ranks: ${ranks}, with ${batch} images each for a step, ${steps} steps an epoch, from epoch ${first + 1} on`);

/** What all ranks have found, as their mean. */
async function meanOverRanks(value: number): Promise<number> {
  const all = await distributed.allReduce(tensor([value], { dtype: 'float64' }), { op: 'mean' });
  const mean = Number(all.item());
  all.dispose();
  return mean;
}

/** One update from this rank's share of a batch. Returns its loss. */
function step(samples: readonly number[]): number {
  return tidy(() => {
    const rows = tensor([...samples], { dtype: 'int64' });
    const scores = model.forward(scaled(images.indexSelect(0, rows)));
    const loss = nn.functional.crossEntropy(scores, labels.indexSelect(0, rows));
    wrapper.updateParams(loss);
    return Number(loss.item());
  });
}

for (let epoch = first; epoch < options.epochs; epoch++) {
  sampler.setEpoch(epoch);
  const samples = [...sampler];
  model.train();
  let sum = 0;
  const started = performance.now();
  for (let at = 0; at < steps; at++) {
    sum += step(samples.slice(at * batch, (at + 1) * batch));
    schedulers.afterIteration();
  }
  const seconds = (performance.now() - started) / 1000;
  const loss = await meanOverRanks(sum / steps);
  // All ranks call it, and one writes.
  saveCheckpoint(checkpoint, parts, { meta: { epochs: epoch + 1 } });
  const speed = Math.round((steps * batch * ranks) / seconds).toLocaleString('en');
  say(`epoch ${epoch + 1}: mean loss ${loss.toFixed(4)}, ${speed} images/s`);
}

// Each rank tests its share.
const share = Math.floor(test.count / ranks);
const accuracy = await meanOverRanks(evaluate(network, slice(test, rank * share, (rank + 1) * share)));
say(`accuracy ${(100 * accuracy).toFixed(1)} % on ${share * ranks} test images`);
await distributed.destroyProcessGroup();
