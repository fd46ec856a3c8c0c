/** A small training, in one process or as one rank of several: the same batches, each rank its own rows of them. */
import { buildOptimWrapper, manualSeed, nn, type OptimWrapper, randn, type Tensor, tidy } from '../../../src/index.ts';

export interface TrainingSettings {
  accumulation: number;
  zero: boolean;
}

export interface TrainingResult {
  /** Of this rank's rows. */
  losses: number[];
  norms: (number | undefined)[];
  reported: (number | undefined)[];
  /** Bytes of the optimizer's state here. */
  stateBytes: number;
  weights: number[];
}

const ROWS = 12;
const STEPS = 50;

export function makeModel(): nn.Sequential {
  manualSeed(5);
  return new nn.Sequential(
    new nn.Linear(6, 16),
    new nn.Tanh(),
    new nn.Linear(16, 12),
    new nn.Tanh(),
    new nn.Linear(12, 3),
  );
}

export function makeWrapper(model: nn.Module, { accumulation, zero }: TrainingSettings): OptimWrapper {
  const settings = { lr: 0.02, weight_decay: 0.05 };
  return buildOptimWrapper(model, {
    accumulative_counts: accumulation,
    clip_grad: { max_norm: 0.5 },
    optimizer: zero
      ? { type: 'ZeroRedundancyOptimizer', optimizer_type: 'AdamW', ...settings }
      : { type: 'AdamW', ...settings },
    paramwise_cfg: { bias_decay_mult: 0, custom_keys: { '0.': { lr_mult: 0.5 } } },
  });
}

/** The batch of an iteration: this rank's rows of it. */
export function rowsOf(iteration: number, rank: number, size: number): Tensor {
  manualSeed(1000 + iteration);
  return randn([ROWS, 6]).narrow(0, (rank * ROWS) / size, ROWS / size);
}

export const lossOf = (output: Tensor): Tensor => output.sub(1).pow(2).mean();

/** One training iteration of a model that may be wrapped. */
export function iterate(
  model: nn.Module & { forward(input: Tensor): unknown },
  wrapper: OptimWrapper,
  [iteration, rank, size]: readonly [number, number, number],
): number {
  return tidy(() => {
    const loss = lossOf(wrapper.optimContext(model, () => model.forward(rowsOf(iteration, rank, size))) as Tensor);
    wrapper.updateParams(loss);
    return Number(loss.item());
  });
}

/** @param each is told after every iteration */
export function train(
  model: nn.Module & { forward(input: Tensor): unknown },
  settings: TrainingSettings,
  [rank, size]: readonly [number, number],
  each: () => void = () => undefined,
): TrainingResult {
  const wrapper = makeWrapper(model, settings);
  wrapper.recordGradReport = true;
  const result: TrainingResult = { losses: [], norms: [], reported: [], stateBytes: 0, weights: [] };
  for (let iteration = 0; iteration < STEPS * settings.accumulation; iteration++) {
    result.losses.push(iterate(model, wrapper, [iteration, rank, size]));
    if (wrapper.innerCount % settings.accumulation === 0) {
      result.norms.push(wrapper.lastGradNorm);
      result.reported.push(wrapper.gradReport().before);
    }
    each();
  }
  for (const { slots } of wrapper.optimizer.state.values())
    for (const slot of Object.values(slots)) result.stateBytes += 4 * slot.numel;
  result.weights = model.parameters().flatMap((parameter) => parameter.reshape([-1]).toArray() as number[]);
  return result;
}
