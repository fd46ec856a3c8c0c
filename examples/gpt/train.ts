/** Training, evaluating and sampling. */
import {
  buildOptimWrapper,
  buildParamScheduler,
  getRngState,
  manualSeed,
  nn,
  noGrad,
  type OptimWrapper,
  ScheduleDriver,
  setRngState,
  type Tensor,
  tensor,
  tidy,
} from '@paramwise/torch';
import { type Contender, type Rates, scheduleOf } from './contenders.ts';
import { CONTEXT, Gpt } from './model.ts';
import { type Batch, pieces, randomPieces, startsOf, type Text } from './text.ts';

const BATCH = 16;
/** Characters of a step. */
export const PER_STEP = BATCH * CONTEXT;

export interface Run {
  readonly contender: Contender;
  readonly rates: Rates;
  /** Draws weights and pieces: the same for both contenders. */
  readonly seed: number;
  readonly steps: number;
  readonly onStep: (step: number, loss: number, model: Gpt) => void;
}

export interface Outcome {
  readonly model: Gpt;
  readonly wrapper: OptimWrapper;
  /** Processor time of the training, seconds of all threads. */
  readonly cpuSeconds: number;
}

export function train({ train, vocabulary }: Text, { contender, rates, seed, steps, onStep }: Run): Outcome {
  manualSeed(seed);
  const model = new Gpt(vocabulary.length);
  // What the plan has to say is printed once, with the plan.
  const wrapper = buildOptimWrapper(model, contender.optimWrapper(rates), { onWarning: () => {} });
  const driver = new ScheduleDriver(buildParamScheduler(wrapper, scheduleOf(steps)), wrapper);
  let cpu = 0;
  for (let step = 1; step <= steps; step++) {
    const before = process.cpuUsage();
    const loss = tidy(() => {
      const loss = lossOf(model, randomPieces(train, BATCH, CONTEXT));
      wrapper.updateParams(loss);
      return Number(loss.item());
    });
    driver.afterIteration();
    const { user, system } = process.cpuUsage(before);
    cpu += user + system;
    onStep(step, loss, model);
  }
  return { model, wrapper, cpuSeconds: cpu / 1e6 };
}

function lossOf(model: Gpt, { inputs, targets }: Batch): Tensor {
  return nn.functional.crossEntropy(model.forward(inputs).flatten(0, 1), targets.flatten());
}

/** Mean loss of a character of the text, in nats. */
export function evaluate(model: Gpt, text: Tensor): number {
  return noGrad(() =>
    tidy(() => {
      const batches = startsOf(text, CONTEXT).split(4 * BATCH);
      const count = batches.reduce((sum, starts) => sum + starts.numel, 0);
      const losses = batches.map((starts) =>
        tidy(() => starts.numel * Number(lossOf(model, pieces(text, starts, CONTEXT)).item())),
      );
      return losses.reduce((sum, loss) => sum + loss, 0) / count;
    }),
  );
}

/** Text behind a prompt, drawn from what the model expects. Leaves the random state as it was. */
export function sample(model: Gpt, vocabulary: readonly string[], prompt: string, length: number): string {
  const state = getRngState();
  const numbers = [...prompt].map((character) => vocabulary.indexOf(character));
  noGrad(() => {
    for (let i = 0; i < length; i++)
      numbers.push(
        tidy(() => {
          const scores = model.forward(tensor([numbers.slice(-CONTEXT)], { dtype: 'int64' }));
          return Number(scores.select(1, -1).softmax(-1).multinomial(1).item());
        }),
      );
  });
  setRngState(state);
  return numbers.map((number) => vocabulary[number]).join('');
}
