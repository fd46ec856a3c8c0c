/**
 * Three ways to fine-tune: one rate for all, the backbone frozen, and the param-wise settings of `optim_wrapper.json`. Each
 * is given the best rate of a grid of its own, found on images that are neither trained on nor tested on.
 */
import { readFileSync } from 'node:fs';

export interface Contender {
  readonly name: string;
  /** Rates that it may choose from. */
  readonly rates: readonly number[];
  readonly optimWrapper: (lr: number) => Record<string, unknown>;
}

interface Config {
  readonly optim_wrapper: Record<string, unknown> & { readonly optimizer: Record<string, unknown> };
  readonly param_scheduler: readonly Record<string, unknown>[];
}

/** The param-wise config, a file that MMEngine reads too. */
export const config = JSON.parse(readFileSync(new URL('./optim_wrapper.json', import.meta.url), 'utf8')) as Config;

const { paramwise_cfg, ...plain } = config.optim_wrapper;

function withRate(lr: number, more: Record<string, unknown> = {}) {
  return { ...plain, ...more, optimizer: { ...plain.optimizer, lr } };
}

export const PARAM_WISE: Contender = {
  name: 'param-wise',
  rates: [0.01, 0.02, 0.03, 0.05, 0.1],
  optimWrapper: (lr) => withRate(lr, { paramwise_cfg }),
};

export const RIVALS: readonly Contender[] = [
  {
    name: 'one rate',
    rates: [0.002, 0.003, 0.005, 0.01, 0.02],
    optimWrapper: (lr) => withRate(lr),
  },
  {
    name: 'frozen backbone',
    rates: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2],
    optimWrapper: (lr) => withRate(lr, { paramwise_cfg: { custom_keys: { backbone: { freeze: true } } } }),
  },
];

/** Rates are of the one order of magnitude: the schedule is the same for all. */
export const schedule = config.param_scheduler;

/** Updates of a fine-tuning run, where the schedule ends. */
export const STEPS = Math.max(...schedule.map(({ end }) => Number(end)));
