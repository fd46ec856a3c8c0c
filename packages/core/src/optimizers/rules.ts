/** What the settings of optimizers may hold. */

/** What a setting may hold. `allowed` finishes the sentence "found 3; allowed is …". */
export interface Rule {
  readonly allowed: string;
  readonly holds: (value: unknown) => boolean;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);

/** Whether a value is two numbers that fit. */
const isPair = (value: unknown, fits: (first: number, second: number) => boolean): boolean =>
  Array.isArray(value) && value.length === 2 && value.every(isNumber) && fits(value[0] as number, value[1] as number);

export const anyNumber: Rule = { allowed: 'a number', holds: isNumber };

export const notNegative: Rule = { allowed: 'a number from 0 up', holds: (value) => isNumber(value) && value >= 0 };

export const positive: Rule = { allowed: 'a number above 0', holds: (value) => isNumber(value) && value > 0 };

/** A share: `rho`, `alpha`. */
export const unitInterval: Rule = {
  allowed: 'a number from 0 to 1',
  holds: (value) => isNumber(value) && value >= 0 && value <= 1,
};

/** The decay rate of a running average. */
export const decayRate: Rule = {
  allowed: 'a number from 0 up to, not including, 1',
  holds: (value) => isNumber(value) && value >= 0 && value < 1,
};

export const atLeast = (least: number): Rule => ({
  allowed: `a whole number from ${least} up`,
  holds: (value) => Number.isInteger(value) && (value as number) >= least,
});

export const flag: Rule = { allowed: 'true or false', holds: (value) => typeof value === 'boolean' };

export const orNull = ({ allowed, holds }: Rule): Rule => ({
  allowed: `${allowed}, or null`,
  holds: (value) => value === null || holds(value),
});

export const oneOf = (...names: readonly string[]): Rule => ({
  allowed: `one of ${names.join(', ')}`,
  holds: (value) => names.includes(value as string),
});

/** Two decay rates of running averages. */
export const betas: Rule = {
  allowed: 'two numbers from 0 up to, not including, 1',
  holds: (value) => isPair(value, (...both) => both.every(decayRate.holds)),
};

/** Factors that shrink and grow the step of Rprop. */
export const etas: Rule = {
  allowed: 'two numbers, the first between 0 and 1, the second above 1',
  holds: (value) => isPair(value, (shrink, grow) => shrink > 0 && shrink < 1 && grow > 1),
};

/** Smallest and largest step of Rprop. */
export const stepSizes: Rule = {
  allowed: 'two numbers from 0 up, the smaller first',
  holds: (value) => isPair(value, (least, most) => least >= 0 && least <= most),
};

/** `foreach`, `fused`, `capturable`: how PyTorch computes, not what. Accepted for portable configs. */
const implementationChoice: Rule = {
  allowed: 'true, false or null',
  holds: (value) => typeof value === 'boolean' || value === null,
};

/** The settings that every PyTorch optimizer takes besides its own. */
export const commonDefaults = { maximize: false, foreach: null, differentiable: false } as const;

export const commonRules: Readonly<Record<string, Rule>> = {
  lr: notNegative,
  weight_decay: notNegative,
  maximize: flag,
  foreach: implementationChoice,
  fused: implementationChoice,
  capturable: implementationChoice,
  differentiable: { allowed: 'false: steps are not differentiable here', holds: (value) => value === false },
};
