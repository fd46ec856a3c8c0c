/**
 * The arithmetic of every schedule: `(previous, base, step) → next`, and nothing else.
 *
 * Each is in its chainable form, which moves the value a group now has rather than computing it from the start, so that
 * schedules can act on one value together. `step` counts from 0 at `begin`; `base` is the value before any schedule.
 * Source: MMEngine 0.10's `mmengine.optim.scheduler`, which follows `torch.optim.lr_scheduler`.
 */
import type { CheckedScheduleOptions, ScheduleKind } from '../config/scheduler-config.ts';

/** The next value of one group. `group` is its index, for settings that are given a group. */
export type NextValue = (previous: number, base: number, step: number, group: number) => number;

/** Kinds whose value follows from the step alone. */
export type SteppedKind = Exclude<ScheduleKind, 'ReduceOnPlateau'>;

interface ScheduleRecord<K extends SteppedKind> {
  readonly make: (options: CheckedScheduleOptions<K>) => NextValue;
  /** Options counted in steps, which a conversion from epochs to iterations multiplies, as it does `begin` and `end`. */
  readonly counted: readonly (keyof CheckedScheduleOptions<K>)[];
}

type ScheduleTable = { readonly [K in SteppedKind]: ScheduleRecord<K> };

/** `min + (previous − min) · (1 + cos π·step/period) / (1 + cos π·(step − 1)/period)`: half a cosine, down to `min`. */
function alongCosine(previous: number, min: number, step: number, period: number): number {
  const ratio = (1 + Math.cos((Math.PI * step) / period)) / (1 + Math.cos((Math.PI * (step - 1)) / period));
  return ratio * (previous - min) + min;
}

interface Minimum {
  readonly eta_min?: number | null | undefined;
  readonly eta_min_ratio?: number | null | undefined;
}

/** `eta_min`, or `eta_min_ratio` of the base value; 0 where neither is given. */
function minimumOf({ eta_min, eta_min_ratio }: Minimum): (base: number) => number {
  const ratio = eta_min_ratio ?? undefined;
  return ratio === undefined ? () => eta_min ?? 0 : (base) => base * ratio;
}

/** Number of steps from the first in the window to its last. */
const lastStepOf = ({ begin, end }: { readonly begin: number; readonly end: number }) => end - begin - 1;

