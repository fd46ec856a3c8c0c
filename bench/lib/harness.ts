/**
 * How rivals are timed: in turns, A B A B, so that whatever else the machine does meets all of them alike. A ratio is the
 * median of the ratios of one round each, never a ratio of two medians.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Somebody who can do a piece of work: `run` does it once and says how many milliseconds that took. */
export interface Rival {
  readonly who: string;
  readonly run: () => Promise<number>;
}

/** A rival that is not there, and why. */
export interface Absent {
  readonly who: string;
  readonly note: string;
}

export interface Row {
  work: string;
  who: string;
  /** null where the rival could not run; `note` says why. */
  median_ms: number | null;
  min_ms: number | null;
  runs: number;
  /** Most memory that the process ever held, where that is the question. */
  peak_mib?: number;
  note?: string;
}

export interface Ratio {
  /** Work, and who did it where that is not the first of its rows. */
  work: string;
  ours_to: string;
  ratio: number;
}

export interface Findings {
  rows: Row[];
  ratios: Ratio[];
}

export interface Effort {
  /** Timed rounds. */
  runs: number;
  /** Rounds before them. */
  warmup: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Times of each rival, by name; the nth of all were measured one after the other. */
export type Times = ReadonlyMap<string, readonly number[]>;

/** Lets the threads of the rival before fall asleep: OpenBLAS's look for more work for some 30 ms. */
const PAUSE_MS = 50;

export async function interleave(rivals: readonly Rival[], { runs, warmup }: Effort): Promise<Times> {
  const times = new Map<string, number[]>(rivals.map(({ who }) => [who, []]));
  for (let round = -warmup; round < runs; round++)
    for (const { who, run } of rivals) {
      await sleep(PAUSE_MS);
      const ms = await run();
      if (round >= 0) times.get(who)!.push(ms);
    }
  return times;
}

export function rowsOf(work: string, times: Times, absent: readonly Absent[] = []): Row[] {
  const timed = Array.from(times, ([who, ms]): Row => {
    return { work, who, median_ms: median(ms), min_ms: Math.min(...ms), runs: ms.length };
  });
  const missing = absent.map(({ who, note }): Row => ({ work, who, median_ms: null, min_ms: null, runs: 0, note }));
  return [...timed, ...missing];
}

/** Median over the rounds of `who`'s time by `other`'s; undefined where one of them was not there. */
export function ratioOf(times: Times, who: string, other: string): number | undefined {
  const [a, b] = [times.get(who), times.get(other)];
  return a && b && median(a.map((ms, round) => ms / b[round]!));
}

/** The ratio of the first rival to each other, as `ratios` of a result. */
export function ratiosOf(work: string, times: Times, who: string, others: readonly string[]): Ratio[] {
  return others.flatMap((other) => {
    const ratio = ratioOf(times, who, other);
    return ratio === undefined ? [] : [{ work, ours_to: other, ratio }];
  });
}
