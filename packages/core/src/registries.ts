/** The public registries as one value. */
import { OPTIM_WRAPPER_CONSTRUCTORS } from './plan/constructors.ts';
import { OPTIM_WRAPPERS, OPTIMIZERS, type Registries } from './registry.ts';
import { PARAM_SCHEDULERS } from './schedule/build.ts';

/** What names stand for where no other registries are handed in. */
export const publicRegistries: Registries = {
  optimizers: OPTIMIZERS,
  wrappers: OPTIM_WRAPPERS,
  constructors: OPTIM_WRAPPER_CONSTRUCTORS,
  schedulers: PARAM_SCHEDULERS,
};
