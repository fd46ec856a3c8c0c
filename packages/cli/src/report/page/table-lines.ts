/** The lines of the table: as many as are in sight, filled with whatever rows come into it. */
import { make, makeSwatch } from './dom.ts';
import { decayText, lrText, type Row, ruleText, type SortKey } from './rows.ts';
import { countText } from './text.ts';

export const ROW_HEIGHT = 30;

export interface Column {
  readonly key: SortKey;
  readonly title: string;
  readonly class: string;
}

export const COLUMNS: readonly Column[] = [
  { key: 'path', title: 'Parameter', class: 'name' },
  { key: 'shape', title: 'Shape', class: 'soft' },
  { key: 'size', title: 'Elements', class: 'number' },
  { key: 'lr', title: 'Rate', class: 'number' },
  { key: 'decay', title: 'Decay', class: 'number' },
  { key: 'rule', title: 'Decided by', class: 'soft' },
];

/** One line of the window, filled with whatever row comes into sight. */
export interface Line {
  readonly element: HTMLElement;
  readonly swatch: HTMLElement;
  readonly path: HTMLElement;
  readonly parent: HTMLElement;
  readonly name: HTMLElement;
  readonly cells: readonly HTMLElement[];
}

let made = 0;

export function makeLine(body: HTMLElement): Line {
  const swatch = makeSwatch(undefined);
  const parent = make('bdi');
  const name = make('b');
  const path = make(
    'div',
    { role: 'gridcell', class: 'name' },
    swatch,
    make('span', { class: 'parent' }, parent),
    name,
  );
  const cells = COLUMNS.slice(1).map((column) => make('div', { role: 'gridcell', class: column.class }));
  const element = make('div', { role: 'row', id: `line-${made++}` }, path, ...cells);
  body.append(element);
  return { element, swatch, path, parent, name, cells };
}

export function fillLine({ element, path, parent, name, cells }: Line, row: Row, place: number): void {
  element.style.top = `${place * ROW_HEIGHT}px`;
  element.dataset.row = String(row.index);
  element.setAttribute('aria-rowindex', String(place + 2));
  element.title = row.path;
  const dot = row.path.lastIndexOf('.') + 1;
  parent.textContent = row.path.slice(0, dot);
  name.textContent = row.path.slice(dot);
  // In two pieces it would be read as two words.
  path.setAttribute('aria-label', row.path);
  const texts = [row.shape, countText(row.size), lrText(row), decayText(row), ruleText(row)];
  for (const [index, text] of texts.entries()) cells[index]!.textContent = text;
}
