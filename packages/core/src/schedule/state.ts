/** The state of a schedule as a checkpoint has it: read strictly, and compared with what is here. */
import {
  NEVER,
  optionNames,
  SCHEDULER_TYPES,
  type ScheduleKind,
  type SchedulerType,
} from '../config/scheduler-config.ts';
import { formatNumber } from '../text.ts';
import type { PlateauState } from './schedule.ts';

type State = Readonly<Record<string, unknown>>;

/** How far a schedule has come. */
export interface Progress {
  readonly lastStep: number;
  readonly globalStep: number;
  readonly baseValues: readonly number[];
  /** Not in every state. */
  readonly lastValues: readonly number[] | undefined;
}

/**
 * The progress in a state for `groups` groups.
 *
 * @throws TypeError when the state is not one of a schedule of as many groups, or has a number that none can have.
 */
export function readProgress(typeName: string, state: State, groups: number): Progress {
  const { last_step, _global_step, base_values, _last_value } = state;
  const refused = (reason: string) => new TypeError(`${typeName}.loadStateDict: ${reason}`);
  if (last_step === undefined || _global_step === undefined || base_values === undefined) {
    const found = Object.keys(state).join(', ') || 'nothing';
    throw refused(`last_step, _global_step and base_values are needed; found ${found}`);
  }
  const wholeFrom = (name: string, value: unknown) => {
    if (Number.isSafeInteger(value) && Number(value) >= -1) return Number(value);
    throw refused(`${name} must be a whole number from -1 up; found ${String(value)}`);
  };
  const numbersOf = (name: string, value: unknown) => {
    if (!isFiniteList(value)) throw refused(`${name} must be a list of finite numbers; found ${String(value)}`);
    if (value.length === groups) return value;
    throw refused(`the state is of ${value.length} groups, the optimizer has ${groups}`);
  };
  return {
    lastStep: wholeFrom('last_step', last_step),
    globalStep: wholeFrom('_global_step', _global_step),
    baseValues: numbersOf('base_values', base_values),
    lastValues: _last_value === undefined ? undefined : numbersOf('_last_value', _last_value),
  };
}

/**
 * What a plateau schedule remembers, from a state; as at first where the state does not say.
 *
 * @throws TypeError for a count that is none, or a best that is no number.
 */
export function readPlateau(typeName: string, state: State, fresh: PlateauState): PlateauState {
  const { best, num_bad_epochs = 0, cooldown_counter = 0 } = state;
  for (const [name, value] of Object.entries({ num_bad_epochs, cooldown_counter })) {
    if (Number.isSafeInteger(value) && Number(value) >= 0) continue;
    throw new TypeError(
      `${typeName}.loadStateDict: ${name} must be a whole number of 0 or more; found ${String(value)}`,
    );
  }
  if (Number.isNaN(best)) throw new TypeError(`${typeName}.loadStateDict: best must be a number; found NaN`);
  return {
    // Infinity, the best before any metric, is null in JSON.
    best: typeof best === 'number' ? best : fresh.best,
    num_bad_epochs: Number(num_bad_epochs),
    cooldown_counter: Number(cooldown_counter),
  };
}

/** The field that tells one kind of schedule from another in a state without a type, as MMEngine writes it. */
const MARKS: readonly (readonly [field: string, kind: ScheduleKind])[] = [
  ['patience', 'ReduceOnPlateau'],
  ['step_size', 'Step'],
  ['milestones', 'MultiStep'],
  ['start_factor', 'Linear'],
  ['T_max', 'CosineAnnealing'],
  ['power', 'Poly'],
  ['div_factor', 'OneCycle'],
  ['periods', 'CosineRestart'],
  ['factor', 'Constant'],
  ['gamma', 'Exponential'],
];

/** Whether a state is of another kind of schedule, whose progress means nothing here. */
export function isOtherKind({ name, kind }: SchedulerType, state: State): boolean {
  const found = kindOf(state);
  return found === undefined ? typeof state.type === 'string' && state.type !== name : likeOf(found) !== likeOf(kind);
}

