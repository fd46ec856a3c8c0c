/** Makes the engine's optimizers and wrappers known to configs. */
import { OPTIM_WRAPPERS, OPTIMIZERS } from '@paramwise/core';
import type { ParamsInput } from './groups.ts';
import { LBFGS } from './lbfgs.ts';
import type { Optimizer } from './optimizer.ts';
import { OPTIMIZER_CLASSES } from './optimizers.ts';
import { OptimWrapper } from './wrapper.ts';

/** Called once, by the package's door. A second copy of the package takes the names over. */
export function registerEngine(): void {
  for (const made of [...OPTIMIZER_CLASSES, LBFGS])
    OPTIMIZERS.register(
      made.name,
      ({ type: _, params, ...options }) => new made(params as unknown as ParamsInput, withoutNulls(options)),
      { force: true },
    );
  OPTIM_WRAPPERS.register(
    'OptimWrapper',
    ({ type: _, optimizer, ...options }) => new OptimWrapper({ ...options, optimizer: optimizer as Optimizer }),
    { force: true },
  );
}

/** MMEngine's configs write `lr=None` for "the optimizer's default". */
function withoutNulls(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));
}
