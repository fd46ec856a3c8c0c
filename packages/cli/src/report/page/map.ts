/**
 * The treemap: fields are parameters, coloured by class, in the rectangles of their modules.
 *
 * Fields are painted on a canvas, as there may be ten thousand; what stands directly in the module shown is a button
 * each, which is what keyboards and screen readers use.
 */
import { type HierarchyRectangularNode, hierarchy, treemap, treemapBinary } from 'd3-hierarchy';
import type { Colouring } from './colours.ts';
import { byId, make, showTip } from './dom.ts';
import { decayText, lrText, type Row, ruleText } from './rows.ts';
import type { Store } from './store.ts';
import { plural, roughCount } from './text.ts';
import { ancestors, type TreeNode } from './tree.ts';

type Rectangle = HierarchyRectangularNode<TreeNode>;

const AREAS = { parameters: 'Equal', elements: 'By size' } as const;
export type Area = keyof typeof AREAS;
export const AREA_LABELS: readonly (readonly [Area, string])[] = Object.entries(AREAS) as [Area, string][];

const HEADER = 20;
const INNER_HEADER = 15;

/** A module with nothing but parameters: its fields are labelled with its name, so that it needs no header. */
const isLayer = ({ children }: TreeNode) => children.every(({ row }) => row !== undefined);

function fieldLabel({ data, parent }: Rectangle): string {
  return parent !== null && parent.depth > 1 && isLayer(parent.data) ? `${parent.data.name}.${data.name}` : data.name;
}

/** Room for a header where a module is large enough to have one. */
function headerHeight({ depth, data, x0, x1, y0, y1 }: Rectangle): number {
  if (depth === 0) return 0;
  const [width, height] = [x1 - x0, y1 - y0];
  if (depth === 1) return width > 34 && height > 30 ? HEADER : 2;
  return width > 60 && height > 40 && !isLayer(data) ? INNER_HEADER : 1;
}

function layout(node: TreeNode, area: Area, width: number, height: number): Rectangle {
  const weight = ({ row }: TreeNode) => (row === undefined ? 0 : area === 'elements' ? row.size : 1);
  return treemap<TreeNode>()
    .tile(treemapBinary)
    .size([width, height])
    .paddingInner(({ depth }) => (depth === 0 ? 4 : 1))
    .paddingOuter(({ depth, x0, x1 }) => (depth === 0 ? 0 : x1 - x0 > 12 ? (depth === 1 ? 2 : 1) : 0))
    .paddingTop(headerHeight)(hierarchy(node).sum(weight));
}

export interface MapView {
  /** Draws the rows that are shown strongly, the others faintly. */
  show(isShown: (row: Row) => boolean): void;
  setArea(area: Area): void;
}

