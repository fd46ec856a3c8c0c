/** Making and finding elements. Text goes in as text: nothing here, or anywhere in the page, parses markup. */

type Child = Node | string;
type Attributes = Readonly<Record<string, string | number | boolean>>;

/** An element with attributes and children; `true` sets an empty attribute, `false` none. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

export function makeSvg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

/** The element of that id, which the template has. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`internal: the page has no #${id}`);
  return element as E;
}

/** A filled square for a legend or a row. `undefined`: not trained. */
export function makeSwatch(colour: string | undefined): HTMLElement {
  const swatch = make('span', { class: 'swatch', 'aria-hidden': 'true' });
  paintSwatch(swatch, colour);
  return swatch;
}

export function paintSwatch(swatch: HTMLElement, colour: string | undefined): void {
  swatch.classList.toggle('untrained', colour === undefined);
  swatch.style.backgroundColor = colour ?? '';
}

/** Shows the tip beside a point of the window, or hides it. */
export function showTip(
  at: { readonly x: number; readonly y: number } | undefined,
  ...content: readonly Child[]
): void {
  const tip = byId('tip');
  tip.hidden = at === undefined;
  if (at === undefined) return;
  tip.replaceChildren(...content);
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(at.x + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${at.y + 18 + height > innerHeight ? at.y - height - 10 : at.y + 18}px`;
}
