/**
 * Transfer learning on Fashion-MNIST: a network is trained on the first five classes, then fine-tuned to all ten, once
 * with the param-wise settings of `optim_wrapper.json` and once without them.
 *
 *   npm start                      the whole job, about three minutes on two cores
 *   npm start -- --images 2000     on fewer images, to try something out
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildOptimWrapper,
  buildParamScheduler,
  engineVersions,
  getNumThreads,
  loadSafetensors,
  manualSeed,
  planOf,
  planTable,
  saveSafetensors,
} from '@paramwise/torch';
import pc from 'picocolors';
import { type Dataset, loadSplit } from './data.ts';
import { FashionNet } from './model.ts';
import { optionsOrEnd } from './options.ts';
import { iterationsPerEpoch, train } from './train.ts';

const options = optionsOrEnd();
const { images, epochs, batch: batchSize, seed } = options;
const metricsFile = join(options.out, 'metrics.jsonl');
const config = JSON.parse(readFileSync(new URL('./optim_wrapper.json', import.meta.url), 'utf8'));

const say = (text: string) => process.stdout.write(`${text}\n`);
const heading = (text: string) => say(`\n${pc.bold(text)}`);

/** Five classes from scratch: one rate for all, one epoch. Returns the file with the weights. */
function pretrain(): string {
  const part = loadSplit('train', 5, images / 2);
  const model = new FashionNet(5);
  const perEpoch = iterationsPerEpoch(part.count, batchSize);
  const wrapper = buildOptimWrapper(model, { optimizer: { type: 'AdamW', lr: 4e-3, weight_decay: 0.05 } });
  const schedulers = buildParamScheduler(wrapper, { type: 'CosineAnnealingLR', T_max: perEpoch, by_epoch: false });
  train({
    name: 'pretrain',
    model,
    wrapper,
    schedulers,
    train: part,
    test: loadSplit('t10k', 5),
    epochs: 1,
    batchSize,
    metricsFile,
  });
  const file = join(options.out, 'pretrained.safetensors');
  saveSafetensors(file, Object.fromEntries(model.stateDict()));
  return file;
}

/** All ten classes from the pretrained backbone. Returns the accuracy. */
function finetune(
  name: string,
  optimWrapper: unknown,
  pretrained: string,
  data: Dataset,
  test: Dataset,
  showPlan: boolean,
): number {
  manualSeed(seed + 1);
  const model = new FashionNet(10);
  const { tensors } = loadSafetensors(pretrained);
  const backbone = Object.fromEntries(Object.entries(tensors).filter(([key]) => key.startsWith('backbone.')));
  model.loadStateDict(backbone, { strict: false });

  const wrapper = buildOptimWrapper(model, optimWrapper);
  const plan = planOf(wrapper);
  if (plan && showPlan) say(planTable(plan));
  const epochLength = iterationsPerEpoch(data.count, batchSize);
  const schedulers = buildParamScheduler(wrapper, config.param_scheduler, { epochLength });

  const accuracy = train({ name, model, wrapper, schedulers, train: data, test, epochs, batchSize, metricsFile });
  saveSafetensors(join(options.out, `${name}.safetensors`), Object.fromEntries(model.stateDict()), {
    accuracy: String(accuracy),
  });
  return accuracy;
}

const started = Date.now();
mkdirSync(options.out, { recursive: true });
rmSync(metricsFile, { force: true });
const { libtorch, blas } = engineVersions();
say(`libtorch ${libtorch}, ${blas.split(' ').slice(0, 2).join(' ')}, ${getNumThreads()} threads`);

heading('Training on the first five classes');
manualSeed(seed);
const pretrained = pretrain();
const data = loadSplit('train', 10, images);
const test = loadSplit('t10k');

heading('Fine-tuning to all ten classes with optim_wrapper.json');
const paramwise = finetune('paramwise', config.optim_wrapper, pretrained, data, test, true);

heading('The same without paramwise_cfg');
const { paramwise_cfg: _, ...plainConfig } = config.optim_wrapper;
const plain = finetune('plain', plainConfig, pretrained, data, test, false);

heading('All ten classes, 10,000 test images');
say(`  with paramwise_cfg     ${(100 * paramwise).toFixed(2)} %`);
say(`  without                ${(100 * plain).toFixed(2)} %`);
if (images < 60000) say('  on so few images the two say little about each other');
say(`  weights and metrics    ${options.out}`);
say(`  time                   ${Math.round((Date.now() - started) / 1000)} s`);
