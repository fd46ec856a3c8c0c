/** Weight file → module tree. Kinds that the file does not tell follow from names and shapes, and the plan says so. */
import type { ModuleKind, ModuleView, ParamView } from '@paramwise/core';
import { refuse } from '../refusal.ts';
import { type InferredKind, kindOf, type NamedModule, RMS_NORM } from './kinds.ts';
import { MAX_TENSORS, type TensorInfo, type WeightFile } from './tensors.ts';
import { unwrapNames } from './wrappers.ts';

export interface InferredModel {
  readonly root: ModuleView;
  readonly notes: readonly string[];
  /** Those of the notes that say what may be wrong. */
  readonly doubts: readonly string[];
}

const MAX_MODULES = 2 * MAX_TENSORS;
const MAX_NAME_LENGTH = 4096;

/** Names that buffers of floating-point numbers have. */
const BUFFER_NAMES = new Set([
  'running_mean',
  'running_var',
  'num_batches_tracked',
  'relative_position_index',
  'relative_coords_table',
  'position_ids',
  'attn_mask',
  'inv_freq',
]);
const FLOATING = /^(b?float|double|half|complex)/;

/** @throws Refusal for more tensors or modules than any model has. */
export function inferModel(file: WeightFile): InferredModel {
  const { tensors, notes } = unwrapNames(file.tensors, file.wrappers ?? []);
  const unwrapped = { ...file, tensors };
  const tally = new Tally();
  const root = viewOf(treeOf(tensors), unwrapped, tally);
  const guess = tally.guessNote();
  return {
    root,
    notes: [...file.notes, ...notes, tally.kindNote(file), ...guess, ...bufferNote(unwrapped)],
    doubts: [...(file.doubts ?? []), ...guess],
  };
}

function treeOf(tensors: readonly TensorInfo[]): NamedModule {
  if (tensors.length > MAX_TENSORS) refuse(`it has ${tensors.length} tensors; at most ${MAX_TENSORS} are read`);
  const root = makeModule('');
  let count = 1;
  for (const tensor of tensors) {
    if (tensor.name.length > MAX_NAME_LENGTH) refuse(`a tensor has a name of ${tensor.name.length} characters`);
    const parts = tensor.name.split('.');
    const last = parts.pop()!;
    let module = root;
    for (const part of parts) {
      let child = module.children.get(part);
      if (child === undefined) {
        count++;
        if (count > MAX_MODULES) refuse(`the names of its tensors lead to more than ${MAX_MODULES} modules`);
        child = makeModule(module === root ? part : `${module.path}.${part}`);
        module.children.set(part, child);
      }
      module = child;
    }
    module.tensors.set(last, tensor);
  }
  return root;
}

function makeModule(path: string): NamedModule {
  return { path, tensors: new Map(), children: new Map() };
}

class InferredModule implements ModuleView {
  readonly moduleKind: ModuleKind;
  readonly typeNames: readonly string[];
  readonly params: readonly (readonly [string, ParamView])[];
  readonly children: (readonly [string, InferredModule])[] = [];

  constructor({ kind, typeNames }: InferredKind, params: readonly (readonly [string, ParamView])[]) {
    this.moduleKind = kind;
    this.typeNames = typeNames;
    this.params = params;
  }

  ownParams(): Iterable<readonly [string, ParamView]> {
    return this.params;
  }

  ownChildren(): Iterable<readonly [string, InferredModule]> {
    return this.children;
  }
}

/** The tree as the planner walks it. Without recursion: nesting is not bounded by the call stack. */
function viewOf(root: NamedModule, file: WeightFile, tally: Tally): ModuleView {
  const paramOf = paramTable();
  const make = (module: NamedModule): InferredModule => {
    const kind = kindOf(module, file.kinds);
    tally.add(kind, module);
    const trained = [...module.tensors].filter(([, tensor]) => !isBuffer(tensor, file));
    const params = trained.map(([name, tensor]) => [name, paramOf(tensor)] as const);
    return new InferredModule(kind, params);
  };
  const top = make(root);
  // Depth first, so that parameters are numbered as they are planned.
  const stack = [{ view: top, rest: root.children.entries() }];
  for (let item = stack.at(-1); item !== undefined; item = stack.at(-1)) {
    const next = item.rest.next();
    if (next.done) stack.pop();
    else {
      const [name, module] = next.value;
      const view = make(module);
      item.view.children.push([name, view]);
      stack.push({ view, rest: module.children.entries() });
    }
  }
  return top;
}

/** One memory is one parameter, whatever its names; each has the number of its first. */
function paramTable(): (tensor: TensorInfo) => ParamView {
  const shared = new Map<string, ParamView>();
  let id = 0;
  return ({ shape, dtype, memory }) => {
    const known = memory === undefined ? undefined : shared.get(memory);
    if (known !== undefined) return known;
    const param = { id: id++, shape, dtype, requiresGrad: true };
    if (memory !== undefined) shared.set(memory, param);
    return param;
  };
}

function isBuffer({ name, dtype, isBuffer: isKnown = false }: TensorInfo, { buffers }: WeightFile): boolean {
  return (
    isKnown || buffers.has(name) || !FLOATING.test(dtype) || BUFFER_NAMES.has(name.slice(name.lastIndexOf('.') + 1))
  );
}

/** How many modules are of each kind. */
class Tally {
  readonly #counts = new Map<string, number>();
  #guessed = 0;
  #firstGuessed = '';

  add({ counted, typeNames }: InferredKind, { path }: NamedModule): void {
    if (counted !== undefined) this.#counts.set(counted, (this.#counts.get(counted) ?? 0) + 1);
    if (typeNames !== RMS_NORM.typeNames) return;
    if (this.#guessed === 0) this.#firstGuessed = path;
    this.#guessed++;
  }

  kindNote({ kinds, kindsFrom = 'the graph' }: WeightFile): string {
    const found = [...this.#counts].map(([counted, count]) => `${counted} (${count})`);
    const how = kinds.size === 0 ? 'names and shapes' : `${kindsFrom}, names and shapes`;
    return `kinds of modules are inferred from ${how}: ${found.join(', ') || 'neither norms nor convolutions'}`;
  }

  guessNote(): string[] {
    if (this.#guessed === 0) return [];
    const [which, are] = this.#guessed === 1 ? ['1 module', 'is'] : [`${this.#guessed} modules`, 'are'];
    return [
      `a guess by the name alone: ${which} (such as ${this.#firstGuessed}) ${are} taken for RMSNorm, which is none of the norms of norm_decay_mult; a LayerNorm without a bias would be one`,
    ];
  }
}

const MAX_NAMES = 3;

function bufferNote(file: WeightFile): string[] {
  const names = file.tensors.filter((tensor) => isBuffer(tensor, file)).map(({ name }) => name);
  if (names.length === 0) return [];
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return [`taken for buffers and left out: ${names.slice(0, MAX_NAMES).join(', ')}${more}`];
}