export const SCHEDULES: ScheduleTable = {
  /** Times `factor` from the first step, undone at the last. */
  Constant: { counted: [], make: constant },

  /** Times `gamma` every `step_size` steps. */
  Step: {
    counted: ['step_size'],
    make:
      ({ step_size, gamma }) =>
      (previous, _base, step) =>
        step === 0 || step % step_size !== 0 ? previous : previous * gamma,
  },

  /** Times `gamma` at each milestone; one that is listed twice counts twice. */
  MultiStep: {
    counted: ['milestones'],
    make:
      ({ milestones, gamma }) =>
      (previous, _base, step) =>
        previous * gamma ** milestones.filter((milestone) => milestone === step).length,
  },

  /** Times `gamma` every step. */
  Exponential: {
    counted: [],
    make:
      ({ gamma }) =>
      (previous, _base, step) =>
        step === 0 ? previous : previous * gamma,
  },

  /** From `start_factor` to `end_factor` times the value, in a straight line. */
  Linear: {
    counted: [],
    make: (options) => {
      const { start_factor: start, end_factor: end } = options;
      const last = lastStepOf(options);
      return (previous, _base, step) =>
        step === 0 ? previous * start : previous * (1 + (end - start) / (last * start + (step - 1) * (end - start)));
    },
  },

  /** Half a cosine down to the minimum in `T_max` steps, and up again in as many. Loshchilov & Hutter 2016 (SGDR). */
  CosineAnnealing: { counted: ['T_max'], make: cosineAnnealing },

  /** Down to `eta_min` at the last step as `(1 − step/last) ** power`. */
  Poly: {
    counted: [],
    make: (options) => {
      const last = lastStepOf(options);
      return (previous, _base, step) =>
        step === 0
          ? previous
          : (previous - options.eta_min) * (1 - 1 / (last - step + 1)) ** options.power + options.eta_min;
    },
  },

  /** Up to `eta_max`, then far down. Smith & Topin 2017 (Super-Convergence). Not chainable: `base` is `eta_max / div_factor`. */
  OneCycle: { counted: ['total_steps'], make: oneCycle },

  /** A half cosine for each of `periods`, begun at its weight times the base value. Loshchilov & Hutter 2016 (SGDR). */
  CosineRestart: {
    counted: ['periods'],
    make: (options) => {
      const { periods, restart_weights: weights } = options;
      const minimum = minimumOf(options);
      const starts = periods.map((_, index) => periods.slice(0, index).reduce((sum, period) => sum + period, 0));
      return (previous, base, step) => {
        const index = periods.findIndex((period, i) => step < starts[i]! + period);
        if (index < 0) return previous;
        const within = step - starts[index]!;
        if (within === 0) return base * weights[index]!;
        return alongCosine(previous, minimum(base), within, periods[index]!);
      };
    },
  },

  /** Up from zero as `((step + 1)/length)²` of the base, by the differences of the squares. Source: MMDetection 3, MMPose 1. */
  QuadraticWarmup: {
    counted: [],
    make: ({ begin, end }) => {
      const squared = (end - begin) ** 2;
      return (previous, base, step) => (step === 0 ? 0 : previous) + (base * (2 * step + 1)) / squared;
    },
  },

  /** As `Poly`, down to a share of the base where there is one. Source: MMSegmentation 1's PolyLRRatio. */
  PolyRatio: {
    counted: [],
    make: (options) => {
      const last = lastStepOf(options);
      const minimum = minimumOf(options);
      return (previous, base, step) => {
        if (step === 0) return previous;
        const min = minimum(base);
        return (previous - min) * (1 - 1 / (last - step + 1)) ** options.power + min;
      };
    },
  },

  /** As `CosineAnnealing`, but what begins at zero stays there. Source: MMPretrain 1's CosineAnnealingWeightDecay. */
  CosineAnnealingDecay: {
    counted: ['T_max'],
    make: (options) => {
      const next = cosineAnnealing(options);
      return (previous, base, step, group) => (base === 0 && step > 0 ? 0 : next(previous, base, step, group));
    },
  },

  /** As `Constant`, whatever the factor. Source: MMPose 1's ConstantLR. */
  AnyConstant: { counted: [], make: constant },
};

/** The schedule of one kind for checked options. */
export function makeSchedule<K extends SteppedKind>(kind: K, options: CheckedScheduleOptions<K>): NextValue {
  const record: ScheduleRecord<K> = SCHEDULES[kind];
  return record.make(options);
}

function constant(options: CheckedScheduleOptions<'Constant'>): NextValue {
  const last = lastStepOf(options);
  return (previous, _base, step) => {
    if (step === 0) return previous * options.factor;
    return step === last ? previous * (1 / options.factor) : previous;
  };
}

function cosineAnnealing(options: CheckedScheduleOptions<'CosineAnnealing'>): NextValue {
  const period = options.T_max ?? options.end - options.begin;
  const minimum = minimumOf(options);
  return (previous, base, step) => {
    if (step === 0) return previous;
    const min = minimum(base);
    // At the bottom the ratio of cosines is 0/0; this is the first step up.
    if ((step - 1 - period) % (2 * period) === 0) {
      return previous + ((base - min) * (1 - Math.cos(Math.PI / period))) / 2;
    }
    return alongCosine(previous, min, step, period);
  };
}

type OneCycleOptions = CheckedScheduleOptions<'OneCycle'>;
type CyclePoint = 'initial' | 'max' | 'min';

