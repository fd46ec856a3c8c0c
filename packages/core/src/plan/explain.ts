/** A decision, a plan, or the difference of two plans, as plain text. */
import { nearestName } from '../config/errors.ts';
import { elementCount } from '../model/model.ts';
import { formatNumber, listSome } from '../text.ts';
import type { ParamPlan, PlannedParam } from './param-plan.ts';
import { type LeftOutRow, type PlanRow, planRows } from './plan-rows.ts';

/**
 * Everything there is to say about one parameter.
 *
 * @throws RangeError when the plan has no parameter of that path; with the nearest one.
 */
export function explainParam(plan: ParamPlan, path: string): string {
  const planned = plan.groups.filter((entry) => entry.path === path);
  const skipped = plan.skipped.filter((entry) => entry.path === path);
  if (planned.length + skipped.length === 0) throw unknownPath(plan, path);
  const blocks = [
    ...planned.map((entry) => explainPlanned(plan, entry)),
    ...skipped.map(({ reason, param }) => `${path} ${shapeText(param.shape)} is not trained\n  ${reason}`),
    ...plan.duplicates
      .filter((entry) => entry.path === path)
      .map(({ first }) => `  it is the same parameter as ${first}, which has a group too`),
  ];
  return blocks.join('\n');
}

function explainPlanned(plan: ParamPlan, { path, param, options, reasons }: PlannedParam): string {
  const settings = { lr: plan.base.lr, weight_decay: plan.base.weight_decay, ...options };
  const shown = Object.entries(settings).map(([name, value]) => `${name} ${settingText(value)}`);
  return [`${path} ${shapeText(param.shape)}: ${shown.join(', ')}`, ...reasons.map((reason) => `  ${reason}`)].join(
    '\n',
  );
}

function unknownPath({ groups, skipped }: ParamPlan, path: string): RangeError {
  const nearest = nearestName(
    path,
    [...groups, ...skipped].map((entry) => entry.path),
  );
  return new RangeError(
    `the plan has no parameter "${path}"${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`,
  );
}

const shapeText = (shape: readonly number[]) => `(${shape.join(', ')})`;
const settingText = (value: unknown) => {
  if (value === undefined) return 'default';
  return typeof value === 'number' ? formatNumber(value) : JSON.stringify(value);
};

interface Row {
  readonly paths: string[];
  elements: number;
  readonly lr: string;
  readonly weightDecay: string;
  readonly rule: string;
}

const HEADER = ['parameters', 'count', 'elements', 'lr', 'weight_decay', 'rule'];
const NUMERIC_COLUMNS = new Set([1, 2, 3, 4]);

/**
 * The plan as an aligned table. Parameters of one top-level module with equal settings, set by the same rules, share a
 * line; one line more tells what is left out.
 */
export function planTable(plan: ParamPlan): string {
  const rows = new Map<string, Row>();
  for (const row of planRows(plan)) addToRow(rows, row.path, elementCount(row.param), settingsOf(row));
  const cells = [...rows.values()].map((row) => [
    patternOf(row.paths),
    String(row.paths.length),
    String(row.elements),
    row.lr,
    row.weightDecay,
    row.rule,
  ]);
  return alignColumns([HEADER, ...cells]);
}

type RowSettings = Pick<Row, 'lr' | 'weightDecay' | 'rule'>;

function settingsOf(row: PlanRow): RowSettings {
  if (!row.isTrained) return { lr: '-', weightDecay: '-', rule: `left out: ${whyLeftOut(row)}` };
  const extras = Object.entries(row.others).map(([name, value]) => `, ${name} ${settingText(value)}`);
  return {
    lr: settingText(row.lr),
    weightDecay: settingText(row.weightDecay),
    rule: (row.decidedBy.join(', ') || '-') + extras.join(''),
  };
}

function whyLeftOut({ first, frozenBy }: LeftOutRow): string {
  if (frozenBy !== undefined) return `frozen by ${frozenBy}`;
  return first === undefined ? 'requires no gradient' : 'duplicate';
}

function addToRow(rows: Map<string, Row>, path: string, elements: number, settings: RowSettings): void {
  const dot = path.indexOf('.');
  const top = dot < 0 ? '' : path.slice(0, dot);
  const id = JSON.stringify([top, settings.lr, settings.weightDecay, settings.rule]);
  const row = rows.get(id) ?? { paths: [], elements: 0, ...settings };
  rows.set(id, row);
  row.paths.push(path);
  row.elements += elements;
}

/** `layer1.*.bias`: what all paths begin with, and what they all end with. */
function patternOf(paths: readonly string[]): string {
  if (paths.length === 1) return paths[0]!;
  const split = paths.map((path) => path.split('.'));
  const shortest = Math.min(...split.map(({ length }) => length));
  const sameAt = (at: number) => split.every((parts) => parts.at(at) === split[0]!.at(at));
  let front = 0;
  while (front < shortest - 1 && sameAt(front)) front++;
  let back = 0;
  while (back < shortest - front && sameAt(-1 - back)) back++;
  return [...split[0]!.slice(0, front), '*', ...split[0]!.slice(split[0]!.length - back, split[0]!.length)].join('.');
}

function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = HEADER.map((_, column) => rows.reduce((width, row) => Math.max(width, row[column]!.length), 0));
  const pad = (cell: string, column: number) =>
    NUMERIC_COLUMNS.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

/** What changes from one plan to another, equal changes on one line. Empty where nothing does. */
export function diffPlans(before: ParamPlan, after: ParamPlan): string {
  const old = settingsByPath(before);
  const now = settingsByPath(after);
  const changes = new Map<string, string[]>();
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    const change = changeText(old.get(path), now.get(path));
    if (change === '') continue;
    const paths = changes.get(change);
    if (paths === undefined) changes.set(change, [path]);
    else paths.push(path);
  }
  return [...changes].map(([change, paths]) => `${change}: ${listSome(paths)}`).join('\n');
}

type Settings = Readonly<Record<string, string>>;

function settingsByPath({ groups, skipped, base }: ParamPlan): Map<string, Settings> {
  const all = new Map<string, Settings>();
  for (const { path, options } of groups) {
    const settings = { lr: base.lr, weight_decay: base.weight_decay, ...options };
    all.set(path, Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, settingText(value)])));
  }
  for (const { path } of skipped) all.set(path, { trained: 'no' });
  return all;
}

function changeText(before: Settings | undefined, after: Settings | undefined): string {
  if (before === undefined) return 'new in the model';
  if (after === undefined) return 'no longer in the model';
  if ('trained' in before !== 'trained' in after) return 'trained' in after ? 'no longer trained' : 'now trained';
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name} ${before[name] ?? 'default'} → ${after[name] ?? 'default'}`)
    .join(', ');
}
