/** Schedules that cannot do what they say, for want of an end or of steps. */
import { NEVER, SCHEDULER_TYPES, type ScheduleKind } from '../config/scheduler-config.ts';
import { formatNumber } from '../text.ts';

type Options = Readonly<Record<string, unknown>>;

interface Windowed {
  readonly typeName: string;
  readonly kind: ScheduleKind;
  readonly paramName: string;
}

/** Options as a schedule acts on them, which is after conversion. */
interface Window {
  readonly begin: number;
  readonly end: number;
  readonly by_epoch: boolean;
}

/** What can be told from the options alone: an end that is needed and missing, a warm-up of one step. */
export function windowWarnings({ typeName, kind, paramName }: Windowed, options: Window & Options): string[] {
  const stays = staysAt(kind, options);
  if (stays === undefined) return [];
  const { begin, end, by_epoch } = options;
  const says = (what: string, remedy = '') => [`${typeName}: ${what}, so ${paramName} stays ${stays}${remedy}`];
  if (end >= NEVER) {
    const what = isCosine(kind) ? 'neither end nor T_max is given' : 'no end is given';
    const give = isCosine(kind) ? 'give one of them' : 'give one';
    const option = by_epoch ? 'maxEpochs, --epochs' : 'maxIters, --iters';
    return says(what, `; ${give}, or the length of the run (${option})`);
  }
  if (factorOf(kind, options) === undefined) return [];
  const window = `from begin ${formatNumber(begin)} to end ${formatNumber(end)} is`;
  if (end - begin <= 1) {
    const instead = by_epoch ? ', or by_epoch: false to count iterations' : '';
    return says(`${window} a single step`, `; a later end is needed${instead}`);
  }
  // A constant is undone at the last step, which is counted in whole steps.
  return isConstant(kind) && !Number.isInteger(end - begin) ? says(`${window} no whole number of steps`) : [];
}

/** What can be told once the length of the run is known. @param schedule as configured, in the unit of `end`. */
export function runWarnings(schedule: Options & { readonly type: string }, end: number | undefined): string[] {
  const type = SCHEDULER_TYPES.get(schedule.type);
  if (type === undefined || end === undefined) return [];
  const unit = schedule.by_epoch === false ? 'iteration' : 'epoch';
  if (beginsLate(schedule, end)) {
    return [`${type.name}: it begins at ${unit} ${Number(schedule.begin)}, and the run has ${end}, so it never acts`];
  }
  const last = Number(schedule.end);
  const isOneStep = last - Number(schedule.begin) <= 1 && schedule.convert_to_iter_based !== true;
  if (last < end || last >= NEVER || isOneStep || factorOf(type.kind, schedule) === undefined) return [];
  const base = `${type.param ?? String(schedule.param_name)} ${last > end ? 'never reaches its base' : 'reaches its base in the last'}`;
  if (last > end) return [`${type.name}: it warms up to ${unit} ${last}, and the run has ${end}, so ${base}`];
  return [`${type.name}: it warms up for the whole run of ${end} ${unit}s, so ${base}; give an end`];
}

/** Whether a schedule begins when the run is over. */
export function beginsLate({ begin }: Options, end: number): boolean {
  return typeof begin === 'number' && begin >= end;
}

/** Where the value stays without an end; `undefined` for a kind or options that need none. */
function staysAt(kind: ScheduleKind, options: Options): string | undefined {
  if (isCosine(kind)) return typeof options.T_max === 'number' ? undefined : 'as it is';
  if (kind === 'Poly' || kind === 'PolyRatio') return 'as it is';
  // It is refused without an end, and one of a single step sets the base itself.
  if (kind === 'QuadraticWarmup') return undefined;
  const isLevel = kind === 'Linear' && options.start_factor === options.end_factor;
  const factor = kind === 'Linear' && !isLevel ? Number(options.start_factor) : factorOf(kind, options);
  if (factor === undefined) return undefined;
  return factor === 1 ? 'as it is' : `at ${formatNumber(factor)} times its value`;
}

/** What a warm-up begins at, as a factor of the base; `undefined` for what is none. A constant zero is meant to stay. */
function factorOf(kind: ScheduleKind, { start_factor, end_factor, factor }: Options): number | undefined {
  if (kind === 'Linear') return Number(start_factor) < Number(end_factor) ? Number(start_factor) : undefined;
  if (kind === 'QuadraticWarmup') return 0;
  if (isConstant(kind)) return Number(factor) > 0 && Number(factor) < 1 ? Number(factor) : undefined;
  return undefined;
}

const isCosine = (kind: ScheduleKind) => kind === 'CosineAnnealing' || kind === 'CosineAnnealingDecay';
const isConstant = (kind: ScheduleKind) => kind === 'Constant' || kind === 'AnyConstant';
