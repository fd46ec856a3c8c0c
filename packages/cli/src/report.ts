/**
 * A plan as a page to look at: one HTML file that works from disk and asks nothing of any network.
 *
 * Everything that comes from a model or a config stands in the page as data, is shown as text, and is never run: the
 * page's own policy allows its one script and its one style sheet, by their hashes, and nothing else.
 */
import type { ModuleView, ParamPlan } from '@paramwise/core';
import { reportData } from './report/collect.ts';
import type { ReportData } from './report/data.ts';
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
export function renderReport({ title, plan, model, schedules = [], metrics = [] }: ReportInput): string {
  const charts = [...scheduleCharts(schedules), ...metricsCharts(metrics)];
  return fillTemplate(pageTemplate(), reportData({ title, plan, model, charts }));
}

function fillTemplate(template: string, data: ReportData): string {
  const json = escapeJson(JSON.stringify(data));
  return fillMarks(template, {
    title: escapeHtml(data.title),
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
