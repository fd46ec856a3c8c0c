/**
 * Two ways to train the same network: AdamW for all of it, and the config of `optim_wrapper.json`, in which Muon steps the
 * matrices of the blocks and AdamW the rest. Each takes the best rates of a grid of its own, four tries each.
 */
import { readFileSync } from 'node:fs';

/** Rates to try. */
export interface Rates {
  readonly lr: number;
  /** Of Muon. */
  readonly muon?: number;
}

export interface Contender {
  readonly name: string;
  readonly tries: readonly Rates[];
  readonly optimWrapper: (rates: Rates) => Record<string, unknown>;
}

interface Config {
  readonly optim_wrapper: {
    readonly optimizer: Record<string, unknown>;
    readonly paramwise_cfg: Record<string, unknown> & { readonly matrix_algorithm: Record<string, unknown> };
  };
  readonly param_scheduler: readonly (Record<string, unknown> & { readonly begin: number; readonly end: number })[];
}

const config = JSON.parse(readFileSync(new URL('./optim_wrapper.json', import.meta.url), 'utf8')) as Config;
const { optimizer, paramwise_cfg } = config.optim_wrapper;
const { matrix_algorithm, ...plain } = paramwise_cfg;

export const MUON: Contender = {
  name: 'Muon + AdamW',
  tries: [
    { muon: 0.02, lr: 0.003 },
    { muon: 0.04, lr: 0.003 },
    { muon: 0.08, lr: 0.003 },
    { muon: 0.04, lr: 0.006 },
  ],
  optimWrapper: ({ lr, muon }) => ({
    ...config.optim_wrapper,
    optimizer: { ...optimizer, lr },
    paramwise_cfg: { ...plain, matrix_algorithm: { ...matrix_algorithm, lr: muon } },
  }),
};

export const ADAMW: Contender = {
  name: 'AdamW',
  tries: [{ lr: 0.003 }, { lr: 0.0015 }, { lr: 0.0007 }, { lr: 0.006 }],
  optimWrapper: ({ lr }) => ({ ...config.optim_wrapper, optimizer: { ...optimizer, lr }, paramwise_cfg: plain }),
};

export const CONTENDERS = [MUON, ADAMW];

export const ratesText = ({ muon, lr }: Rates) => (muon === undefined ? `${lr}` : `${muon} + ${lr}`);

/** Steps of the config's schedule. */
export const STEPS = Math.max(...config.param_scheduler.map(({ end }) => end));

/** The config's schedule, drawn together or out to so many steps. */
export function scheduleOf(steps: number): Record<string, unknown>[] {
  const scaled = (step: number) => Math.round((step * steps) / STEPS);
  return config.param_scheduler.map((each) => ({ ...each, begin: scaled(each.begin), end: scaled(each.end) }));
}
