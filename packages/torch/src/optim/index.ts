/** What `optim` holds. */
export type { Algorithm, Rule, Settings } from './algorithm.ts';
export type { ParamsInput, TorchParamGroup } from './groups.ts';
export { Optimizer, type ParamState } from './optimizer.ts';
export { AdamW, defineOptimizer, type OptimizerClass, SGD } from './optimizers.ts';
export type { OptimizerStateDict } from './state-dict.ts';
