/** The optimizers by name: classes as in `torch.optim`, made from the records of the algorithms. */
import { adamW } from './adam.ts';
import type { Algorithm, Settings } from './algorithm.ts';
import type { ParamsInput } from './groups.ts';
import { Optimizer } from './optimizer.ts';
import { sgd } from './sgd.ts';

/** A constructor `new SGD(params, {lr, momentum, …})`; options are spelled as in PyTorch and in configs. */
export type OptimizerClass = new (params: ParamsInput, options?: Settings) => Optimizer;

/** The class of an algorithm, named like it. */
export function defineOptimizer(algorithm: Algorithm): OptimizerClass {
  const made = class extends Optimizer {
    constructor(params: ParamsInput, options: Settings = {}) {
      super(algorithm, params, options);
    }
  };
  Object.defineProperty(made, 'name', { value: algorithm.name });
  return made;
}

/** {@inheritDoc sgd} */
export const SGD = defineOptimizer(sgd);

/** {@inheritDoc adamW} */
export const AdamW = defineOptimizer(adamW);
