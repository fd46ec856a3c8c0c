/** What a config file is made of, and what Python's operators do with it. */

/** Python's `None` is `null`, a tuple is a list. */
export type ConfigValue = null | boolean | number | string | readonly ConfigValue[] | ConfigMapping;
export interface ConfigMapping {
  readonly [key: string]: ConfigValue;
}

export function isConfigMapping(value: unknown): value is ConfigMapping {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

type Numeric = (a: number, b: number) => number;

const ARITHMETIC: Readonly<Record<string, Numeric>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '//': (a, b) => Math.floor(a / b),
  // The sign is that of the divisor.
  '%': (a, b) => a - b * Math.floor(a / b),
  '**': (a, b) => a ** b,
};

/** Binary operators by how tightly they bind; those of one line alike. `**` is not here: it groups to the right. */
export const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ['+', 1],
  ['-', 1],
  ['*', 2],
  ['/', 2],
  ['//', 2],
  ['%', 2],
]);

/** The result, or in words why there is none. */
export function operate(operator: string, a: ConfigValue, b: ConfigValue): ConfigValue | Error {
  if (operator === '+' && typeof a === 'string' && typeof b === 'string') return a + b;
  if (operator === '+' && Array.isArray(a) && Array.isArray(b))
    return [...(a as ConfigValue[]), ...(b as ConfigValue[])];
  if (typeof a !== 'number' || typeof b !== 'number') return new Error(`"${operator}" is read between numbers only`);
  if (b === 0 && ['/', '//', '%'].includes(operator)) return new Error('division by zero');
  const result = ARITHMETIC[operator]!(a, b);
  return Number.isFinite(result) ? result : new Error(`the result of "${operator}" is no finite number`);
}
