/** An optimizer's state by parameter *name*: it fits a model whose layers, or groups, stand in another order. */
import type { Optimizer } from '../optim/optimizer.ts';
import { type OptimizerStateDict, type StateValue, writeGroups } from '../optim/state-dict.ts';
import { Tensor } from '../tensor.ts';
import { Differing, differencesOf } from './settings.ts';

/** What of a parameter's state is no tensor: numbers as they are, lists of tensors by their lengths. */
interface NamedEntry {
  numbers: Record<string, number>;
  tensors: string[];
  lists: Record<string, number>;
}

/** The part of a saved optimizer that is JSON; its tensors lie beside it. */
export interface SavedOptimizer {
  /** What stepped the groups that named no algorithm of their own. */
  algorithm: string;
  step_count: number;
  state: Record<string, NamedEntry>;
  groups: SavedGroup[];
}

interface SavedGroup {
  names: string[];
  /** What stepped it. */
  algorithm: string;
  settings: Record<string, unknown>;
}

export type Names = ReadonlyMap<Tensor, string>;

const nameOf = (names: Names, param: Tensor, index: number): string =>
  names.get(param) ?? `(not in the model) ${index}`;

/** Splits an optimizer's state dict into JSON and tensors, which are added to `tensors` under `prefix/PARAMETER/SLOT`. */
export function saveOptimizer(
  optimizer: Optimizer,
  dict: OptimizerStateDict,
  names: Names,
  prefix: string,
  tensors: Record<string, Tensor>,
): SavedOptimizer {
  const order = optimizer.paramGroups
    .flatMap((group) => group.params)
    .map((param, index) => nameOf(names, param, index));
  const state: SavedOptimizer['state'] = Object.create(null);
  for (const [number, entry] of Object.entries(dict.state)) {
    const name = order[Number(number)] as string;
    state[name] = saveEntry(entry, `${prefix}/${name}`, tensors);
  }
  const groups = dict.param_groups.map(({ params, param_names: _, ...settings }) => ({
    names: params.map((number) => order[number] as string),
    algorithm: optimizer.algorithmOf(settings).name,
    settings,
  }));
  return { algorithm: optimizer.algorithm.name, step_count: optimizer.stepCount, state, groups };
}

function saveEntry(entry: Record<string, StateValue>, prefix: string, tensors: Record<string, Tensor>): NamedEntry {
  const saved: NamedEntry = { numbers: {}, tensors: [], lists: {} };
  for (const [slot, value] of Object.entries(entry)) {
    if (typeof value === 'number') saved.numbers[slot] = value;
    else if (value instanceof Tensor) {
      saved.tensors.push(slot);
      tensors[`${prefix}/${slot}`] = value;
    } else if (Array.isArray(value) && value.every((item) => item instanceof Tensor)) {
      saved.lists[slot] = value.length;
      for (const [i, item] of value.entries()) tensors[`${prefix}/${slot}/${i}`] = item as Tensor;
    }
  }
  return saved;
}

/** How a saved optimizer fits one that is here. */
export interface OptimizerFit {
  /** The saved state in the numbering of the optimizer that is here. */
  dict: OptimizerStateDict;
  /** Parameters that stand in another group than when they were saved. */
  moved: string[];
  /** Parameters of the optimizer that the file does not know, and the reverse. */
  missing: string[];
  unexpected: string[];
  /** `AdamW, not SGD` for each pair of algorithms by which a parameter was stepped and is to be stepped. */
  algorithms: string[];
  /** Settings that are not those here, as `optimizer/head.weight: lr 0.01 in the file, 0.02 here`. */
  differing: string[];
}

/** Lays the saved state out for `optimizer`, leaving out the parameters in `skip` and what another algorithm left. Nothing is changed. */
export function fitOptimizer(
  optimizer: Optimizer,
  names: Names,
  saved: SavedOptimizer,
  prefix: string,
  tensors: Readonly<Record<string, Tensor>>,
  skip: ReadonlySet<string>,
): OptimizerFit {
  const savedGroup = new Map(saved.groups.flatMap((group, index) => group.names.map((name) => [name, index] as const)));
  const groups = writeGroups(optimizer);
  const fit: OptimizerFit = {
    dict: { param_groups: groups, step_count: saved.step_count, state: {} },
    moved: [],
    missing: [],
    unexpected: [],
    algorithms: [],
    differing: [],
  };
  const differing = new Differing();
  const seen = new Set<string>();
  let number = 0;
  for (const [index, group] of optimizer.paramGroups.entries()) {
    const { name: algorithm } = optimizer.algorithmOf(group);
    const groupNames = group.params.map((param, i) => nameOf(names, param, number + i));
    const { params: _, param_names: __, ...settings } = groups[index] as OptimizerStateDict['param_groups'][number];
    for (const name of groupNames) {
      seen.add(name);
      const before = savedGroup.get(name);
      if (before === undefined) fit.missing.push(name);
      else if (before !== index) fit.moved.push(name);
      const saver = before === undefined ? undefined : saved.groups[before];
      if (saver && saver.algorithm !== algorithm) fit.algorithms.push(`${saver.algorithm}, not ${algorithm}`);
      else {
        differing.add(name, saver ? differencesOf(saver.settings, settings) : []);
        const entry = Object.hasOwn(saved.state, name) && !skip.has(name) ? saved.state[name] : undefined;
        if (entry) fit.dict.state[number] = loadEntry(entry, `${prefix}/${name}`, tensors);
      }
      number++;
    }
    Object.assign(groups[index] as object, agreedSettings(groupNames, savedGroup, saved, algorithm));
  }
  fit.algorithms = [...new Set(fit.algorithms)];
  fit.differing = differing.list(prefix);
  fit.unexpected = [...savedGroup.keys()].filter((name) => !seen.has(name));
  return fit;
}

/**
 * Settings that all parameters of a group were saved with; undefined where they come from differently set groups, or
 * from another algorithm.
 */
function agreedSettings(
  groupNames: readonly string[],
  savedGroup: ReadonlyMap<string, number>,
  saved: SavedOptimizer,
  algorithm: string,
) {
  const found = new Set(groupNames.map((name) => savedGroup.get(name)).filter((index) => index !== undefined));
  const texts = new Set([...found].map((index) => JSON.stringify(saved.groups[index]?.settings)));
  const [first] = found;
  if (texts.size !== 1 || first === undefined) return undefined;
  const group = saved.groups[first] as SavedGroup;
  return group.algorithm === algorithm ? group.settings : undefined;
}

function loadEntry(
  entry: NamedEntry,
  prefix: string,
  tensors: Readonly<Record<string, Tensor>>,
): Record<string, StateValue> {
  const tensor = (key: string): Tensor => {
    const found = tensors[key];
    if (!found) throw new Error(`the checkpoint names tensor ${key} but does not hold it`);
    return found;
  };
  const values: Record<string, StateValue> = { ...entry.numbers };
  for (const slot of entry.tensors) values[slot] = tensor(`${prefix}/${slot}`);
  for (const [slot, length] of Object.entries(entry.lists))
    values[slot] = Array.from({ length }, (_, i) => tensor(`${prefix}/${slot}/${i}`));
  return values;
}
