/**
 * Fine-tuning with few labels: a network that knows five classes of Fashion-MNIST learns all ten from ten images each, in
 * 25 steps. One rate for all, a frozen backbone, and param-wise settings, each at its own best rate, over several seeds.
 *
 *   npm start              under two minutes on two cores
 *   npm start -- --quick   seconds
 */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineVersions, getNumThreads, manualSeed, planOf, planTable, saveSafetensors } from '@paramwise/torch';
import pc from 'picocolors';
import { barChart } from '../lib/chart.ts';
import { startProgress } from '../lib/progress.ts';
import { ACCURACY, best, mean, paired, spread, written } from '../lib/tally.ts';
import { type Contender, PARAM_WISE, RIVALS, STEPS } from './contenders.ts';
import { firstClasses, loadSplit, slice } from './data.ts';
import { finetune, type Outcome, type Setting } from './finetune.ts';
import { FashionNet } from './model.ts';
import { optionsOrEnd } from './options.ts';
import { reportPage } from './report.ts';
import { type Step, train } from './train.ts';

const BATCH = { pretrain: 64, finetune: 32 };
const CONTENDERS = [PARAM_WISE, ...RIVALS];

const options = optionsOrEnd();
const metricsFile = join(options.out, 'metrics.jsonl');
const say = (text: string) => process.stdout.write(`${text}\n`);
const heading = (text: string) => say(`\n${pc.bold(text)}`);
const log = (entry: object) => appendFileSync(metricsFile, `${JSON.stringify(entry)}\n`);
const logStep =
  (run: string) =>
  ({ gradNorm, ...step }: Step) =>
    log({ run, ...step, grad_norm: gradNorm ?? null });

/** Five classes from scratch, one rate for all. Returns the state of the backbone. */
function pretrain(pool: ReturnType<typeof loadSplit>) {
  const { images, epochs } = options.pretrain;
  const data = firstClasses(pool, 5, images);
  const model = new FashionNet(5);
  const steps = epochs * Math.floor(data.count / BATCH.pretrain);
  const progress = startProgress('pretraining', steps);
  train({
    model,
    data,
    optimWrapper: { optimizer: { type: 'AdamW', lr: 4e-3, weight_decay: 0.05 } },
    schedule: { type: 'CosineAnnealingLR', T_max: steps, by_epoch: false },
    steps,
    batchSize: BATCH.pretrain,
    onStep: ({ loss }) => progress.advance(BATCH.pretrain, `loss ${loss.toFixed(3)}`),
  });
  progress.stop();
  const state = [...model.stateDict()].filter(([name]) => name.startsWith('backbone.'));
  return Object.fromEntries(state);
}

/** The rate of the grid with the best mean accuracy on the held-out images. */
function bestRates(setting: Setting, held: ReturnType<typeof loadSplit>): Map<Contender, number> {
  const { seeds } = options.choice;
  const tries = CONTENDERS.flatMap((contender) => contender.rates.map((lr) => ({ contender, lr })));
  const progress = startProgress('choosing rates', tries.length * seeds);
  const found = tries.map(({ contender, lr }) => {
    const accuracies = Array.from({ length: seeds }, (_, index) => {
      const { accuracy } = finetune(setting, { contender, lr, seed: 1000 + index, on: held });
      progress.advance(STEPS * BATCH.finetune + held.count, `${contender.name}, ${lr}: ${written(accuracy, ACCURACY)}`);
      return accuracy;
    });
    return { contender, lr, value: mean(accuracies) };
  });
  progress.stop();
  for (const contender of CONTENDERS) {
    const row = found.filter((one) => one.contender === contender);
    say(
      `  ${contender.name.padEnd(16)}${row.map(({ lr, value }) => `${lr}: ${written(value, ACCURACY)}`).join('   ')}`,
    );
  }
  return new Map(
    CONTENDERS.map((contender) => {
      const own = found.filter((one) => one.contender === contender);
      return [contender, best(own, ACCURACY).lr];
    }),
  );
}

/** Accuracies on the test images, seed by seed; curves of the first seed go into the metrics file. */
function compare(setting: Setting, rates: ReadonlyMap<Contender, number>, test: ReturnType<typeof loadSplit>) {
  const progress = startProgress('comparing', options.seeds * CONTENDERS.length);
  const accuracies = new Map<Contender, number[]>(CONTENDERS.map((contender) => [contender, []]));
  let first: Outcome | undefined;
  for (let seed = 0; seed < options.seeds; seed++)
    for (const contender of CONTENDERS) {
      const run = { contender, lr: rates.get(contender)!, seed, on: test };
      const outcome = finetune(setting, seed === 0 ? { ...run, onStep: logStep(contender.name) } : run);
      if (seed === 0) log({ run: contender.name, iteration: STEPS, accuracy: outcome.accuracy });
      first ??= outcome;
      accuracies.get(contender)!.push(outcome.accuracy);
      progress.advance(
        STEPS * BATCH.finetune + test.count,
        `${contender.name}: ${written(outcome.accuracy, ACCURACY)}`,
      );
    }
  progress.stop();
  return { accuracies, first: first! };
}

const started = Date.now();
mkdirSync(options.out, { recursive: true });
rmSync(metricsFile, { force: true });
const { libtorch, blas } = engineVersions();
say(`libtorch ${libtorch}, ${blas.split(' ').slice(0, 2).join(' ')}, ${getNumThreads()} threads`);

const all = loadSplit('train');
const pool = slice(all, 0, 57_000);
const held = slice(all, all.count - options.choice.images, all.count);
const test = slice(loadSplit('t10k'), 0, options.testImages);

heading('Pretraining on the first five classes');
manualSeed(0);
const setting = { backbone: pretrain(pool), pool, perClass: options.perClass, batchSize: BATCH.finetune };

heading(`Each contender's best rate, on ${held.count} training images that none is trained on`);
const rates = bestRates(setting, held);

heading(`All ten classes from ${options.perClass} images each, ${STEPS} steps, ${options.seeds} seeds`);
const { accuracies, first } = compare(setting, rates, test);

heading('What optim_wrapper.json gives each parameter');
say(planTable(planOf(first.wrapper)!));

heading(`Accuracy on ${test.count.toLocaleString('en')} test images, mean ± standard deviation`);
for (const [{ name }, values] of accuracies) say(`  ${name.padEnd(16)}${spread(values, ACCURACY)}`);
say(
  `\n${barChart(
    [...accuracies].map(([{ name }, values]) => ({ name, values })),
    ACCURACY,
  )}\n`,
);
const ours = accuracies.get(PARAM_WISE)!;
for (const rival of RIVALS)
  say(`  param-wise against ${rival.name}: ${paired(ours, accuracies.get(rival)!, ACCURACY)}`);
say(`
  With few labels and few steps one rate cannot be right for both: what the new head needs destroys the backbone. With
  60,000 labels it does not matter.`);

saveSafetensors(join(options.out, 'param-wise.safetensors'), Object.fromEntries(first.model.stateDict()));
writeFileSync(join(options.out, 'report.html'), reportPage(first, metricsFile));
say(`\n  report    ${join(options.out, 'report.html')}\n  time      ${Math.round((Date.now() - started) / 1000)} s`);
