/** Training and evaluating one network on images. */
import {
  buildOptimWrapper,
  buildParamScheduler,
  nn,
  noGrad,
  type OptimWrapper,
  randperm,
  ScheduleDriver,
  type Tensor,
  tidy,
} from '@paramwise/torch';
import { type Dataset, scaled } from './data.ts';
import type { FashionNet } from './model.ts';

export interface Step {
  readonly iteration: number;
  readonly loss: number;
  readonly lr: number;
  readonly gradNorm: number | undefined;
}

export interface Job {
  readonly model: FashionNet;
  readonly data: Dataset;
  readonly optimWrapper: unknown;
  readonly schedule: unknown;
  readonly steps: number;
  readonly batchSize: number;
  readonly onStep?: (step: Step) => void;
}

/** Trains for so many updates on shuffled batches; each image comes once before any comes again. */
export function train({ model, data, optimWrapper, schedule, steps, batchSize, onStep }: Job): OptimWrapper {
  const wrapper = buildOptimWrapper(model, optimWrapper);
  const driver = new ScheduleDriver(buildParamScheduler(wrapper, schedule), wrapper);
  const perEpoch = Math.floor(data.count / batchSize);
  model.train();
  for (let iteration = 0; iteration < steps; ) {
    const order = randperm(data.count);
    for (let batch = 0; batch < perEpoch && iteration < steps; batch++, iteration++) {
      const { lr = [0], base_lr: base = lr } = wrapper.getLr();
      const loss = tidy(() => trainBatch(model, wrapper, data, order.narrow(0, batch * batchSize, batchSize)));
      driver.afterIteration();
      onStep?.({ iteration, loss, lr: base[0]!, gradNorm: wrapper.lastGradNorm });
    }
    order.dispose();
  }
  return wrapper;
}

function trainBatch(model: FashionNet, wrapper: OptimWrapper, { images, labels }: Dataset, rows: Tensor): number {
  const scores = model.forward(scaled(images.indexSelect(0, rows)));
  const loss = nn.functional.crossEntropy(scores, labels.indexSelect(0, rows));
  wrapper.updateParams(loss);
  return Number(loss.item());
}

/** Share of the images whose highest score is at the right class, 0 to 1. */
export function evaluate(model: FashionNet, { images, labels, count }: Dataset, batchSize = 500): number {
  model.eval();
  let right = 0;
  for (let start = 0; start < count; start += batchSize) {
    const size = Math.min(batchSize, count - start);
    right += noGrad(() =>
      tidy(() => {
        const scores = model.forward(scaled(images.narrow(0, start, size)));
        return Number(
          scores
            .argmax(1)
            .eq(labels.narrow(0, start, size))
            .sum()
            .item(),
        );
      }),
    );
  }
  return right / count;
}
