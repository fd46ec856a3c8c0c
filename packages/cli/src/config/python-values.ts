/** What a config is made of once it is read. */

/** Python's `None` is `null`, a tuple is a list, an imported name is its dotted path. */
export type ConfigValue = null | boolean | number | string | readonly ConfigValue[] | ConfigMapping;
export interface ConfigMapping {
  readonly [key: string]: ConfigValue;
}

export function isConfigMapping(value: unknown): value is ConfigMapping {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
