/** What a call is given. */
import { Unreadable, type Value } from './values.ts';

export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** So many values and no names. */
export function valuesOf({ positional, named }: Arguments, least: number, most: number): readonly Value[] {
  if (named.size === 0 && positional.length >= least && positional.length <= most) return positional;
  throw new Unreadable(`a call with ${positional.length + named.size} values is not read here`);
}
