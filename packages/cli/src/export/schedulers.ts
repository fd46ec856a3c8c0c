/** Schedules as MMEngine reads them. */
import { parseOptimWrapper, parseParamScheduler } from '@paramwise/core';
import type { ConfigFile } from '../config/load.ts';
import { refuse } from '../refusal.ts';
import { COUNTS_UPDATES } from '../run-settings.ts';

type Mapping = Readonly<Record<string, unknown>>;

export interface PlainSchedulers {
  /** As the config has them, without our own fields. */
  readonly schedulers: unknown;
  readonly notes: readonly string[];
}

/** @param hasFrozen whether there are parameters that must keep the rate 0. @throws Refusal where they would not. */
export function plainSchedulers({ param_scheduler, optim_wrapper }: ConfigFile, hasFrozen: boolean): PlainSchedulers {
  if (param_scheduler === undefined) return { schedulers: undefined, notes: [] };
  const checked = parseParamScheduler(param_scheduler);
  const { accumulative_counts = 1 } = parseOptimWrapper(optim_wrapper);
  const lifting = checked.find(liftsZero);
  if (hasFrozen && lifting !== undefined) {
    refuse(
      `${lifting.type} would lift the rate 0 of frozen parameters, which MMEngine cannot leave out; give it eta_min_ratio, or remove freeze`,
    );
  }
  const differs =
    accumulative_counts > 1 && checked.some(({ by_epoch, counts }) => by_epoch === false && counts !== 'iterations');
  const note = `${COUNTS_UPDATES}: multiply their steps by accumulative_counts (${accumulative_counts})`;
  return { schedulers: mapEach(param_scheduler, withoutCounts), notes: differs ? [note] : [] };
}

/** Whether it moves a rate of 0 away from 0: one that goes to, or comes from, a rate of its own. */
function liftsZero({ type, eta_min, param_name }: Mapping): boolean {
  if (typeof type !== 'string' || /Momentum$|WeightDecay$/.test(type)) return false;
  if (param_name !== undefined && param_name !== 'lr') return false;
  return type.startsWith('OneCycle') || (typeof eta_min === 'number' && eta_min > 0);
}

function mapEach(value: unknown, change: (item: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map(change) : change(value);
}

function withoutCounts(scheduler: unknown): unknown {
  const { counts: _, ...rest } = Object(scheduler) as Mapping;
  return rest;
}
