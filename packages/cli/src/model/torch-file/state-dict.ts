/** Which of the mappings in a file is the model. */
import { fail } from './error.ts';
import { PickledTensor } from './tensor.ts';
import { mappingOf, type Pickled, Unknown } from './values.ts';
import { ModuleReader } from './whole-module.ts';

type Named = ReadonlyMap<Pickled, Pickled>;

/** A mapping that holds tensors. */
export interface Candidate {
  /** Keys that lead to it, joined by dots; empty for the top of the file. */
  readonly key: string;
  readonly count: number;
}

export interface StateDict extends Candidate {
  readonly tensors: ReadonlyMap<string, PickledTensor>;
  /** What stands among the tensors and could not be read: what it is, by name. */
  readonly unread: ReadonlyMap<string, string>;
  /** The other mappings that may be a model, in the order of the file. */
  readonly others: readonly Candidate[];
  /** Names of the buffers of a module that was saved whole; `undefined` for a state dict, which does not tell. */
  readonly buffers: ReadonlySet<string> | undefined;
  /** Names of the classes of its norms, by path. */
  readonly norms: ReadonlyMap<string, string> | undefined;
}

interface Found extends Candidate, Pick<StateDict, 'buffers' | 'norms'> {
  readonly map: Named;
}

/** Where training scripts keep the model's state dict among other things, most usual first. */
const USUAL_KEYS: readonly string[] = [
  'state_dict',
  'model_state_dict',
  'model',
  'module',
  'net',
  'network',
  'params',
  'weights',
  'model_state',
  'network_weights',
];
const AVERAGED = /(^|[_.-])(ema|swa|averaged)([_.-]|$)/i;
const NOT_WEIGHTS = /optim|sched|scaler|rng|random/i;
const MAX_DEPTH = 6;
const MAX_KEY_LENGTH = 256;

/**
 * The state dict of a model: what stands under `key`, the top for an empty one; else under a usual key; else the mapping with most tensors, and an
 * average of weights only where there is nothing else.
 *
 * @throws TorchFileError where there is none.
 */
export function findStateDict(value: Pickled, key?: string): StateDict {
  const look = lookInto(new ModuleReader());
  const top = look(value, '');
  if (top === undefined)
    return fail(`it holds no state dict${but(value)}; save one: torch.save(model.state_dict(), path)`);
  const candidates = candidatesIn(top, look);
  const taken = key === undefined ? likeliest(top, candidates, look) : under(top, key, look);
  if (taken !== undefined && taken.count > 0) {
    const others = candidates.filter(
      (other) => other.map !== taken.map && other.count > 1 && !NOT_WEIGHTS.test(other.key),
    );
    return { ...taken, ...tensorsOf(taken.map), others };
  }
  const has = `it has ${contents(top.map)}`;
  if (key === undefined) {
    return fail(`it holds no state dict, neither itself nor under ${USUAL_KEYS.slice(0, 6).join(', ')}; ${has}`);
  }
  const wrong = taken === undefined ? 'there is no mapping' : 'there are no tensors';
  const those = candidates.map(candidateText).join(', ');
  return fail(`${wrong} under the key ${JSON.stringify(key)}; ${those === '' ? has : `tensors are under ${those}`}`);
}

/** The first keys, each with what would have made its value, where only code could. */
function contents(map: Named): string {
  const keys = [...map].filter(([key]) => isKey(key)).slice(0, 8);
  const texts = keys.map(([key, value]) => (value instanceof Unknown ? `${String(key)} (${value.name})` : String(key)));
  return texts.join(', ') || 'nothing';
}

/** `"ema_state_dict" (120 tensors)` */
export function candidateText({ key, count }: Candidate): string {
  return `${key === '' ? 'the top, ""' : JSON.stringify(key)} (${count} tensors)`;
}

const but = (value: Pickled) =>
  value instanceof Unknown ? ` but what ${value.name} would make (nothing was run)` : '';

/** A value as a mapping; `undefined` where it is none. */
type Look = (value: Pickled | undefined, key: string) => Found | undefined;

