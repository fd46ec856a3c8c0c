/** What `paramwise plan` prints. */
import type { ParamPlan } from '@paramwise/core';
import { type GroupTotal, groupTotals, paramRows } from '../plan-view.ts';
import { type Paint, printable } from './paint.ts';
import { planTree } from './plan-tree.ts';
import { byteSize, type Column, tableLines, thousands } from './table.ts';

const TOTALS: readonly Column[] = [
  { title: 'lr', align: 'right' },
  { title: 'weight_decay', align: 'right' },
  { title: 'params', align: 'right' },
  { title: 'elements', align: 'right' },
  { title: 'size', align: 'right' },
  { title: 'set by' },
];

export interface PlanTextOptions {
  readonly paint: Paint;
  /** Whether every parameter has a line. */
  readonly isFull: boolean;
}

/** Tree, totals for each distinct setting, and how many warnings there are. */
export function planText(name: string, plan: ParamPlan, { paint, isFull }: PlanTextOptions): string {
  const rows = paramRows(plan);
  const [head = '', ...tree] = planTree(rows, isFull);
  const totals = groupTotals(rows);
  const [totalsHead = '', ...totalsBody] = tableLines(TOTALS, totals.map(totalCells));
  return [
    paint.bold(printable(name)),
    paint.dim(head),
    ...tree.map((line) => (line.includes('left out: ') ? paint.dim(line) : line)),
    '',
    paint.dim(totalsHead),
    ...totalsBody,
    paint.bold(sumLine(totals)),
    '',
  ].join('\n');
}

const MAX_RULES = 3;

function totalCells({ lr, decay, params, elements, bytes, rules }: GroupTotal): string[] {
  const more = rules.length > MAX_RULES ? ` and ${rules.length - MAX_RULES} more` : '';
  const names = rules.slice(0, MAX_RULES).map((rule) => (rule === '-' ? 'the optimizer' : printable(rule)));
  return [lr, decay, thousands(params), thousands(elements), byteSize(bytes), `${names.join('; ')}${more}`];
}

function sumLine(totals: readonly GroupTotal[]): string {
  const sum = (of: 'params' | 'elements' | 'bytes') => totals.reduce((total, group) => total + group[of], 0);
  return `${thousands(sum('params'))} parameters, ${thousands(sum('elements'))} elements, ${byteSize(sum('bytes'))}`;
}

/** Each warning on a line of its own. */
export function warningText(warnings: readonly string[]): string {
  return warnings.map((warning) => `warning: ${printable(warning)}\n`).join('');
}
