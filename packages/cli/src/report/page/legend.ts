/** The legend: what each colour means, how many parameters it stands for, and a switch to see only these. */
import type { Colouring } from './colours.ts';
import { byId, make, makeSwatch } from './dom.ts';
import type { Store } from './store.ts';
import { countText } from './text.ts';

export function startLegend(store: Store, colouring: () => Colouring): void {
  const legend = byId('legend');
  store.watch(['mode', 'theme'], ({ theme }) => {
    const buttons = colouring().classes.map(({ label, count, colour }, index) => {
      const button = make(
        'button',
        { type: 'button', title: label },
        makeSwatch(colour?.[theme]),
        make('span', {}, label),
        make('span', { class: 'count' }, countText(count)),
      );
      button.addEventListener('click', () => toggle(store, index));
      return button;
    });
    legend.replaceChildren(...buttons);
    press(store.get().chosen);
  });
  store.watch(['chosen'], ({ chosen }) => press(chosen));

  function press(chosen: ReadonlySet<number>): void {
    for (const [index, button] of [...legend.children].entries()) {
      button.setAttribute('aria-pressed', String(chosen.has(index)));
    }
  }
}

function toggle(store: Store, index: number): void {
  const chosen = new Set(store.get().chosen);
  if (!chosen.delete(index)) chosen.add(index);
  store.set({ chosen });
}
