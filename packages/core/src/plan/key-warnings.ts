/** Custom keys that match more than they seem to: in the middle of names, or at several depths. */

import { joinPath } from '../model/model.ts';
import { listSome } from '../text.ts';
import { keyName } from './decision.ts';
import type { PlanningRecord } from './planning-record.ts';
import type { Policy } from './policy.ts';
import type { CustomKey } from './rules.ts';

const MAX_NAMES = 3;
const ADVICE = 'custom_keys_match: path takes whole names and paths only';

/** For each key, what is odd about the names that it matches. */
export function keyNameWarnings({ keys, matchesPaths }: Policy, record: PlanningRecord): (key: CustomKey) => string[] {
  if (matchesPaths || keys.length === 0) return () => [];
  const found = matchesOf(keys, record);
  const isNorm = normCheck(record);
  return (key) => {
    const { inside, byDepth } = found.get(keyName(key))!;
    return [...middleWarning(key, inside, isNorm), ...depthWarning(key, byDepth, isNorm)];
  };
}

/** Paths of the parameters that a key decides something about. */
interface Matches {
  readonly key: string;
  /** Those in which the key is in the middle of a name. */
  readonly inside: string[];
  /** Those in which it is the name of a module, by the number of modules around that. */
  readonly byDepth: Map<number, string[]>;
}

/** By the names of keys. There can be millions of parameters: nothing is made for one that is as it should be. */
function matchesOf(keys: readonly CustomKey[], { groups, skipped }: PlanningRecord): Map<string, Matches> {
  const byName = new Map(
    keys.map((key) => [keyName(key), { key: key.key, inside: [], byDepth: new Map() } as Matches]),
  );
  const byDecision = new Map<readonly string[], readonly Matches[]>();
  for (const { path, decidedBy } of groups) {
    let deciding = byDecision.get(decidedBy);
    if (deciding === undefined) {
      deciding = decidedBy.flatMap((name) => byName.get(name) ?? []);
      byDecision.set(decidedBy, deciding);
    }
    for (const matches of deciding) note(matches, path);
  }
  for (const { path, frozenBy } of skipped) {
    const matches = frozenBy === undefined ? undefined : byName.get(frozenBy);
    if (matches !== undefined) note(matches, path);
  }
  return byName;
}

function note({ key, inside, byDepth }: Matches, path: string): void {
  if (key === '') return;
  const text = searchedText(path);
  const at = wholePlace(text, key);
  if (at < 0) inside.push(path);
  // Names of parameters, such as `bias`, are at every depth.
  else if (text.includes('.', at + key.length - 1)) {
    let depth = 0;
    for (let dot = text.indexOf('.'); dot >= 0 && dot < at; dot = text.indexOf('.', dot + 1)) depth++;
    const known = byDepth.get(depth);
    if (known === undefined) byDepth.set(depth, [path]);
    else known.push(path);
  }
}

const searchedText = (path: string) => (path.includes('.') ? path : `.${path}`);

/** Where a key begins and ends as names do: at dots, at the ends, with a dot or `_` of its own, or behind a `_`. -1 where it does not. */
function wholePlace(text: string, key: string): number {
  const startsItself = key[0] === '.' || key[0] === '_';
  const endsItself = key.endsWith('.') || key.endsWith('_');
  const isWhole = (start: number, end: number) =>
    (startsItself || start === 0 || text[start - 1] === '.' || text[start - 1] === '_') &&
    (endsItself || end === text.length || text[end] === '.');
  let at = text.indexOf(key);
  while (at >= 0 && !isWhole(at, at + key.length)) at = text.indexOf(key, at + 1);
  return at;
}

/** The name, or names with dots between, that a key is found in, and the path of what holds it. */
function nameAround(path: string, key: string): { readonly block: string; readonly name: string } {
  const text = searchedText(path);
  const whole = wholePlace(text, key);
  const at = whole < 0 ? text.indexOf(key) : whole;
  // A dot that the key brings along is no part of the name.
  const first = key.startsWith('.') ? at + 1 : at;
  const start = text.slice(0, first).lastIndexOf('.') + 1;
  const dot = text.indexOf('.', at + key.length - (key.endsWith('.') ? 1 : 0));
  return { block: text.slice(0, Math.max(0, start - 1)), name: text.slice(start, dot < 0 ? text.length : dot) };
}

type NormCheck = (paths: readonly string[]) => boolean;

/** Whether all these paths are of norms. The norms are gathered once, and only if they are asked for. */
function normCheck({ trained, untrained }: PlanningRecord): NormCheck {
  let norms: Set<string> | undefined;
  return (paths) => {
    const facts = () => [...trained, ...untrained].filter(({ kind }) => kind.type === 'norm');
    norms ??= new Set(facts().map(({ path }) => path));
    return paths.every((path) => norms?.has(path));
  };
}

/** A key for norms is often `norm` or `bn`, for `norm1`, `norm2` and `bn3`, and that is what it says. */
function middleWarning(key: CustomKey, paths: readonly string[], isNorm: NormCheck): string[] {
  if (paths.length === 0 || isNorm(paths)) return [];
  const found = paths.map((path) => nameAround(path, key.key));
  const names = [...new Set(found.map(({ name }) => name))];
  const where = `${names.length === 1 ? 'the name' : 'the names'} ${listSome(names, MAX_NAMES)}`;
  const blocks = countOf(new Set(found.map(({ block }) => block)).size, 'block');
  return [`${keyName(key)} is in the middle of ${where} in ${parameters(paths)} of ${blocks}; ${ADVICE}`];
}

function depthWarning(key: CustomKey, byDepth: Matches['byDepth'], isNorm: NormCheck): string[] {
  if (byDepth.size < 2 || [...byDepth.values()].every(isNorm)) return [];
  const places = [...byDepth.values()].map((paths) => {
    const found = paths.map((path) => nameAround(path, key.key));
    const modules = new Set(found.map(({ block, name }) => joinPath(block, name)));
    return `${listSome([...modules], 1)} (${parameters(paths)})`;
  });
  return [`${keyName(key)} matches at ${byDepth.size} depths: ${listSome(places, MAX_NAMES)}; ${ADVICE}`];
}

const parameters = (paths: readonly string[]) => countOf(paths.length, 'parameter');
const countOf = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
