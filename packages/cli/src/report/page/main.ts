/** Starts the page: reads its data, makes the views and ties them to what the reader chooses. */
import type { MembersData, ReportData } from '../data.ts';
import { startCharts } from './chart.ts';
import { type Colouring, colourBy, MODES, type Mode } from './colours.ts';
import { startDetail } from './detail.ts';
import { byId, make } from './dom.ts';
import { startLegend } from './legend.ts';
import { TreeMap } from './map.ts';
import { AREA_LABELS } from './map-layout.ts';
import { chosenMember } from './members.ts';
import { makeSearch, type Row, readRows } from './rows.ts';
import { makeStore, type Store } from './store.ts';
import { Table } from './table.ts';
import { countText, numberText, plural, roughCount } from './text.ts';
import { initialTheme, startTheme } from './theme.ts';
import { buildTree } from './tree.ts';

const MODE_LABELS: Readonly<Record<Mode, string>> = { rule: 'Rule', rate: 'Rate', decay: 'Decay', group: 'Group' };

function start(data: ReportData): void {
  const rows = readRows(data);
  const store = makeStore({ theme: initialTheme(), mode: 'rule', query: '', chosen: new Set(), selected: -1 });
  const colouring = makeColouring(store, rows, data);
  startTheme(store);
  showWarnings(data.warnings);
  showSummary(rows, data);
  startSegments(
    'colour',
    MODES.map((mode) => [mode, MODE_LABELS[mode]]),
    (mode) => store.set({ mode, chosen: new Set() }),
  );
  startLegend(store, colouring);
  startDetail(store, rows, data);
  const map = new TreeMap(store, buildTree(rows, data.title), colouring);
  startSegments('size', AREA_LABELS, (area) => map.setArea(area));
  const table = new Table(store, colouring, rows.length);
  startSearch(store);
  const search = makeSearch(rows);
  store.watch(['query', 'chosen', 'mode'], ({ query, chosen }) => {
    const matches = search(query);
    const { classOf } = colouring();
    const isShown = (row: Row) => (chosen.size === 0 || chosen.has(classOf[row.index]!)) && matches(row);
    const shown = rows.filter(isShown);
    table.show(shown);
    map.show(isShown);
    byId('found').textContent =
      shown.length === rows.length
        ? plural(rows.length, 'parameter')
        : `${countText(shown.length)} of ${plural(rows.length, 'parameter')}`;
  });
  startCharts(store, data.charts);
  // The texts that are searched are made now, not while a reader waits for the first answer.
  setTimeout(() => search('ready'), 100);
  showLinks();
}

function makeColouring(store: Store, rows: readonly Row[], { groups }: ReportData): () => Colouring {
  const known = new Map<Mode, Colouring>();
  return () => {
    const { mode } = store.get();
    const colouring = known.get(mode) ?? colourBy(mode, rows, groups);
    known.set(mode, colouring);
    return colouring;
  };
}

function showWarnings(warnings: readonly string[]): void {
  const panel = byId('warnings');
  panel.hidden = warnings.length === 0;
  byId('warnings-title').textContent = plural(warnings.length, 'warning');
  panel.querySelector('ul')!.append(...warnings.map((warning) => make('li', {}, warning)));
}

function showSummary(rows: readonly Row[], { elements, groups, base }: ReportData): void {
  const untrained = rows.filter(({ isTrained }) => !isTrained).length;
  const facts: [string, string, string?][] = [
    ['Parameters', countText(rows.length), `${roughCount(elements.all)} elements`],
    ['Trained', countText(rows.length - untrained), `${roughCount(elements.trained)} elements`],
    ['Not trained', countText(untrained)],
    ['Distinct settings', countText(groups.length)],
    ['Base rate', numberText(base.lr)],
    ['Base decay', numberText(base.decay)],
  ];
  const items = facts.map(([name, value, note]) =>
    make(
      'div',
      {},
      make('dt', {}, name),
      make('dd', {}, value, ...(note === undefined ? [] : [make('small', {}, note)])),
    ),
  );
  byId('summary').append(...items);
}

/** A row of radio buttons, the first one chosen. */
function startSegments<V extends string>(
  id: string,
  options: readonly (readonly [V, string])[],
  choose: (value: V) => void,
): void {
  for (const [index, [value, label]] of options.entries()) {
    const input = make('input', { type: 'radio', name: id, value, checked: index === 0 });
    input.addEventListener('change', () => choose(value));
    byId(id).append(make('label', {}, input, label));
  }
}

function startSearch(store: Store): void {
  const input = byId<HTMLInputElement>('search');
  input.addEventListener('input', () => store.set({ query: input.value }));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'Enter') {
      event.preventDefault();
      byId('grid').focus();
    }
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}

function showLinks(): void {
  const links = ['model', 'parameters', 'schedule', 'run'].flatMap((id) => {
    const section = byId(id);
    return section.hidden ? [] : [make('a', { href: `#${id}` }, section.querySelector('h2')!.textContent)];
  });
  byId('nav').append(...links);
}

const data: ReportData | MembersData = JSON.parse(byId('data').textContent);
start('members' in data ? chosenMember(data) : data);
