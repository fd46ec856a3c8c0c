/** Plan and model → the data of the page. */
import { type ModuleView, type ParamPlan, type ParamView, walkModules } from '@paramwise/core';
import { effectiveGroups, effectiveSettings, elementCount, type PlanRow, planRows } from '@paramwise/core/internal';
import type { Chart } from './charts.ts';
import { type GroupSummary, PATH_MARK, type ReportData } from './data.ts';

export interface ReportDataInput {
  readonly title: string;
  readonly plan: ParamPlan;
  readonly model?: ModuleView | undefined;
  readonly charts: readonly Chart[];
}

export function reportData({ title, plan, model, charts }: ReportDataInput): ReportData {
  const texts = internTexts();
  const groupOf = groupIndex(plan);
  const rows = inModelOrder(planRows(plan), model);
  const typeOf = moduleTypes(model);
  const twice = new Map(plan.duplicates.map(({ path, first }) => [path, first]));
  const column = <V>(value: (row: PlanRow) => V) => rows.map(value);
  const params = {
    path: column(({ path }) => path),
    shape: column(({ param }) => param.shape),
    type: column(({ path }) => texts.indexOf(typeOf(path))),
    lr: column((row) => (row.isTrained ? numberOrNull(row.lr) : null)),
    decay: column((row) => (row.isTrained ? numberOrNull(row.weightDecay) : null)),
    more: column((row) => texts.indexOf(row.isTrained ? moreText(row.others) : '')),
    rule: column((row) => texts.indexOf(ruleText(row))),
    group: column((row) => (row.isTrained ? (groupOf.get(row.path) ?? -1) : -1)),
    reasons: column((row) => reasonsOf(row, twice.get(row.path)).map(texts.indexOf)),
  };
  return {
    title,
    base: { lr: plan.base.lr ?? null, decay: plan.base.weight_decay ?? null },
    warnings: plan.warnings,
    texts: texts.list,
    params,
    groups: groupSummaries(plan),
    charts,
    elements: { all: countOnce(rows), trained: countOnce(plan.groups) },
  };
}

function internTexts() {
  const list = [''];
  const known = new Map([['', 0]]);
  const indexOf = (text: string): number => {
    const index = known.get(text);
    if (index !== undefined) return index;
    known.set(text, list.length);
    return list.push(text) - 1;
  };
  return { list, indexOf };
}

function groupIndex(plan: ParamPlan): Map<string, number> {
  return new Map(
    effectiveGroups(plan).flatMap(({ paramNames = [] }, index) =>
      paramNames.map((path): [string, number] => [path, index]),
    ),
  );
}

function groupSummaries(plan: ParamPlan): GroupSummary[] {
  return effectiveGroups(plan).map(({ params: _, paramNames: __, name: ___, ...settings }) => {
    const { lr, weightDecay, others } = effectiveSettings(plan.base, settings);
    return { lr: numberOrNull(lr), decay: numberOrNull(weightDecay), more: moreText(others) };
  });
}

const numberOrNull = (value: unknown) => (typeof value === 'number' ? value : null);

function moreText(others: Readonly<Record<string, unknown>>): string {
  return Object.entries(others)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

function ruleText(row: PlanRow): string {
  return row.isTrained ? row.decidedBy.join(', ') : (row.frozenBy ?? '');
}

function reasonsOf(row: PlanRow, first: string | undefined): string[] {
  const reasons = row.reasons.map((reason) => reason.split(`"${row.path}"`).join(`"${PATH_MARK}"`));
  if (first === undefined) return reasons;
  return [...reasons, `it is the same parameter as ${first}, which has a group too: no optimizer takes it twice`];
}

function countOnce(rows: readonly { readonly param: ParamView }[]): number {
  const params = new Set<ParamView>(rows.map(({ param }) => param));
  return [...params].reduce((sum, param) => sum + elementCount(param), 0);
}

/** The plan keeps what is trained and what is not apart; a reader looks for both where they stand in the model. */
function inModelOrder(rows: readonly PlanRow[], model: ModuleView | undefined): readonly PlanRow[] {
  if (model === undefined) return rows;
  const places = new Map<string, number>();
  for (const { module, prefix } of walkModules(model)) {
    for (const [name] of module.ownParams()) places.set(prefix === '' ? name : `${prefix}.${name}`, places.size);
  }
  const place = ({ path }: PlanRow) => places.get(path) ?? Number.POSITIVE_INFINITY;
  return rows.toSorted((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
}

function moduleTypes(model: ModuleView | undefined): (path: string) => string {
  const types = new Map<string, string>();
  for (const { module, prefix } of model === undefined ? [] : walkModules(model)) {
    types.set(prefix, module.typeNames?.[0] ?? '');
  }
  return (path) => types.get(path.slice(0, Math.max(0, path.lastIndexOf('.')))) ?? '';
}
