/** Makes a class of optimizers known to configs. */
import { OPTIMIZERS } from '@paramwise/core';
import type { ParamsInput } from './groups.ts';
import type { Optimizer } from './optimizer.ts';

/** `optimizer.type` of a config may name it from now on, in place of any other of that name. */
export function nameInConfigs(made: new (params: ParamsInput, options?: Record<string, unknown>) => Optimizer): void {
  OPTIMIZERS.register(
    made.name,
    ({ type: _, params, ...options }) => new made(params as unknown as ParamsInput, withoutNulls(options)),
    { force: true },
  );
}

/** MMEngine's configs write `lr=None` for "the optimizer's default". */
function withoutNulls(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));
}