export function startMap(store: Store, root: TreeNode, colouring: () => Colouring): MapView {
  const map = byId('map');
  const canvas = map.querySelector('canvas')!;
  const tiles = map.querySelector<HTMLElement>('.tiles')!;
  let current = root;
  let area: Area = 'parameters';
  let isShown: (row: Row) => boolean = () => true;
  let rectangles: Rectangle | undefined;
  let hovered: Rectangle | undefined;

  function arrange(): void {
    const { width, height } = map.getBoundingClientRect();
    rectangles = layout(current, area, width, height);
    hovered = undefined;
    placeTiles(rectangles);
    drawCrumbs();
    paint();
  }

  function paint(): void {
    if (rectangles === undefined) return;
    const { theme, selected } = store.get();
    paintMap(canvas, rectangles, { theme, selected, colouring: colouring(), isShown, hovered });
  }

  function placeTiles({ children = [] }: Rectangle): void {
    const buttons = children.map((child) => {
      const button = makeTile(child);
      button.addEventListener('click', () => open(child.data));
      return button;
    });
    tiles.replaceChildren(...buttons);
    tiles.setAttribute('aria-label', `Modules and parameters of ${current.name}`);
    buttons[0]?.setAttribute('tabindex', '0');
  }

  /** A parameter is explained, a module looked into. */
  function open(node: TreeNode): void {
    if (node.row !== undefined) store.set({ selected: node.row.index });
    else enter(node);
  }

  function enter(node: TreeNode): void {
    const hadFocus = map.contains(document.activeElement) || byId('crumbs').contains(document.activeElement);
    current = node;
    showTip(undefined);
    arrange();
    if (hadFocus) tiles.querySelector('button')?.focus({ preventScroll: true });
  }

  function drawCrumbs(): void {
    const path = ancestors(current);
    const items = path.map((node) => {
      if (node === current) return make('span', { 'aria-current': 'location' }, node.name);
      const button = make('button', { type: 'button' }, node.name);
      button.addEventListener('click', () => enter(node));
      return button;
    });
    const note = `${plural(current.params, 'parameter')}, ${roughCount(current.elements)} elements`;
    byId('crumbs').replaceChildren(
      ...items.flatMap((item, index) => (index === 0 ? [item] : [' / ', item])),
      ` · ${note}`,
    );
  }

  function move(key: string): boolean {
    const buttons = [...tiles.querySelectorAll('button')];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (key === 'Escape' || key === 'Backspace') {
      if (current.parent === undefined) return false;
      enter(current.parent);
      return true;
    }
    const moves: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const next = buttons[moves[key] ?? -1];
    if (next === undefined) return key in moves;
    buttons[at]?.setAttribute('tabindex', '-1');
    next.setAttribute('tabindex', '0');
    next.focus({ preventScroll: true });
    return true;
  }

  function fieldAt({ clientX, clientY }: MouseEvent): Rectangle | undefined {
    const { left, top } = map.getBoundingClientRect();
    const [x, y] = [clientX - left, clientY - top];
    return rectangles?.leaves().find((leaf) => leaf.x0 <= x && x < leaf.x1 && leaf.y0 <= y && y < leaf.y1);
  }

  tiles.addEventListener('keydown', (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && move(event.key)) event.preventDefault();
  });
  map.addEventListener('mousemove', (event) => {
    const field = fieldAt(event);
    if (field !== hovered) {
      hovered = field;
      paint();
    }
    showTip(
      field?.data.row && { x: event.clientX, y: event.clientY },
      ...(field?.data.row ? tipOf(field.data.row) : []),
    );
  });
  map.addEventListener('mouseleave', () => {
    hovered = undefined;
    showTip(undefined);
    paint();
  });
  canvas.addEventListener('click', (event) => {
    const row = fieldAt(event)?.data.row;
    if (row !== undefined) store.set({ selected: row.index });
  });
  canvas.addEventListener('dblclick', (event) => {
    const field = fieldAt(event)
      ?.ancestors()
      .find(({ depth }) => depth === 1);
    if (field !== undefined && field.data.row === undefined) enter(field.data);
  });
  new ResizeObserver(arrange).observe(map);
  store.watch(['theme', 'mode', 'selected'], paint);

  return {
    show(shown) {
      isShown = shown;
      paint();
    },
    setArea(wanted) {
      area = wanted;
      arrange();
    },
  };
}

