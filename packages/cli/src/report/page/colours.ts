/** Which colour a parameter has: rows are put into classes, and classes get colours by theme. */
import type { GroupSummary } from '../data.ts';
import { NO_RULE, type Row, ruleText } from './rows.ts';
import { numberText } from './text.ts';

export const MODES = ['rule', 'rate', 'decay', 'group'] as const;
export type Mode = (typeof MODES)[number];
export type Theme = 'light' | 'dark';

interface ColourClass {
  readonly label: string;
  readonly count: number;
  /** `undefined`: not trained, shown hatched. */
  readonly colour: Readonly<Record<Theme, string>> | undefined;
}

export interface Colouring {
  readonly classes: readonly ColourClass[];
  /** Class of each row. */
  readonly classOf: readonly number[];
}

/** Puts every row into a class. Values are ordered from low to high, rules and groups as the model meets them. */
export function colourBy(mode: Mode, rows: readonly Row[], groups: readonly GroupSummary[]): Colouring {
  const keyOf = KEYS[mode];
  const counts = new Map<Key, number>();
  for (const row of rows) {
    const key = row.isTrained ? keyOf(row) : UNTRAINED;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const trained = [...counts.keys()].filter((key) => key !== UNTRAINED);
  const keys =
    mode === 'rate' || mode === 'decay' ? trained.sort((a, b) => Number(a ?? -1) - Number(b ?? -1)) : trained;
  const colours = mode === 'rate' || mode === 'decay' ? rampColours(keys) : hues(keys);
  const all = counts.has(UNTRAINED) ? [...keys, UNTRAINED] : keys;
  const place = new Map(all.map((key, index) => [key, index]));
  return {
    classes: all.map((key, index) => ({
      label: labelOf(mode, key, groups),
      count: counts.get(key)!,
      colour: key === UNTRAINED ? undefined : colours[index]!,
    })),
    classOf: rows.map((row) => place.get(row.isTrained ? keyOf(row) : UNTRAINED)!),
  };
}

type Key = string | number | null;
const UNTRAINED = 'not trained\u0000';

const KEYS: Readonly<Record<Mode, (row: Row) => Key>> = {
  rule: ruleText,
  rate: ({ lr }) => lr,
  decay: ({ decay }) => decay,
  group: ({ group }) => group,
};

function labelOf(mode: Mode, key: Key, groups: readonly GroupSummary[]): string {
  if (key === UNTRAINED) return 'not trained';
  if (mode === 'group') return groupText(groups[Number(key)]!);
  return typeof key === 'string' ? key : numberText(key);
}

function groupText({ lr, decay, more }: GroupSummary): string {
  return `lr ${numberText(lr)}, decay ${numberText(decay)}${more === '' ? '' : `, ${more}`}`;
}

type Colour = Readonly<Record<Theme, string>>;
const both = (colour: string): Colour => ({ light: colour, dark: colour });

/** Far apart in hue and lightness, so that they also differ for readers who do not see all hues. */
const PALETTE: readonly Colour[] = [
  { light: '#3f74b5', dark: '#5b8fd0' },
  { light: '#e3a93c', dark: '#e3ae4b' },
  { light: '#2f9c86', dark: '#3aab94' },
  { light: '#c4587a', dark: '#d06d8d' },
  { light: '#8fbfe0', dark: '#9fcbea' },
  { light: '#b5602a', dark: '#c8743d' },
  { light: '#7f66b0', dark: '#977fc6' },
  { light: '#92a046', dark: '#a3b158' },
];

export function distinctColours(count: number): Colour[] {
  if (count <= PALETTE.length) return PALETTE.slice(0, count);
  return Array.from({ length: count }, (_, index) => {
    const hue = Math.round(215 + (300 * index) / count) % 360;
    return both(`hsl(${hue} 42% ${index % 2 === 0 ? 46 : 64}%)`);
  });
}

/** What no rule touches is grey, so that what one does touch stands out. */
function hues(keys: readonly Key[]): Colour[] {
  const colours = distinctColours(keys.filter((key) => key !== NO_RULE).length);
  return keys.map((key) => (key === NO_RULE ? UNTOUCHED : colours.shift()!));
}

/** From low to high. The higher a value, the further its colour is from the page's. */
const RAMPS: Readonly<Record<Theme, readonly string[]>> = {
  light: ['#efdcae', '#93c9a0', '#3d97a8', '#2a4f93', '#2b2560'],
  dark: ['#3b4a8c', '#2f7f9f', '#4fae92', '#a9d18b', '#f6e7b0'],
};
const UNTOUCHED: Colour = { light: '#b4becd', dark: '#4a5568' };
/** No rate or no decay at all is another thing than a low one. */
const ZERO: Colour = { light: '#c7cdd7', dark: '#566072' };

function rampColours(keys: readonly Key[]): Colour[] {
  const steps = keys.filter((key) => key !== 0 && key !== null);
  return keys.map((key) => {
    if (key === 0 || key === null) return ZERO;
    const at = steps.length === 1 ? 0.7 : 0.12 + (0.76 * steps.indexOf(key)) / (steps.length - 1);
    return { light: mix(RAMPS.light, at), dark: mix(RAMPS.dark, at) };
  });
}

/** The colour at 0 to 1 of a ramp. */
function mix(ramp: readonly string[], at: number): string {
  const place = at * (ramp.length - 1);
  const low = Math.min(Math.floor(place), ramp.length - 2);
  const from = channels(ramp[low]!);
  const to = channels(ramp[low + 1]!);
  return `rgb(${from.map((value, index) => Math.round(value + (to[index]! - value) * (place - low))).join(' ')})`;
}

const channels = (hex: string) => [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));
