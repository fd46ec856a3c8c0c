/** A quasi-Newton method for full batches. */
import type { AlgorithmInfo } from './algorithm.ts';
import { atLeast, commonRules, notNegative, oneOf, orNull } from './rules.ts';

/**
 * Limited-memory BFGS (Nocedal, "Updating quasi-Newton matrices with limited storage", 1980; torch.optim.LBFGS): the
 * direction is -H·g, H the inverse Hessian as the last `history_size` changes of gradient and parameters tell it. Its
 * state belongs to all parameters and is kept with the first.
 */
export const lbfgs: AlgorithmInfo = {
  name: 'LBFGS',
  defaults: {
    lr: 1,
    max_iter: 20,
    max_eval: null,
    tolerance_grad: 1e-7,
    tolerance_change: 1e-9,
    history_size: 100,
    line_search_fn: null,
  },
  rules: {
    lr: commonRules.lr!,
    max_iter: atLeast(1),
    max_eval: orNull(atLeast(1)),
    tolerance_grad: notNegative,
    tolerance_change: notNegative,
    history_size: atLeast(1),
    line_search_fn: orNull(oneOf('strong_wolfe')),
  },
  together: true,
  savesStep: false,
  slots: () => ({}),
  mayHold: [
    ...['func_evals', 'n_iter', 'H_diag', 't', 'prev_loss'],
    ...['d', 'prev_flat_grad', 'old_dirs', 'old_stps', 'ro', 'al'],
  ],
};