function makeTile(rectangle: Rectangle): HTMLButtonElement {
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

function tipOf(row: Row): HTMLElement[] {
  return [
    make('b', {}, row.path),
    make('div', {}, `${row.shape} · rate ${lrText(row)} · decay ${decayText(row)}`),
    make('div', {}, ruleText(row)),
  ];
}

interface Paint {
  readonly theme: 'light' | 'dark';
  readonly selected: number;
  readonly colouring: Colouring;
  readonly isShown: (row: Row) => boolean;
  readonly hovered: Rectangle | undefined;
}

function paintMap(canvas: HTMLCanvasElement, root: Rectangle, paint: Paint): void {
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(root.x1 * scale);
  canvas.height = Math.round(root.y1 * scale);
  const context = canvas.getContext('2d')!;
  context.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const colours = {
    sunk: style.getPropertyValue('--sunk'),
    line: style.getPropertyValue('--line'),
    text: style.getPropertyValue('--text'),
    soft: style.getPropertyValue('--soft'),
    hatch: hatching(context, style.getPropertyValue('--strong-line')),
    font: style.fontFamily,
  };
  for (const rectangle of root.descendants()) {
    if (rectangle.depth === 0 || rectangle.x1 - rectangle.x0 < 0.25 || rectangle.y1 - rectangle.y0 < 0.25) continue;
    if (rectangle.data.row === undefined) paintModule(context, rectangle, colours);
    else paintField(context, rectangle, rectangle.data.row, paint, colours);
  }
  for (const leaf of root.leaves()) {
    const isSelected = leaf.data.row?.index === paint.selected;
    if (isSelected || leaf === paint.hovered) outline(context, leaf, colours.text, isSelected ? 3 : 1.5);
  }
}

type Colours = Readonly<Record<'sunk' | 'line' | 'text' | 'soft' | 'font', string> & { hatch: CanvasPattern | string }>;

function paintModule(context: CanvasRenderingContext2D, rectangle: Rectangle, colours: Colours): void {
  const { depth, data, x0, x1, y0, y1 } = rectangle;
  context.fillStyle = depth % 2 === 1 ? colours.sunk : colours.line;
  context.beginPath();
  context.roundRect(x0, y0, x1 - x0, y1 - y0, depth === 1 ? 4 : 2);
  context.fill();
  if (depth > 1 && headerHeight(rectangle) === INNER_HEADER) {
    label(context, data.name, { x: x0 + 4, y: y0 + 11, room: x1 - x0 - 8 }, colours.soft, colours.font);
  }
}

function paintField(context: CanvasRenderingContext2D, rectangle: Rectangle, row: Row, paint: Paint, colours: Colours) {
  const { x0, x1, y0, y1 } = rectangle;
  const { classes, classOf } = paint.colouring;
  const colour = classes[classOf[row.index]!]!.colour?.[paint.theme];
  context.globalAlpha = paint.isShown(row) ? 1 : 0.13;
  context.fillStyle = colour ?? colours.hatch;
  context.fillRect(x0, y0, x1 - x0, y1 - y0);
  if (x1 - x0 > 44 && y1 - y0 > 18) {
    const ink = colour === undefined ? colours.text : inkOn(colour);
    label(context, fieldLabel(rectangle), { x: x0 + 5, y: y0 + 13, room: x1 - x0 - 10 }, ink, colours.font);
  }
  context.globalAlpha = 1;
}

function outline(
  context: CanvasRenderingContext2D,
  { x0, x1, y0, y1 }: Rectangle,
  colour: string,
  width: number,
): void {
  const grow = Math.max(0, (8 - Math.min(x1 - x0, y1 - y0)) / 2);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.strokeRect(x0 - grow, y0 - grow, x1 - x0 + 2 * grow, y1 - y0 + 2 * grow);
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly room: number;
}

/** Text that is cut where its room ends. */
function label(
  context: CanvasRenderingContext2D,
  text: string,
  { x, y, room }: Place,
  colour: string,
  font: string,
): void {
  context.font = `11px ${font}`;
  context.fillStyle = colour;
  const fits = Math.floor((room / context.measureText(text).width) * text.length);
  if (fits >= text.length) context.fillText(text, x, y);
  else if (fits > 3) context.fillText(`${text.slice(0, fits - 1)}…`, x, y);
}

function hatching(context: CanvasRenderingContext2D, colour: string): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = 6;
  tile.height = 6;
  const pen = tile.getContext('2d')!;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.2;
  pen.beginPath();
  for (const shift of [-6, 0, 6]) {
    pen.moveTo(shift, 6);
    pen.lineTo(shift + 6, 0);
  }
  pen.stroke();
  return context.createPattern(tile, 'repeat') ?? colour;
}

const inks = new Map<string, string>();
let probe: CanvasRenderingContext2D | undefined;

/** Black or white, whichever is easier to read on a colour. */
function inkOn(colour: string): string {
  const known = inks.get(colour);
  if (known !== undefined) return known;
  probe ??= document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = [...probe.getImageData(0, 0, 1, 1).data].map((value) => (value / 255) ** 2.2);
  const ink = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? '#10151f' : '#ffffff';
  inks.set(colour, ink);
  return ink;
}