/** The three values that a cycle goes between, for one group. */
export function oneCycleBounds(
  { eta_max, div_factor, final_div_factor }: OneCycleOptions,
  group: number,
): Record<CyclePoint, number> {
  // The settings that no rule has touched come last and have no value of their own: they take the last group's.
  const max = typeof eta_max === 'number' ? eta_max : (eta_max[group] ?? eta_max.at(-1) ?? 0);
  const initial = max / div_factor;
  return { initial, max, min: initial / final_div_factor };
}

function oneCycle(options: OneCycleOptions): NextValue {
  const total = options.total_steps ?? Number(options.epochs) * Number(options.steps_per_epoch);
  const top = options.pct_start * total - 1;
  const phases: { end: number; from: CyclePoint; to: CyclePoint }[] = options.three_phase
    ? [
        { end: top, from: 'initial', to: 'max' },
        { end: 2 * options.pct_start * total - 2, from: 'max', to: 'initial' },
        { end: total - 1, from: 'initial', to: 'min' },
      ]
    : [
        { end: top, from: 'initial', to: 'max' },
        { end: total - 1, from: 'max', to: 'min' },
      ];
  return (_previous, _base, step, group) => {
    if (step > total) throw new RangeError(`step ${step + 1} is past the end of the cycle: total_steps is ${total}`);
    const reached = phases.findIndex(({ end }) => step <= end);
    const index = reached < 0 ? phases.length - 1 : reached;
    const { end, from, to } = phases[index]!;
    const begin = index === 0 ? 0 : phases[index - 1]!.end;
    const bounds = oneCycleBounds(options, group);
    return anneal(options.anneal_strategy, bounds[from], bounds[to], (step - begin) / (end - begin));
  };
}

function anneal(strategy: OneCycleOptions['anneal_strategy'], start: number, end: number, part: number): number {
  if (strategy === 'linear') return (end - start) * part + start;
  return end + ((start - end) / 2) * (Math.cos(Math.PI * part) + 1);
}

/** What a plateau schedule remembers between metrics, named as in a checkpoint. */
export interface PlateauState {
  readonly best: number;
  readonly num_bad_epochs: number;
  readonly cooldown_counter: number;
}

type PlateauOptions = CheckedScheduleOptions<'ReduceOnPlateau'>;

export function initialPlateau({ rule }: PlateauOptions): PlateauState {
  const best = rule === 'less' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return { best, num_bad_epochs: 0, cooldown_counter: 0 };
}

/** Takes in a metric: reduce once it has not improved for more than `patience` epochs, then wait for `cooldown`. */
export function plateauStep(
  state: PlateauState,
  metric: number,
  options: PlateauOptions,
): { state: PlateauState; reduce: boolean } {
  const better = isBetter(metric, state.best, options);
  const best = better ? metric : state.best;
  const cooling = state.cooldown_counter > 0;
  const bad = better || cooling ? 0 : state.num_bad_epochs + 1;
  const cooldown_counter = cooling ? state.cooldown_counter - 1 : state.cooldown_counter;
  if (bad <= options.patience) return { state: { best, num_bad_epochs: bad, cooldown_counter }, reduce: false };
  return { state: { best, num_bad_epochs: 0, cooldown_counter: options.cooldown }, reduce: true };
}

/** `previous · factor`, not below the group's minimum; changes of up to `eps` are not made. */
export function reducedValue(previous: number, group: number, { factor, min_value, eps }: PlateauOptions): number {
  const min = typeof min_value === 'number' ? min_value : (min_value[group] ?? min_value.at(-1) ?? 0);
  const next = Math.max(previous * factor, min);
  return previous - next > eps ? next : previous;
}

function isBetter(metric: number, best: number, { rule, threshold, threshold_rule }: PlateauOptions): boolean {
  if (rule === 'less') return metric < (threshold_rule === 'rel' ? best * (1 - threshold) : best - threshold);
  return metric > (threshold_rule === 'rel' ? best * (1 + threshold) : best + threshold);
}
