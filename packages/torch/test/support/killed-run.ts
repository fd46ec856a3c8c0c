/**
 * A run that saves a checkpoint after every iteration until it is killed or done: `killed-run.ts FILE LENGTH`. Goes on
 * from FILE where it exists. Prints the iteration after each save, and at the end the weights.
 */
import { existsSync } from 'node:fs';
import {
  buildOptimWrapper,
  buildParamScheduler,
  loadCheckpoint,
  manualSeed,
  nn,
  randn,
  ScheduleDriver,
  saveCheckpoint,
  tidy,
} from '../../src/index.ts';

const [, , file = '', length = '0'] = process.argv;

manualSeed(3);
const model = new nn.Sequential(new nn.Linear(6, 8), new nn.Dropout(0.2), new nn.Linear(8, 3));
const wrapper = buildOptimWrapper(model, {
  accumulative_counts: 3,
  clip_grad: { max_norm: 1 },
  optimizer: { type: 'SGD', lr: 0.05, momentum: 0.9, weight_decay: 0.01 },
  paramwise_cfg: { bias_decay_mult: 0 },
});
const schedulers = new ScheduleDriver(
  buildParamScheduler(wrapper, { type: 'LinearLR', end: 9, by_epoch: false }),
  wrapper,
);
const parts = { model, wrapper, schedulers };

const start = existsSync(file) ? (loadCheckpoint(file, parts).meta as { iteration: number }).iteration : 0;
for (let iteration = start; iteration < Number(length); iteration++) {
  // Micro-batches of different sizes, weighed by their items.
  const items = 2 + (iteration % 4);
  tidy(() =>
    wrapper.updateParams(
      model
        .forward(randn([items, 6]))
        .pow(2)
        .mean(),
      { items },
    ),
  );
  schedulers.afterIteration();
  saveCheckpoint(file, parts, { meta: { iteration: iteration + 1 } });
  process.stdout.write(`${iteration + 1}\n`);
}
const weights = [...model.stateDict()].map(
  ([name, tensor]) => `${name}:${Buffer.from(tensor.bytes()).toString('hex')}`,
);
process.stdout.write(`weights ${weights.join(' ')}\n`);
