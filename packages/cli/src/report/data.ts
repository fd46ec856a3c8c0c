/** What the page shows, as plain data: one column a property of parameters, equal texts written once. */
import type { Chart } from './charts.ts';

/** Columns with one entry a parameter, in the model's order. Numbers of `type`, `rule`, `more` and `reasons` point into `texts`. */
interface ParamColumns {
  readonly path: readonly string[];
  readonly shape: readonly (readonly number[])[];
  readonly type: readonly number[];
  /** Learning rate; `null` where neither the config gives one nor the parameter is trained. */
  readonly lr: readonly (number | null)[];
  readonly decay: readonly (number | null)[];
  /** Other settings of the group, written out. */
  readonly more: readonly number[];
  /** The custom key or rules that decided; the empty text where the optimizer's settings hold. */
  readonly rule: readonly number[];
  /** Index of the group; -1 where the parameter is not trained. */
  readonly group: readonly number[];
  readonly reasons: readonly (readonly number[])[];
}

/** Parameters with equal settings. */
export interface GroupSummary {
  readonly lr: number | null;
  readonly decay: number | null;
  readonly more: string;
}

export interface ReportData {
  readonly title: string;
  readonly base: { readonly lr: number | null; readonly decay: number | null };
  readonly warnings: readonly string[];
  readonly texts: readonly string[];
  readonly params: ParamColumns;
  readonly groups: readonly GroupSummary[];
  readonly charts: readonly Chart[];
  /** Scalars of all parameters and of those that are trained, each parameter counted once. */
  readonly elements: { readonly all: number; readonly trained: number };
}

/** What the page of several optimizers holds; it shows one of them. */
export interface MembersData {
  readonly members: readonly { readonly name: string; readonly data: ReportData }[];
}

/** Stands in a reason for the path of its own parameter, so that reasons of many parameters are one text. */
export const PATH_MARK = '\u0001';
