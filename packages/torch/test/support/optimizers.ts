/** The optimizers that take dense gradients, by name, and the ways to compute a step. */
import { optim } from '../../src/index.ts';

export const PATHS: readonly optim.StepPath[] = ['kernel', 'operators', 'foreach'];

/** All but LBFGS and SparseAdam, whose steps need a closure and sparse gradients. */
export const OPTIMIZERS_BY_NAME: Readonly<Record<string, optim.OptimizerClass>> = {
  SGD: optim.SGD,
  Adam: optim.Adam,
  AdamW: optim.AdamW,
  Adamax: optim.Adamax,
  NAdam: optim.NAdam,
  RAdam: optim.RAdam,
  Adagrad: optim.Adagrad,
  Adadelta: optim.Adadelta,
  RMSprop: optim.RMSprop,
  Rprop: optim.Rprop,
  ASGD: optim.ASGD,
  Lion: optim.Lion,
  Adafactor: optim.Adafactor,
  LAMB: optim.LAMB,
  LARS: optim.LARS,
  Muon: optim.Muon,
};
