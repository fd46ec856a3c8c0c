/** A plan as rows to be shown: what holds for each parameter, and how much of the model shares its settings. */
import type { ParamPlan, ParamView } from '@paramwise/core';
import { elementCount, type PlanRow, planRows } from '@paramwise/core/internal';
import { shortNumber } from './text/table.ts';

/** One parameter, ready to be shown. */
export interface ParamRow {
  readonly path: string;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly bytes: number;
  readonly lr: string;
  readonly decay: string;
  /** What decided, and the other settings of the group. */
  readonly rule: string;
  readonly trained: boolean;
}

/** Parameters with the same settings. */
export interface GroupTotal {
  /** What decided about them. */
  readonly rules: readonly string[];
  readonly lr: string;
  readonly decay: string;
  readonly params: number;
  readonly elements: number;
  readonly bytes: number;
}

/** Every parameter: trained ones in the order of the plan, then those that are left out. */
export function paramRows(plan: ParamPlan): ParamRow[] {
  return planRows(plan).map((row) => ({ path: row.path, ...sizeOf(row.param), ...settingsOf(row) }));
}

function settingsOf(row: PlanRow): Pick<ParamRow, 'lr' | 'decay' | 'rule' | 'trained'> {
  if (!row.isTrained) {
    const { first, frozenBy } = row;
    const duplicate = first === undefined ? 'requires no gradient' : `same as ${first}`;
    const rule = `left out: ${frozenBy === undefined ? duplicate : `frozen by ${frozenBy}`}`;
    return { lr: '-', decay: '-', rule, trained: false };
  }
  const others = Object.entries(row.others).map(([name, value]) => `${name} ${shortNumber(value)}`);
  const rule = [...row.decidedBy, ...others].join(', ') || '-';
  return { lr: settingText(row.lr), decay: settingText(row.weightDecay), rule, trained: true };
}

const settingText = (value: unknown) => (value === undefined ? 'default' : shortNumber(value));

const DTYPE_BITS: ReadonlyMap<string, number> = new Map([
  ['double', 64],
  ['half', 16],
]);

/** By the first number in its name: `bfloat16`, `float8_e4m3fn`. */
function bitsOf(dtype: string): number {
  return DTYPE_BITS.get(dtype) ?? Number(/\d+/.exec(dtype)?.[0] ?? 32);
}

function sizeOf(param: ParamView): Pick<ParamRow, 'shape' | 'elements' | 'bytes'> {
  const elements = elementCount(param);
  const dtype = 'dtype' in param ? String(param.dtype) : 'float32';
  return { shape: param.shape, elements, bytes: Math.ceil((elements * bitsOf(dtype)) / 8) };
}

/** One entry for each distinct pair of rate and decay, in the order in which they are first met; what is left out last. */
export function groupTotals(rows: readonly ParamRow[]): GroupTotal[] {
  const totals = new Map<string, { rules: Set<string>; rows: ParamRow[] }>();
  for (const row of rows) {
    const id = JSON.stringify([row.lr, row.decay]);
    const total = totals.get(id) ?? { rules: new Set(), rows: [] };
    totals.set(id, total);
    total.rules.add(row.rule);
    total.rows.push(row);
  }
  const sum = (all: readonly ParamRow[], of: 'elements' | 'bytes') => all.reduce((total, row) => total + row[of], 0);
  return [...totals.values()].map(({ rules, rows: all }) => ({
    rules: [...rules],
    lr: all[0]!.lr,
    decay: all[0]!.decay,
    params: all.length,
    elements: sum(all, 'elements'),
    bytes: sum(all, 'bytes'),
  }));
}
