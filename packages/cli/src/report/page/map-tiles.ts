/** What stands directly in the module shown, as buttons, which keyboards and screen readers use. */
import { make } from './dom.ts';
import { HEADER, headerHeight, type Rectangle } from './map-layout.ts';
import { decayText, lrText, type Row, ruleText } from './rows.ts';
import { plural, roughCount } from './text.ts';

export function makeTile(rectangle: Rectangle): HTMLButtonElement {
  const { data, x0, x1, y0, y1 } = rectangle;
  const header = headerHeight(rectangle);
  const isLabelled = data.row === undefined && header === HEADER;
  const size = roughCount(data.elements);
  const about = data.row === undefined ? `${size} elements, ${plural(data.params, 'parameter')}` : describe(data.row);
  const button = make(
    'button',
    {
      type: 'button',
      tabindex: -1,
      class: data.row === undefined ? 'module' : 'leaf',
      'aria-label': `${data.name} ${about}`,
    },
    ...(isLabelled ? [data.name, ...(x1 - x0 > 150 ? [' ', make('small', {}, size)] : [])] : []),
  );
  Object.assign(button.style, {
    left: `${x0}px`,
    top: `${y0}px`,
    width: `${x1 - x0}px`,
    height: `${isLabelled ? HEADER : y1 - y0}px`,
  });
  return button;
}

const describe = (row: Row) => `rate ${lrText(row)}, decay ${decayText(row)}, ${ruleText(row)}`;

/** Where a key leads among so many buttons; `undefined` for a key that leads nowhere. */
export function tileAfter(key: string, at: number, count: number): number | undefined {
  const moves: Record<string, number> = {
    ArrowRight: at + 1,
    ArrowDown: at + 1,
    ArrowLeft: at - 1,
    ArrowUp: at - 1,
    Home: 0,
    End: count - 1,
  };
  return moves[key];
}
