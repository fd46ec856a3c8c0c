/** One fine-tuning run: the pretrained backbone, a new head, a few labelled images, a few steps. */
import { manualSeed, type OptimWrapper, type Tensor } from '@paramwise/torch';
import { type Contender, STEPS, schedule } from './contenders.ts';
import { type Dataset, drawPerClass, release } from './data.ts';
import { FashionNet } from './model.ts';
import { evaluate, type Step, train } from './train.ts';

export interface Setting {
  /** State of the pretrained backbone. */
  readonly backbone: Readonly<Record<string, Tensor>>;
  /** Where labelled images are drawn from. */
  readonly pool: Dataset;
  readonly perClass: number;
  readonly batchSize: number;
}

export interface Run {
  readonly contender: Contender;
  readonly lr: number;
  /** Draws images, head and order: the same for every contender. */
  readonly seed: number;
  readonly on: Dataset;
  readonly onStep?: (step: Step) => void;
}

export interface Outcome {
  /** 0 to 1. */
  readonly accuracy: number;
  readonly model: FashionNet;
  readonly wrapper: OptimWrapper;
}

export function finetune({ backbone, pool, perClass, batchSize }: Setting, run: Run): Outcome {
  manualSeed(run.seed);
  const data = drawPerClass(pool, perClass);
  const model = new FashionNet(10);
  model.loadStateDict(backbone, { strict: false });
  const optimWrapper = run.contender.optimWrapper(run.lr);
  const wrapper = train({ model, data, optimWrapper, schedule, steps: STEPS, batchSize, ...pick(run) });
  release(data);
  return { accuracy: evaluate(model, run.on), model, wrapper };
}

const pick = ({ onStep }: Run) => (onStep === undefined ? {} : { onStep });
