/** Why one parameter has its settings. */
import { PATH_MARK, type ReportData } from '../data.ts';
import { byId, make } from './dom.ts';
import { decayText, lrText, type Row, ruleText } from './rows.ts';
import type { Store } from './store.ts';
import { countText, plural } from './text.ts';

export function startDetail(store: Store, rows: readonly Row[], { params, texts }: ReportData): void {
  const panel = byId('detail');
  const groupSizes = new Map<number, number>();
  for (const { group } of rows) groupSizes.set(group, (groupSizes.get(group) ?? 0) + 1);

  const title = make('h2', { id: 'detail-title' }, 'Why');
  const close = make('button', { type: 'button', class: 'quiet' }, 'Close');
  close.addEventListener('click', () => {
    store.set({ selected: -1 });
    byId('grid').focus({ preventScroll: true });
  });

  store.watch(['selected'], ({ selected }) => {
    const row = rows[selected];
    panel.classList.toggle('open', row !== undefined);
    panel.replaceChildren(
      make('div', { class: 'detail-head' }, title, ...(row === undefined ? [] : [close])),
      ...(row === undefined ? [invitation()] : about(row)),
    );
    panel.scrollTop = 0;
  });

  function about(row: Row): HTMLElement[] {
    const reasons = params.reasons[row.index]!.map((text) => texts[text]!.replaceAll(PATH_MARK, row.path));
    return [
      make('p', { class: 'path' }, ...breakable(row.path)),
      facts(row, groupSizes.get(row.group)! - 1),
      make('h3', {}, 'Reasons'),
      make('ol', {}, ...reasons.map((reason) => make('li', isLoss(reason) ? { class: 'lost' } : {}, reason))),
    ];
  }
}

/** A path that wraps after its dots. */
const breakable = (path: string) => path.split(/(?<=\.)/).flatMap((part) => [part, make('wbr')]);

const invitation = () =>
  make(
    'p',
    { class: 'empty' },
    'Choose a parameter, in the map or in the table, to see what set its rate and its decay.',
  );

/** Sentences on what did not decide. */
const isLoss = (reason: string) => /matches too and|is left out:/.test(reason);

function facts(row: Row, others: number): HTMLElement {
  const list: [string, string][] = [
    ['Rate', lrText(row)],
    ['Weight decay', decayText(row)],
    ...(row.more === '' ? [] : [['Other settings', row.more] satisfies [string, string]]),
    ['Decided by', row.isTrained && row.rule !== '' ? row.rule : ruleText(row)],
    ['Shape', row.shape],
    ['Elements', countText(row.size)],
    ...(row.type === '' ? [] : [['Module', row.type] satisfies [string, string]]),
    ['Same settings', row.isTrained ? plural(others, 'other parameter') : '–'],
  ];
  return make('dl', {}, ...list.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
}
