/**
 * A plan as a page to look at: one HTML file that works from disk and asks nothing of any network.
 *
 * Everything that comes from a model or a config stands in the page as data, is shown as text, and is never run: the
 * page's own policy allows its one script and its one style sheet, by their hashes, and nothing else.
 */
import type { ModuleView, ParamPlan } from '@paramwise/core';
import { reportData } from './report/collect.ts';
import type { MembersData, ReportData } from './report/data.ts';
import { type MetricsLine, metricsCharts } from './report/metrics.ts';
import { type GroupCurves, scheduleCharts } from './report/schedules.ts';
import { fillMarks, pageTemplate } from './report/template.ts';

export interface ReportInput {
  /** Heading of the page, usually the model's name. */
  readonly title: string;
  readonly plan: ParamPlan;
  /** Adds the classes of modules and the model's own order. */
  readonly model?: ModuleView | undefined;
  /** What the schedules will do, one entry a group. */
  readonly schedules?: readonly GroupCurves[] | undefined;
  /** Lines of a metrics file. */
  readonly metrics?: readonly MetricsLine[] | undefined;
}

/** The page. The same input always gives the same text. */
export function renderReport(input: ReportInput): string {
  return fillTemplate(input.title, dataOf(input));
}

/** One optimizer of several, with what its page shows. */
export interface ReportMember {
  readonly name: string;
  readonly input: ReportInput;
}

/** The page of a config of several optimizers: it shows one of them, and links to the others. */
export function renderMembersReport(title: string, members: readonly ReportMember[]): string {
  return fillTemplate(title, { members: members.map(({ name, input }) => ({ name, data: dataOf(input) })) });
}

function dataOf({ title, plan, model, schedules = [], metrics = [] }: ReportInput): ReportData {
  const charts = [...scheduleCharts(schedules), ...metricsCharts(metrics)];
  return reportData({ title, plan, model, charts });
}

function fillTemplate(title: string, data: ReportData | MembersData): string {
  const json = escapeJson(JSON.stringify(data));
  return fillMarks(pageTemplate(), {
    title: escapeHtml(title),
    data: `<script type="application/json" id="data">${json}</script>`,
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (char) => ENTITIES[char]!);

/** JSON that no HTML parser can mistake for markup: without `<` there is neither an end tag nor a comment. */
const escapeJson = (json: string) => json.replaceAll('<', '\\u003c');
