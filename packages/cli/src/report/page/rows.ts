/** The parameters as rows: read from the page's columns, searched and sorted. */
import type { ReportData } from '../data.ts';
import { numberText, shapeText, shortRule } from './text.ts';

export interface Row {
  readonly index: number;
  readonly path: string;
  readonly shape: string;
  readonly size: number;
  /** Class of its module, where the model shows it. */
  readonly type: string;
  readonly isTrained: boolean;
  readonly group: number;
  /** `null`: the optimizer's default, or not trained. */
  readonly lr: number | null;
  readonly decay: number | null;
  readonly more: string;
  readonly rule: string;
}

export function readRows({ params, texts }: ReportData): Row[] {
  const text = (index: number) => texts[index] ?? '';
  return params.path.map((path, index) => {
    const shape = params.shape[index]!;
    return {
      index,
      path,
      shape: shapeText(shape),
      size: shape.reduce((product, size) => product * size, 1),
      type: text(params.type[index]!),
      isTrained: params.group[index]! >= 0,
      group: params.group[index]!,
      lr: params.lr[index]!,
      decay: params.decay[index]!,
      more: text(params.more[index]!),
      rule: text(params.rule[index]!),
    };
  });
}

export const lrText = ({ isTrained, lr }: Row): string => (isTrained ? numberText(lr) : '–');
export const decayText = ({ isTrained, decay }: Row): string => (isTrained ? numberText(decay) : '–');

export const NO_RULE = 'no rule';

/** What decided, in words. */
export function ruleText({ isTrained, rule }: Row): string {
  if (!isTrained) return rule === '' ? 'not trained' : `frozen by ${shortRule(rule)}`;
  return rule === '' ? NO_RULE : shortRule(rule);
}

/**
 * A search over rows: all words of a query must occur, in any order, in the path, shape, module class, rule or other
 * settings; `lr=0.1` and `decay=0` ask for exactly that value.
 */
export function makeSearch(rows: readonly Row[]): (query: string) => (row: Row) => boolean {
  let haystacks: string[] | undefined;
  return (query) => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return () => true;
    haystacks ??= rows.map(haystackOf);
    return ({ index }) =>
      words.every((word) => haystacks![index]!.includes(/^(lr|decay)=/.test(word) ? ` ${word} ` : word));
  };
}

function haystackOf(row: Row): string {
  const plainShape = row.shape.replaceAll('×', 'x');
  const values = `lr=${lrText(row)} lr=${row.lr} decay=${decayText(row)} decay=${row.decay}`;
  return `${row.path} ${row.shape} ${plainShape} ${row.type} ${ruleText(row)} ${row.rule} ${row.more} ${values} `.toLowerCase();
}

export type SortKey = 'path' | 'shape' | 'size' | 'lr' | 'decay' | 'rule';

export interface Sorting {
  /** `undefined`: the model's own order. */
  readonly key: SortKey | undefined;
  readonly descending: boolean;
}

const collator = new Intl.Collator('en', { numeric: true });

const COMPARE: Readonly<Record<SortKey, (a: Row, b: Row) => number>> = {
  path: (a, b) => collator.compare(a.path, b.path),
  shape: (a, b) => collator.compare(a.shape, b.shape),
  size: (a, b) => a.size - b.size,
  lr: (a, b) => order(a.lr) - order(b.lr),
  decay: (a, b) => order(a.decay) - order(b.decay),
  rule: (a, b) => collator.compare(ruleText(a), ruleText(b)),
};

// Without a value comes first; a difference of two infinities would be no number.
const order = (value: number | null) => value ?? -1e300;

/** A sorted copy; equal rows stay in the model's order. */
export function sortRows(rows: readonly Row[], { key, descending }: Sorting): Row[] {
  if (key === undefined) return [...rows];
  const compare = COMPARE[key];
  return rows.toSorted((a, b) => (descending ? compare(b, a) : compare(a, b)) || a.index - b.index);
}

/** What the next press on a column's heading does: up, down, back to the model's order. */
export function nextSorting({ key, descending }: Sorting, pressed: SortKey): Sorting {
  if (key !== pressed) return { key: pressed, descending: false };
  return descending ? { key: undefined, descending: false } : { key: pressed, descending: true };
}