/** Kinds with the state of another, which a state without a type is taken for. */
const LIKE: { readonly [K in ScheduleKind]?: ScheduleKind } = {
  AnyConstant: 'Constant',
  PolyRatio: 'Poly',
  CosineAnnealingDecay: 'CosineAnnealing',
};

const likeOf = (kind: ScheduleKind): ScheduleKind => LIKE[kind] ?? kind;

/** What differs between a state's schedule and this one, one entry a difference: `CosineAnnealingLR T_max 10, here StepLR`. */
export function stateDifferences(type: SchedulerType, options: State, state: State): string[] {
  const { name, kind } = type;
  if (isOtherKind(type, state)) return [`${describeState(state, kindOf(state))}, here ${name}`];
  const [theirs, ours] = [effective(kind, state), effective(kind, options)];
  // A state of MMEngine's has no type, and not every option of ours.
  const names = ['param_name', ...optionNames(kind)].filter((field) => state.type !== undefined || field in state);
  return names
    .filter((field) => isComparable(theirs[field]) && !isSame(theirs[field], ours[field]))
    .map((field) => `${name} ${field} ${textOf(theirs[field])}, here ${textOf(ours[field])}`);
}

function kindOf(state: State): ScheduleKind | undefined {
  if (typeof state.type === 'string') return SCHEDULER_TYPES.get(state.type)?.kind;
  return MARKS.find(([field]) => isGiven(state[field]))?.[1];
}

function describeState(state: State, kind: ScheduleKind | undefined): string {
  const suffix = state.param_name === 'momentum' ? 'Momentum' : 'LR';
  const type = typeof state.type === 'string' ? state.type : `${String(kind)}${suffix}`;
  const mark = MARKS.find(([, of]) => of === kind)?.[0];
  const value = mark === undefined || kind === undefined ? undefined : effective(kind, state)[mark];
  return isGiven(value) && isComparable(value) ? `${type} ${mark} ${textOf(value)}` : type;
}

/** Options as they act, whichever way they were given. */
function effective(kind: ScheduleKind, options: State): State {
  const { begin = 0, end = NEVER, eta_min, eta_min_ratio, counts = 'updates' } = options;
  const common = { ...options, begin, end, counts };
  if (kind === 'OneCycle') {
    const { epochs, steps_per_epoch, total_steps } = options;
    const total = total_steps ?? Number(epochs) * Number(steps_per_epoch);
    return { ...common, total_steps: total, epochs: undefined, steps_per_epoch: undefined };
  }
  const isCosine = kind === 'CosineAnnealing' || kind === 'CosineAnnealingDecay';
  if (!isCosine && kind !== 'CosineRestart' && kind !== 'PolyRatio') return common;
  const floor = isGiven(eta_min_ratio) ? undefined : (eta_min ?? 0);
  const period = isCosine ? { T_max: options.T_max ?? Number(end) - Number(begin) } : {};
  return { ...common, ...period, eta_min: floor };
}

const isGiven = (value: unknown) => value !== undefined && value !== null;

/** MMEngine keeps milestones as a mapping of counts, for one; what has another form is left alone. */
function isComparable(value: unknown): boolean {
  return !isGiven(value) || typeof value !== 'object' || isFiniteList(value);
}

/** A number for every group is that number. */
function isSame(a: unknown, b: unknown): boolean {
  if (!isGiven(a) || !isGiven(b)) return isGiven(a) === isGiven(b);
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => item === b[i]);
  if (Array.isArray(a)) return a.every((item) => item === b);
  return Array.isArray(b) ? b.every((item) => item === a) : a === b;
}

function textOf(value: unknown): string {
  if (!isGiven(value)) return 'none';
  if (value === NEVER) return 'never';
  return Array.isArray(value) ? `[${value.map(formatNumber).join(', ')}]` : formatNumber(value);
}

function isFiniteList(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(Number.isFinite);
}