function lookInto(modules: ModuleReader): Look {
  return (value, key) => {
    const module = modules.read(value);
    const map = module?.tensors ?? mappingOf(value);
    return map && { key, map, count: countTensors(map), buffers: module?.buffers, norms: module?.norms };
  };
}

const joined = (key: string, name: string) => (key === '' ? name : `${key}.${name}`);

function countTensors(map: Named): number {
  let count = 0;
  for (const value of map.values()) if (value instanceof PickledTensor) count++;
  return count;
}

/** Every mapping with tensors, in the order of the file. Each is met once, however often the file refers to it. */
function candidatesIn(top: Found, look: Look): Found[] {
  const seen = new Set<Pickled>();
  const found: Found[] = [];
  const stack = [{ at: top, depth: 0 }];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { at, depth } = item;
    if (at.count > 0) found.push(at);
    if (at.buffers !== undefined || depth === MAX_DEPTH) continue;
    const below: typeof stack = [];
    for (const [name, value] of at.map) {
      if (!isKey(name) || value === null || typeof value !== 'object' || seen.has(value)) continue;
      seen.add(value);
      const inner = look(value, joined(at.key, name));
      if (inner !== undefined) below.push({ at: inner, depth: depth + 1 });
    }
    stack.push(...below.reverse());
  }
  return found;
}

function likeliest(top: Found, candidates: readonly Found[], look: Look): Found | undefined {
  let best = usual(top, look);
  if (best !== undefined) return best;
  for (const next of candidates) if (best === undefined || isLikelier(next, best)) best = next;
  return best;
}

/** @param seen mappings that were looked into: a file may refer to one from many places, itself included. */
function usual(at: Found, look: Look, depth = 0, seen = new Set<Pickled>()): Found | undefined {
  if (depth === MAX_DEPTH || at.buffers !== undefined) return undefined;
  for (const name of USUAL_KEYS) {
    const value = at.map.get(name);
    if (value === undefined || seen.has(value)) continue;
    seen.add(value);
    const inner = look(value, joined(at.key, name));
    const found = inner && (usual(inner, look, depth + 1, seen) ?? (inner.count > 0 ? inner : undefined));
    if (found !== undefined) return found;
  }
  return undefined;
}

function isLikelier(a: Candidate, b: Candidate): boolean {
  const [rankA, rankB] = [rankOf(a), rankOf(b)];
  return rankA === rankB ? a.count > b.count : rankA < rankB;
}

function rankOf({ key }: Candidate): number {
  if (NOT_WEIGHTS.test(key)) return 2;
  return key.split('.').some((part) => AVERAGED.test(part)) ? 1 : 0;
}

/** Names may hold dots themselves: the longest one that is there is taken, step by step. */
function under(top: Found, key: string, look: Look): Found | undefined {
  if (key === '') return top;
  const parts = key.split('.');
  for (let end = parts.length; end > 0; end--) {
    const name = parts.slice(0, end).join('.');
    if (top.buffers !== undefined || !top.map.has(name)) continue;
    const inner = look(top.map.get(name), joined(top.key, name));
    const rest = parts.slice(end).join('.');
    if (inner === undefined) return undefined;
    return under(inner, rest, look);
  }
  return undefined;
}

const isKey = (key: Pickled): key is string => typeof key === 'string' && key.length <= MAX_KEY_LENGTH;

function tensorsOf(map: Named): Pick<StateDict, 'tensors' | 'unread'> {
  const tensors = new Map<string, PickledTensor>();
  const unread = new Map<string, string>();
  for (const [name, value] of map) {
    if (value instanceof PickledTensor) {
      tensors.set(typeof name === 'string' ? name : fail('a tensor in it has a name that is no text'), value);
    } else if (isKey(name) && !name.endsWith('_extra_state') && isUnread(value)) unread.set(name, whatIs(value));
  }
  return { tensors, unread };
}

/** Numbers and texts are settings of a module; what only code could make may be a tensor, and a list may hold some. */
const isUnread = (value: Pickled) => value instanceof Unknown || (Array.isArray(value) && value.length > 0);
const whatIs = (value: Pickled) => (value instanceof Unknown ? value.name : 'a list');
