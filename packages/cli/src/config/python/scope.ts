/** `_scope_`, which MMEngine leaves in what comes from another package's config. */
import { PyDict, PyList, PyTuple, type Value } from './values.ts';

/** Marks every outermost mapping that has a `type`. Source: MMEngine 0.10, `Config._dict_to_config_dict`. */
export function addScope(value: Value, scope: string): void {
  if (value instanceof PyDict && value.unknown === undefined) {
    if (value.get('type') !== undefined) {
      if ((value.get('_scope_') ?? null) === null) value.set('_scope_', scope);
      return;
    }
    for (const [, item] of value.entries()) addScope(item, scope);
  } else if (value instanceof PyTuple || (value instanceof PyList && value.unknown === undefined)) {
    for (const item of value.items) addScope(item, scope);
  }
}
