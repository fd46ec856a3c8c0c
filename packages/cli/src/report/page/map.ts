/**
 * The treemap: fields are parameters, coloured by class, in the rectangles of their modules.
 *
 * Fields are painted on a canvas, as there may be ten thousand; what stands directly in the module shown is a button
 * each, which is what keyboards and screen readers use.
 */
import type { Colouring } from './colours.ts';
import { byId, make, showTip } from './dom.ts';
import { type Area, layout, type Rectangle } from './map-layout.ts';
import { paintMap } from './map-paint.ts';
import { makeTile, tileAfter } from './map-tiles.ts';
import { decayText, lrText, type Row, ruleText } from './rows.ts';
import type { Store } from './store.ts';
import { plural, roughCount } from './text.ts';
import { ancestors, type TreeNode } from './tree.ts';

export class TreeMap {
  readonly #store: Store;
  readonly #colouring: () => Colouring;
  readonly #map = byId('map');
  readonly #canvas = this.#map.querySelector('canvas')!;
  readonly #tiles = this.#map.querySelector<HTMLElement>('.tiles')!;
  #current: TreeNode;
  #area: Area = 'parameters';
  #isShown: (row: Row) => boolean = () => true;
  #rectangles: Rectangle | undefined;
  #hovered: Rectangle | undefined;

  constructor(store: Store, root: TreeNode, colouring: () => Colouring) {
    this.#store = store;
    this.#current = root;
    this.#colouring = colouring;
    this.#listen();
    new ResizeObserver(() => this.#arrange()).observe(this.#map);
    store.watch(['theme', 'mode', 'selected'], () => this.#paint());
  }

  /** Draws the rows that are shown strongly, the others faintly. */
  show(isShown: (row: Row) => boolean): void {
    this.#isShown = isShown;
    this.#paint();
  }

  setArea(area: Area): void {
    this.#area = area;
    this.#arrange();
  }

  #listen(): void {
    this.#tiles.addEventListener('keydown', (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey && this.#press(event.key)) event.preventDefault();
    });
    this.#map.addEventListener('mousemove', (event) => this.#point(event));
    this.#map.addEventListener('mouseleave', () => {
      this.#hovered = undefined;
      showTip(undefined);
      this.#paint();
    });
    this.#canvas.addEventListener('click', (event) => {
      const row = this.#fieldAt(event)?.data.row;
      if (row !== undefined) this.#store.set({ selected: row.index });
    });
    this.#canvas.addEventListener('dblclick', (event) => {
      const path = this.#fieldAt(event)?.ancestors();
      const outer = path?.find(({ depth }) => depth === 1)?.data;
      if (outer !== undefined && outer.row === undefined) this.#enter(outer);
    });
  }

  #arrange(): void {
    const { width, height } = this.#map.getBoundingClientRect();
    this.#rectangles = layout(this.#current, this.#area, width, height);
    this.#hovered = undefined;
    this.#placeTiles(this.#rectangles);
    this.#drawCrumbs();
    this.#paint();
  }

  #paint(): void {
    if (this.#rectangles === undefined) return;
    const { theme, selected } = this.#store.get();
    const [isShown, hovered] = [this.#isShown, this.#hovered];
    paintMap(this.#canvas, this.#rectangles, { theme, selected, colouring: this.#colouring(), isShown, hovered });
  }

  #placeTiles({ children = [] }: Rectangle): void {
    const buttons = children.map((child) => {
      const button = makeTile(child);
      button.addEventListener('click', () => this.#open(child.data));
      return button;
    });
    this.#tiles.replaceChildren(...buttons);
    this.#tiles.setAttribute('aria-label', `Modules and parameters of ${this.#current.name}`);
    buttons[0]?.setAttribute('tabindex', '0');
  }

  /** A parameter is explained, a module looked into. */
  #open(node: TreeNode): void {
    if (node.row !== undefined) this.#store.set({ selected: node.row.index });
    else this.#enter(node);
  }

  #enter(node: TreeNode): void {
    const hadFocus = this.#map.contains(document.activeElement) || byId('crumbs').contains(document.activeElement);
    this.#current = node;
    showTip(undefined);
    this.#arrange();
    if (hadFocus) this.#tiles.querySelector('button')?.focus({ preventScroll: true });
  }

  #drawCrumbs(): void {
    const items = ancestors(this.#current).map((node) => {
      if (node === this.#current) return make('span', { 'aria-current': 'location' }, node.name);
      const button = make('button', { type: 'button' }, node.name);
      button.addEventListener('click', () => this.#enter(node));
      return button;
    });
    const { params, elements } = this.#current;
    byId('crumbs').replaceChildren(
      ...items.flatMap((item, index) => (index === 0 ? [item] : [' / ', item])),
      ` · ${plural(params, 'parameter')}, ${roughCount(elements)} elements`,
    );
  }

  /** True where the key meant something here. */
  #press(key: string): boolean {
    if (key === 'Escape' || key === 'Backspace') {
      const { parent } = this.#current;
      if (parent !== undefined) this.#enter(parent);
      return parent !== undefined;
    }
    const buttons = [...this.#tiles.querySelectorAll('button')];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const wanted = tileAfter(key, at, buttons.length);
    const next = buttons[wanted ?? -1];
    if (next === undefined) return wanted !== undefined;
    buttons[at]?.setAttribute('tabindex', '-1');
    next.setAttribute('tabindex', '0');
    next.focus({ preventScroll: true });
    return true;
  }

  #point(event: MouseEvent): void {
    const field = this.#fieldAt(event);
    if (field !== this.#hovered) {
      this.#hovered = field;
      this.#paint();
    }
    const row = field?.data.row;
    if (row === undefined) showTip(undefined);
    else showTip({ x: event.clientX, y: event.clientY }, ...tipOf(row));
  }

  #fieldAt({ clientX, clientY }: MouseEvent): Rectangle | undefined {
    const { left, top } = this.#map.getBoundingClientRect();
    const [x, y] = [clientX - left, clientY - top];
    return this.#rectangles?.leaves().find((leaf) => leaf.x0 <= x && x < leaf.x1 && leaf.y0 <= y && y < leaf.y1);
  }
}

function tipOf(row: Row): HTMLElement[] {
  return [
    make('b', {}, row.path),
    make('div', {}, `${row.shape} · rate ${lrText(row)} · decay ${decayText(row)}`),
    make('div', {}, ruleText(row)),
  ];
}
