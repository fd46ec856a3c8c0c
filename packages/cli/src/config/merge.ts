/**
 * Merging of configs as MMEngine does it: mappings field by field, anything else replaced; `_delete_` replaces a mapping
 * whole. Source: MMEngine 0.10, "Config", inheritance.
 */
import { refuse } from '../refusal.ts';
import { type ConfigMapping, type ConfigValue, isConfigMapping } from './python-values.ts';

const DELETE = '_delete_';

/** @throws Refusal where a mapping meets something else, as in MMEngine. */
export function mergeConfigs(base: ConfigMapping, own: ConfigMapping, file: string, at = ''): ConfigMapping {
  const merged: Record<string, ConfigValue> = { ...base };
  for (const [key, value] of Object.entries(own)) {
    if (key === DELETE) continue;
    const old = Object.hasOwn(base, key) ? base[key] : undefined;
    if (!isConfigMapping(value)) merged[key] = withoutMarks(value);
    else if (old === undefined || isSet(value[DELETE])) merged[key] = withoutMarks(value);
    else if (isConfigMapping(old)) merged[key] = mergeConfigs(old, value, file, `${at}${key}.`);
    else
      refuse(
        `${file}: ${at}${key}: a mapping cannot be merged into what _base_ has there; add _delete_=True to replace it`,
      );
  }
  return merged;
}

/** The files of one `_base_` as one. @throws Refusal where two of them have the same key, as in MMEngine. */
export function mergeBases(
  bases: readonly { readonly name: string; readonly content: ConfigMapping }[],
  file: string,
): ConfigMapping {
  const merged: Record<string, ConfigValue> = {};
  const owner = new Map<string, string>();
  for (const { name, content } of bases) {
    for (const [key, value] of Object.entries(content)) {
      if (owner.has(key)) refuse(`${file}: _base_: both ${owner.get(key)} and ${name} have ${key}`);
      owner.set(key, name);
      merged[key] = value;
    }
  }
  return merged;
}

const isSet = (mark: ConfigValue | undefined) => mark !== undefined && mark !== null && mark !== false && mark !== 0;

/** The value without any `_delete_`, which is a word to the merging alone. */
function withoutMarks<V extends ConfigValue>(value: V): V {
  if (Array.isArray(value)) return value.map((item: ConfigValue) => withoutMarks(item)) as unknown as V;
  if (!isConfigMapping(value)) return value;
  const kept = Object.entries(value).filter(([key]) => key !== DELETE);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutMarks(item)])) as unknown as V;
}
