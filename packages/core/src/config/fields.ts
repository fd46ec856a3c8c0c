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
