/** Custom keys that match more than they seem to: in the middle of names, or at several depths. */

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
  const pathsByKey = pathsDecidedBy(record);
  const isNorm = normCheck(record);
  return (key) => {
    if (key.key === '') return [];
    const found = (pathsByKey.get(keyName(key)) ?? []).map((path) => matchIn(path, key.key));
    return [...middleWarning(key, found, isNorm), ...depthWarning(key, found, isNorm)];
  };
}

/** Paths of the parameters that each key decides something about, by its name among the reasons. */
function pathsDecidedBy({ groups, skipped }: PlanningRecord): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  const add = (name: string, path: string) => {
    const known = paths.get(name);
    if (known === undefined) paths.set(name, [path]);
    else known.push(path);
  };
  for (const { path, decidedBy } of groups) for (const name of decidedBy) add(name, path);
  for (const { path, frozenBy } of skipped) if (frozenBy !== undefined) add(frozenBy, path);
  return paths;
}

/** Of a set of paths, whether all are of norms. The kinds are gathered once, and only if they are asked for. */
function normCheck({ trained, untrained }: PlanningRecord): (found: readonly Match[]) => boolean {
  let norms: Set<string> | undefined;
  return (found) => {
    const facts = () => [...trained, ...untrained].filter(({ kind }) => kind.type === 'norm');
    norms ??= new Set(facts().map(({ path }) => path));
    return found.every(({ path }) => norms?.has(path));
  };
}

/** Where a key is found in a path. */
interface Match {
  readonly path: string;
  /** Path of what holds the name that is matched; empty for the model. */
  readonly block: string;
  /** The name, or names with dots between, that the key is found in. */
  readonly name: string;
  /** Whether the key begins and ends where names do. */
  readonly isWhole: boolean;
  /** Whether the name is the parameter's own. */
  readonly isOwnName: boolean;
}

function matchIn(path: string, key: string): Match {
  const text = path.includes('.') ? path : `.${path}`;
  const startsHere = (at: number) => at === 0 || text[at - 1] === '.' || /^[._]/.test(key);
  const endsHere = (at: number) => at === text.length || text[at] === '.' || /[._]$/.test(key);
  const isWholeAt = (at: number) => startsHere(at) && endsHere(at + key.length);
  let at = text.indexOf(key);
  while (at >= 0 && !isWholeAt(at)) at = text.indexOf(key, at + 1);
  const isWhole = at >= 0;
  const found = isWhole ? at : text.indexOf(key);
  // A dot that the key brings along is no part of the name.
  const first = key.startsWith('.') ? found + 1 : found;
  const last = found + key.length - (key.endsWith('.') ? 1 : 0);
  const start = first === 0 ? 0 : text.lastIndexOf('.', first - 1) + 1;
  const dot = text.indexOf('.', last);
  const end = dot < 0 ? text.length : dot;
  return {
    path,
    block: text.slice(0, Math.max(0, start - 1)),
    name: text.slice(start, end),
    isWhole,
    isOwnName: dot < 0,
  };
}

type NormCheck = (found: readonly Match[]) => boolean;

/** A key for norms is often `norm` or `bn`, for `norm1`, `norm2` and `bn3`, and that is what it says. */
function middleWarning(key: CustomKey, found: readonly Match[], isNorm: NormCheck): string[] {
  const inside = found.filter(({ isWhole }) => !isWhole);
  if (inside.length === 0 || isNorm(inside)) return [];
  const names = [...new Set(inside.map(({ name }) => name))];
  const where = `${names.length === 1 ? 'the name' : 'the names'} ${listSome(names, MAX_NAMES)}`;
  const blocks = countOf(new Set(inside.map(({ block }) => block)).size, 'block');
  return [`${keyName(key)} is in the middle of ${where} in ${params(inside)} of ${blocks}; ${ADVICE}`];
}

/** Names of parameters, such as `bias`, are at every depth. */
function depthWarning(key: CustomKey, found: readonly Match[], isNorm: NormCheck): string[] {
  const modules = found.filter(({ isWhole, isOwnName }) => isWhole && !isOwnName);
  const depths = new Map<number, Match[]>();
  for (const match of modules) {
    const depth = match.block === '' ? 0 : match.block.split('.').length;
    const known = depths.get(depth);
    if (known === undefined) depths.set(depth, [match]);
    else known.push(match);
  }
  if (depths.size < 2 || isNorm(modules)) return [];
  const places = [...depths.values()].map((matches) => {
    const paths = [...new Set(matches.map(({ block, name }) => (block === '' ? name : `${block}.${name}`)))];
    return `${listSome(paths, 1)} (${params(matches)})`;
  });
  return [`${keyName(key)} matches at ${depths.size} depths: ${listSome(places, MAX_NAMES)}; ${ADVICE}`];
}

const params = (found: readonly Match[]) => countOf(found.length, 'parameter');
const countOf = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
