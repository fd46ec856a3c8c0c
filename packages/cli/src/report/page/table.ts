/** The table of parameters. Only the rows in sight are in the document, however many there are. */
import type { Colouring } from './colours.ts';
import { byId, make, paintSwatch } from './dom.ts';
import { nextSorting, type Row, type Sorting, sortRows } from './rows.ts';
import type { Store } from './store.ts';
import { COLUMNS, type Column, fillLine, type Line, makeLine, ROW_HEIGHT } from './table-lines.ts';

/** Rows above and below the ones in sight, so that a scroll does not show white. */
const SPARE = 8;

const ATTRIBUTES = { role: 'grid', tabindex: '0', 'aria-labelledby': 'parameters-title', 'aria-colcount': '6' };

export class Table {
  readonly #store: Store;
  readonly #colouring: () => Colouring;
  readonly #grid = byId('grid');
  readonly #body = make('div', { class: 'grid-body', role: 'rowgroup' });
  readonly #headings = COLUMNS.map((column) => this.#makeHeading(column));
  readonly #lines: Line[] = [];
  #shown: readonly Row[] = [];
  #sorted: readonly Row[] = [];
  #sorting: Sorting = { key: undefined, descending: false };

  /** @param total how many rows there are at most, which a small table is no higher than */
  constructor(store: Store, colouring: () => Colouring, total: number) {
    this.#store = store;
    this.#colouring = colouring;
    const head = make('div', { role: 'row', 'aria-rowindex': 1 }, ...this.#headings);
    this.#grid.append(make('div', { class: 'grid-head', role: 'rowgroup' }, head), this.#body);
    for (const [name, value] of Object.entries(ATTRIBUTES)) this.#grid.setAttribute(name, value);
    this.#grid.style.setProperty('--rows', String(Math.max(3, total)));
    this.#listen();
    store.watch(['selected'], ({ selected }) => this.#reveal(selected));
    store.watch(['mode', 'theme'], () => this.#draw());
  }

  /** Shows these rows, in the order that the reader has chosen. */
  show(rows: readonly Row[]): void {
    this.#shown = rows;
    this.#arrange();
  }

  #listen(): void {
    const grid = this.#grid;
    grid.addEventListener('scroll', () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#draw()).observe(grid);
    grid.addEventListener('keydown', (event) => {
      if (event.target === grid && !event.ctrlKey && !event.metaKey && !event.altKey && this.#press(event.key))
        event.preventDefault();
    });
    this.#body.addEventListener('click', ({ target }) => {
      const line = this.#lines.find(({ element }) => element.contains(target as Node));
      if (line !== undefined) this.#store.set({ selected: Number(line.element.dataset.row) });
    });
  }

  #makeHeading({ key, title, class: name }: Column): HTMLElement {
    const button = make('button', { type: 'button' }, title);
    button.addEventListener('click', () => {
      this.#sorting = nextSorting(this.#sorting, key);
      this.#arrange();
    });
    return make('div', { role: 'columnheader', class: name === 'number' ? name : '', 'aria-sort': 'none' }, button);
  }

  #arrange(): void {
    const { key, descending } = this.#sorting;
    this.#sorted = sortRows(this.#shown, this.#sorting);
    for (const [index, heading] of this.#headings.entries()) {
      const isKey = COLUMNS[index]!.key === key;
      heading.setAttribute('aria-sort', isKey ? (descending ? 'descending' : 'ascending') : 'none');
    }
    this.#grid.setAttribute('aria-rowcount', String(this.#sorted.length + 1));
    this.#body.style.height = `${this.#sorted.length * ROW_HEIGHT}px`;
    this.#draw();
  }

  #draw(): void {
    const first = Math.max(0, Math.floor(this.#grid.scrollTop / ROW_HEIGHT) - SPARE);
    const count = Math.min(this.#sorted.length - first, this.#inSight() + 2 * SPARE);
    while (this.#lines.length < count) this.#lines.push(makeLine(this.#body));
    const { selected } = this.#store.get();
    let active = '';
    for (const [index, line] of this.#lines.entries()) {
      const row = index < count ? this.#sorted[first + index] : undefined;
      line.element.hidden = row === undefined;
      if (row === undefined) continue;
      this.#fill(line, row, first + index);
      if (row.index === selected) active = line.element.id;
    }
    if (active === '') this.#grid.removeAttribute('aria-activedescendant');
    else this.#grid.setAttribute('aria-activedescendant', active);
  }

  #fill(line: Line, row: Row, place: number): void {
    const { selected, theme } = this.#store.get();
    const { classes, classOf } = this.#colouring();
    fillLine(line, row, place);
    paintSwatch(line.swatch, classes[classOf[row.index]!]!.colour?.[theme]);
    line.element.setAttribute('aria-selected', String(row.index === selected));
  }

  #inSight(): number {
    return Math.ceil(this.#grid.clientHeight / ROW_HEIGHT);
  }

  #reveal(selected: number): void {
    const place = this.#sorted.findIndex(({ index }) => index === selected);
    if (place >= 0) this.#scrollTo(place);
    this.#draw();
  }

  /** Scrolls just as far as needed. */
  #scrollTo(place: number): void {
    const grid = this.#grid;
    const top = place * ROW_HEIGHT;
    const height = grid.clientHeight - ROW_HEIGHT;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + ROW_HEIGHT > grid.scrollTop + height) grid.scrollTop = top + ROW_HEIGHT - height;
  }

  #press(key: string): boolean {
    const at = this.#sorted.findIndex(({ index }) => index === this.#store.get().selected);
    const page = this.#inSight() - 2;
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? 0 : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: this.#sorted.length - 1,
    };
    const wanted = moves[key];
    const row = this.#sorted[Math.max(0, Math.min(this.#sorted.length - 1, wanted ?? 0))];
    if (wanted === undefined || row === undefined) return false;
    this.#store.set({ selected: row.index });
    return true;
  }
}
