/** Looks through a wrapper around a model, such as one for data-parallel training. */

import { listSome } from '../text.ts';
import { type ModuleView, walkDistinctParams } from './model.ts';

/**
 * The module that a wrapper holds as `module`, or the model itself.
 *
 * Parameters of the wrapper that are not in that module are not trained, so they are warned about.
 */
export function unwrapModel(model: ModuleView): { readonly model: ModuleView; readonly warnings: readonly string[] } {
  const inner = wrappedModule(model);
  if (inner === undefined) return { model, warnings: [] };
  const inside = new Set([...walkDistinctParams(inner)].map(([, param]) => param));
  const outside = [...walkDistinctParams(model)].filter(([, param]) => !inside.has(param)).map(([path]) => path);
  if (outside.length === 0) return { model: inner, warnings: [] };
  const warning = `the model has a child named "module" and is taken for a wrapper around it; ${outside.length} of its parameters are outside and will not be trained: ${listSome(outside)}`;
  return { model: inner, warnings: [warning] };
}

function wrappedModule(model: ModuleView): ModuleView | undefined {
  for (const [name, child] of model.ownChildren()) if (name === 'module') return child;
  const property = (model as ModuleView & { readonly module?: unknown }).module;
  return isModuleView(property) ? property : undefined;
}

/** Whether a value shows what a model must. */
export function isModuleView(value: unknown): value is ModuleView {
  return (
    value !== null &&
    typeof value === 'object' &&
    'ownParams' in value &&
    'ownChildren' in value &&
    'moduleKind' in value
  );
}
