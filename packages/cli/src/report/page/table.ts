/** The table of parameters. Only the rows in sight are in the document, however many there are. */
import type { Colouring } from './colours.ts';
import { byId, make, makeSwatch, paintSwatch } from './dom.ts';
import { decayText, lrText, nextSorting, type Row, ruleText, type Sorting, type SortKey, sortRows } from './rows.ts';
import type { Store } from './store.ts';
import { countText } from './text.ts';

const ROW_HEIGHT = 30;
/** Rows above and below the ones in sight, so that a scroll does not show white. */
const SPARE = 8;

interface Column {
  readonly key: SortKey;
  readonly title: string;
  readonly class: string;
}

const COLUMNS: readonly Column[] = [
  { key: 'path', title: 'Parameter', class: 'name' },
  { key: 'shape', title: 'Shape', class: 'soft' },
  { key: 'size', title: 'Elements', class: 'number' },
  { key: 'lr', title: 'Rate', class: 'number' },
  { key: 'decay', title: 'Decay', class: 'number' },
  { key: 'rule', title: 'Decided by', class: 'soft' },
];

/** One line of the window, filled with whatever row comes into sight. */
interface Line {
  readonly element: HTMLElement;
  readonly swatch: HTMLElement;
  readonly path: HTMLElement;
  readonly parent: HTMLElement;
  readonly name: HTMLElement;
  readonly cells: readonly HTMLElement[];
}

/**
 * @param total how many rows there are at most, which a small table is no higher than.
 * @returns what is to be called when other rows are to be shown.
 */
export function startTable(store: Store, colouring: () => Colouring, total: number): (shown: readonly Row[]) => void {
  const grid = byId('grid');
  const body = make('div', { class: 'grid-body', role: 'rowgroup' });
  const headings = COLUMNS.map(makeHeading);
  grid.append(
    make(
      'div',
      { class: 'grid-head', role: 'rowgroup' },
      make('div', { role: 'row', 'aria-rowindex': 1 }, ...headings),
    ),
    body,
  );
  const attributes = { role: 'grid', tabindex: '0', 'aria-labelledby': 'parameters-title', 'aria-colcount': '6' };
  for (const [name, value] of Object.entries(attributes)) grid.setAttribute(name, value);

  grid.style.setProperty('--rows', String(Math.max(3, total)));

  const lines: Line[] = [];
  let shown: readonly Row[] = [];
  let sorted: readonly Row[] = [];
  let sorting: Sorting = { key: undefined, descending: false };

  const inSight = () => Math.ceil(grid.clientHeight / ROW_HEIGHT);

  function makeHeading({ key, title, class: name }: Column): HTMLElement {
    const button = make('button', { type: 'button' }, title);
    button.addEventListener('click', () => {
      sorting = nextSorting(sorting, key);
      arrange();
    });
    return make('div', { role: 'columnheader', class: name === 'number' ? name : '', 'aria-sort': 'none' }, button);
  }

  function arrange(): void {
    sorted = sortRows(shown, sorting);
    for (const [index, heading] of headings.entries()) {
      const isKey = COLUMNS[index]!.key === sorting.key;
      heading.setAttribute('aria-sort', isKey ? (sorting.descending ? 'descending' : 'ascending') : 'none');
    }
    grid.setAttribute('aria-rowcount', String(sorted.length + 1));
    body.style.height = `${sorted.length * ROW_HEIGHT}px`;
    draw();
  }

  function draw(): void {
    const first = Math.max(0, Math.floor(grid.scrollTop / ROW_HEIGHT) - SPARE);
    const count = Math.min(sorted.length - first, inSight() + 2 * SPARE);
    while (lines.length < count) lines.push(makeLine(body));
    const { selected, theme } = store.get();
    const { classes, classOf } = colouring();
    let active = '';
    for (const [index, line] of lines.entries()) {
      const row = index < count ? sorted[first + index] : undefined;
      line.element.hidden = row === undefined;
      if (row === undefined) continue;
      fillLine(line, row, first + index);
      paintSwatch(line.swatch, classes[classOf[row.index]!]!.colour?.[theme]);
      line.element.setAttribute('aria-selected', String(row.index === selected));
      if (row.index === selected) active = line.element.id;
    }
    if (active === '') grid.removeAttribute('aria-activedescendant');
    else grid.setAttribute('aria-activedescendant', active);
  }

  /** Scrolls just as far as needed. */
  function reveal(place: number): void {
    const top = place * ROW_HEIGHT;
    const height = grid.clientHeight - ROW_HEIGHT;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + ROW_HEIGHT > grid.scrollTop + height) grid.scrollTop = top + ROW_HEIGHT - height;
  }

  function press(key: string): boolean {
    const at = sorted.findIndex(({ index }) => index === store.get().selected);
    const page = inSight() - 2;
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? 0 : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: sorted.length - 1,
    };
    const wanted = moves[key];
    if (wanted === undefined || sorted.length === 0) return false;
    store.set({ selected: sorted[Math.max(0, Math.min(sorted.length - 1, wanted))]!.index });
    return true;
  }

  grid.addEventListener('scroll', draw, { passive: true });
  new ResizeObserver(draw).observe(grid);
  grid.addEventListener('keydown', (event) => {
    if (event.target === grid && !event.ctrlKey && !event.metaKey && !event.altKey && press(event.key))
      event.preventDefault();
  });
  body.addEventListener('click', ({ target }) => {
    const line = lines.find(({ element }) => element.contains(target as Node));
    if (line !== undefined) store.set({ selected: Number(line.element.dataset.row) });
  });
  store.watch(['selected'], ({ selected }) => {
    const place = sorted.findIndex(({ index }) => index === selected);
    if (place >= 0) reveal(place);
    draw();
  });
  store.watch(['mode', 'theme'], draw);

  return (rows) => {
    shown = rows;
    arrange();
  };
}

let made = 0;

function makeLine(body: HTMLElement): Line {
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

function fillLine({ element, path, parent, name, cells }: Line, row: Row, place: number): void {
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
