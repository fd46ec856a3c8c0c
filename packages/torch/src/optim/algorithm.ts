/** What an optimization algorithm is, as data: its settings, its state, and the kernel that does the arithmetic. */

/** Settings of a parameter group as the optimizer reads them; fields it does not know are carried along untouched. */
export type Settings = { [setting: string]: unknown };

/** What a setting may hold. `allowed` finishes the sentence "found 3; allowed is …". */
export interface Rule {
  readonly allowed: string;
  readonly holds: (value: unknown) => boolean;
}

/**
 * One algorithm. The formula and its source stand above each record; the arithmetic itself is in
 * `native/algorithms.h`, under the name that `kernel` gives.
 */
export interface Algorithm {
  /** As in `torch.optim` and in a config's `type`. */
  readonly name: string;
  /** Every setting with its default, spelled as in PyTorch. */
  readonly defaults: Settings;
  /** What each setting may hold. */
  readonly rules: Readonly<Record<string, Rule>>;
  /** Combinations of settings that make no sense; the text says why. */
  readonly conflict?: (settings: Settings) => string | undefined;
  /** State tensors of a parameter with these settings: zeros of its shape, under PyTorch's names. */
  readonly slots: (settings: Settings) => readonly string[];
  /** The native kernel for these settings. */
  readonly kernel: (settings: Settings) => string;
  /** The numbers that the kernel takes, in its order. `step` counts from 1; `fresh`: the state was made just now. */
  readonly kernelSettings: (settings: Settings, step: number, fresh: boolean) => readonly number[];
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);

export const notNegative: Rule = { allowed: 'a number from 0 up', holds: (value) => isNumber(value) && value >= 0 };

export const flag: Rule = { allowed: 'true or false', holds: (value) => typeof value === 'boolean' };

/** `foreach`, `fused`, `capturable`, `differentiable`: how PyTorch computes, not what. Accepted for portable configs. */
export const implementationChoice: Rule = {
  allowed: 'true, false or null',
  holds: (value) => typeof value === 'boolean' || value === null,
};

export const anyNumber: Rule = { allowed: 'a number', holds: isNumber };

/** Two decay rates of running averages. */
export const betas: Rule = {
  allowed: 'two numbers from 0 up to, not including, 1',
  holds: (value) =>
    Array.isArray(value) && value.length === 2 && value.every((beta) => isNumber(beta) && beta >= 0 && beta < 1),
};

/** The settings that every PyTorch optimizer takes besides its own. */
export const commonDefaults: Settings = { maximize: false, foreach: null, differentiable: false };

export const commonRules: Readonly<Record<string, Rule>> = {
  lr: notNegative,
  weight_decay: notNegative,
  maximize: flag,
  foreach: implementationChoice,
  fused: implementationChoice,
  capturable: implementationChoice,
  differentiable: { allowed: 'false: steps are not differentiable here', holds: (value) => value === false },
};

/** A checked setting as a number; flags become 1 and 0. */
export function numberOf(settings: Settings, name: string): number {
  return Number(settings[name]);
}

/** A checked pair of decay rates. */
export function betasOf(settings: Settings): readonly [number, number] {
  return settings.betas as [number, number];
}
