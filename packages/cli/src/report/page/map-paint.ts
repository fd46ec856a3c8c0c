/** The treemap on its canvas: modules as frames, parameters as fields in the colour of their class. */
import type { Colouring } from './colours.ts';
import { fieldLabel, headerHeight, INNER_HEADER, type Rectangle } from './map-layout.ts';
import type { Row } from './rows.ts';

export interface Paint {
  readonly theme: 'light' | 'dark';
  readonly selected: number;
  readonly colouring: Colouring;
  readonly isShown: (row: Row) => boolean;
  readonly hovered: Rectangle | undefined;
}

export function paintMap(canvas: HTMLCanvasElement, root: Rectangle, paint: Paint): void {
  const context = sized(canvas, root);
  const colours = coloursOf(canvas, context);
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

/** As many pixels as the screen has for it. */
function sized(canvas: HTMLCanvasElement, { x1, y1 }: Rectangle): CanvasRenderingContext2D {
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(x1 * scale);
  canvas.height = Math.round(y1 * scale);
  const context = canvas.getContext('2d')!;
  context.scale(scale, scale);
  return context;
}

type Colours = Readonly<Record<'sunk' | 'line' | 'text' | 'soft' | 'font', string> & { hatch: CanvasPattern | string }>;

function coloursOf(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D): Colours {
  const style = getComputedStyle(canvas);
  return {
    sunk: style.getPropertyValue('--sunk'),
    line: style.getPropertyValue('--line'),
    text: style.getPropertyValue('--text'),
    soft: style.getPropertyValue('--soft'),
    hatch: hatching(context, style.getPropertyValue('--strong-line')),
    font: style.fontFamily,
  };
}

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
