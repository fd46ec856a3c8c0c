/** One training run: epochs of shuffled batches through an optimizer wrapper and its schedulers, with a metrics file. */
import { appendFileSync } from 'node:fs';
import { nn, noGrad, type OptimWrapper, type ParamScheduler, randperm, type Tensor, tidy } from '@paramwise/torch';
import { type Dataset, takeBatch } from './data.ts';
import type { FashionNet } from './model.ts';
import { startProgress } from './progress.ts';

export interface Run {
  /** Shown and written to every metrics line. */
  name: string;
  model: FashionNet;
  wrapper: OptimWrapper;
  /** Stepped after every iteration. */
  schedulers: readonly ParamScheduler[];
  train: Dataset;
  test: Dataset;
  epochs: number;
  batchSize: number;
  /** JSON lines: one an iteration, one an epoch. */
  metricsFile: string;
}

export const iterationsPerEpoch = (count: number, batchSize: number): number => Math.floor(count / batchSize);

/** Trains and returns the accuracy on the test images after the last epoch, 0 to 1. */
export function train(run: Run): number {
  const { name, model, wrapper, schedulers, epochs, metricsFile } = run;
  const perEpoch = iterationsPerEpoch(run.train.count, run.batchSize);
  wrapper.initializeCountStatus(model, 0, epochs * perEpoch);
  let accuracy = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const progress = startProgress(`${name} ${epoch + 1}/${epochs}`, perEpoch);
    const order = randperm(run.train.count);
    for (let iteration = 0; iteration < perEpoch; iteration++) {
      const lr = wrapper.getLr();
      const loss = trainBatch(run, order.narrow(0, iteration * run.batchSize, run.batchSize));
      for (const scheduler of schedulers) scheduler.step();
      const values = { loss, lr: (lr.base_lr ?? lr.lr ?? [0])[0] as number, gradNorm: wrapper.lastGradNorm };
      log(metricsFile, {
        run: name,
        epoch,
        iteration: epoch * perEpoch + iteration,
        loss,
        lr: values.lr,
        grad_norm: values.gradNorm ?? null,
      });
      progress.update(iteration + 1, values);
    }
    progress.stop();
    order.dispose();
    accuracy = evaluate(model, run.test);
    log(metricsFile, { run: name, epoch, accuracy });
    process.stdout.write(
      `${name} ${epoch + 1}/${epochs}: ${(100 * accuracy).toFixed(2)} % of ${run.test.count} test images right\n`,
    );
  }
  return accuracy;
}

function trainBatch({ model, wrapper, train }: Run, indices: Tensor): number {
  return tidy(() => {
    model.train();
    const { x, y } = takeBatch(train, indices);
    const loss = wrapper.optimContext(model, () => nn.functional.crossEntropy(model.forward(x), y));
    wrapper.updateParams(loss);
    indices.dispose();
    return Number(loss.item());
  });
}

/** Share of the images whose highest score is at the right class. */
function evaluate(model: FashionNet, test: Dataset, batchSize = 1000): number {
  model.eval();
  let right = 0;
  for (let start = 0; start < test.count; start += batchSize)
    right += noGrad(() =>
      tidy(() => {
        const size = Math.min(batchSize, test.count - start);
        const x = test.images.narrow(0, start, size).to('float32').div_(127.5).sub_(1);
        const hits = model
          .forward(x)
          .argmax(1)
          .eq(test.labels.narrow(0, start, size));
        return Number(hits.sum().item());
      }),
    );
  return right / test.count;
}

function log(file: string, entry: Record<string, unknown>): void {
  appendFileSync(file, `${JSON.stringify(entry)}\n`);
}
