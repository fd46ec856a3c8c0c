/** Schemas of single fields that several configs have. Their error texts say what is allowed. */
import * as z from 'zod';

export const number = z.number({ error: 'a finite number' });
export const notNegative = number.min(0, { error: 'a number of zero or more' });
export const positive = number.positive({ error: 'a number above zero' });
export const flag = z.boolean({ error: 'true or false' });
export const name = z.string({ error: 'a name' }).min(1, { error: 'a name' });
export const count = z
  .int({ error: 'a whole number of one or more' })
  .min(1, { error: 'a whole number of one or more' });
