/** Where a training run stands, as a state dict holds it. */
import { describeValue } from '../config/errors.ts';

export interface WrapperCounters {
  /** Backward passes so far. */
  inner_count: number;
  /** Backward passes in the whole run; -1 where not known. */
  max_counts: number;
  /** Optimizer updates so far. */
  update_count: number;
  /** Items weighed into the gradients that wait for a step; null where losses are averaged without weights. */
  pending_items: number | null;
}

const LEAST = { inner_count: 0, max_counts: -1, update_count: 0 } as const;

/** @throws TypeError that names the first counter that cannot be one */
export function checkCounters(counters: WrapperCounters): void {
  if (typeof counters !== 'object' || counters === null)
    throw new TypeError(`optim wrapper state dict: counters must be a mapping, not ${describeValue(counters)}`);
  for (const name of ['inner_count', 'max_counts', 'update_count'] as const) {
    const value: unknown = counters[name];
    if (typeof value !== 'number') throw refusal(name, 'a number', value);
    if (name === 'max_counts' && value >= -1) continue;
    if (!isCount(value, LEAST[name])) throw refusal(name, `a whole number from ${LEAST[name]} up`, value);
  }
  const items: unknown = counters.pending_items ?? null;
  if (items !== null && !(Number.isFinite(items) && Number(items) > 0))
    throw refusal('pending_items', 'null or a number above 0', items);
}

/** The length of a run as a state has it: earlier versions took any number, also one that no run can have. */
export function knownLength(maxCounts: number): number {
  return Number.isSafeInteger(maxCounts) ? maxCounts : -1;
}

function refusal(name: string, allowed: string, found: unknown): TypeError {
  return new TypeError(`optim wrapper state dict: counters.${name} must be ${allowed}, not ${describeValue(found)}`);
}

function isCount(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

/** @throws RangeError where a run cannot begin at `initCounts` of `maxCounts` */
export function checkStart(initCounts: number, maxCounts: number): void {
  if (!isCount(initCounts, 0))
    throw new RangeError(
      `initializeCountStatus: initCounts is ${describeValue(initCounts)}; allowed is a whole number from 0 up, the iterations already done`,
    );
  if (!(maxCounts === -1 || isCount(maxCounts, initCounts)))
    throw new RangeError(
      `initializeCountStatus: maxCounts is ${describeValue(maxCounts)}; allowed is a whole number from initCounts (${initCounts}) up, the iterations of the whole run, or -1 where they are not known`,
    );
}
