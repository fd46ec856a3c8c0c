/** Schemas of single fields that several configs have. Their error texts say what is allowed. */
import * as z from 'zod';
import * as rules from '../optimizers/rules.ts';

export const number = z.number({ error: 'a finite number' });
export const notNegative = number.min(0, { error: rules.notNegative.allowed });
export const positive = number.positive({ error: rules.positive.allowed });
export const flag = z.boolean({ error: rules.flag.allowed });
export const name = z.string({ error: 'a name' }).min(1, { error: 'a name' });
export const count = atLeast(1);

/** A whole number from `least` up. */
export function atLeast(least: number) {
  const error = rules.atLeast(least).allowed;
  return z.int({ error }).min(least, { error });
}

/** For the JSON Schema: a name, perhaps behind a scope or the path of its module. */
export function dotted(...names: readonly string[]) {
  const plain = names.map((each) => each.replaceAll('.', '\\.')).join('|');
  return z.string().regex(new RegExp(`^(?:[\\w.]+\\.)?(?:${plain})$`));
}

/** For the JSON Schema: what MMEngine notes beside the type of a class from another library's config. */
export const scope = z.string().optional();
