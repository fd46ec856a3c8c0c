/**
 * Weight file → module tree. Kinds that the file does not tell follow from names and shapes, and the plan says so.
 *
 * - A norm has running statistics, or weight and bias of one dimension and one size, or a weight of one dimension and the name
 *   of a norm.
 * - A weight of four dimensions is a 2-d convolution. With one channel a group it is depth-wise: that is what the rules ask.
 * - A deformable convolution is a 2-d convolution with a child `conv_offset`.
 */
import type { KnownKind, TensorInfo, WeightFile } from './tensors.ts';

interface Module {
  readonly path: string;
  /** Own tensors by last name. */
  readonly tensors: Map<string, TensorInfo>;
  readonly children: Map<string, Module>;
}

export interface InferredModel {
  /** In the format `paramwise-model/1`. */
  readonly json: object;
  readonly notes: readonly string[];
}

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
const NORM_NAME = /(^|[._])(batch|layer|group|instance|sync)?_?(norm|bn|ln|gn|layernorm|batchnorm)_?\d*$|norm$/i;

export function inferModel(file: WeightFile): InferredModel {
  const root = treeOf(file.tensors);
  const counts = new Map<string, number>();
  const json = { format: 'paramwise-model/1', name: file.name, root: nodes(root, file, counts) };
  return { json, notes: [...file.notes, kindNote(counts, file), ...bufferNote(file)] };
}

function treeOf(tensors: readonly TensorInfo[]): Module {
  const root = makeModule('');
  for (const tensor of tensors) {
    const parts = tensor.name.split('.');
    const last = parts.pop()!;
    let module = root;
    for (const part of parts) {
      const path = module === root ? part : `${module.path}.${part}`;
      const child = module.children.get(part) ?? makeModule(path);
      module.children.set(part, child);
      module = child;
    }
    module.tensors.set(last, tensor);
  }
  return root;
}

function makeModule(path: string): Module {
  return { path, tensors: new Map(), children: new Map() };
}

/** The tree as a model file has it. Without recursion: nesting is not bounded by the call stack. */
function nodes(root: Module, file: WeightFile, counts: Map<string, number>): object {
  const ids = new Map<string, number>();
  const idOf = ({ name, memory = name }: TensorInfo): number => {
    if (!ids.has(memory)) ids.set(memory, ids.size);
    return ids.get(memory)!;
  };
  const top: [string, object][] = [];
  const stack = [{ name: '', module: root, into: top }];
  let id = 0;
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { name, module, into } = item;
    const children: [string, object][] = [];
    const kind = kindOf(module, file.kinds);
    counts.set(kind.counted, (counts.get(kind.counted) ?? 0) + 1);
    into.push([name, { id: id++, ...kind.node, params: paramsOf(module, file, idOf), children }]);
    const below = [...module.children].map(([child, found]) => ({ name: child, module: found, into: children }));
    stack.push(...below.reverse());
  }
  return top[0]![1];
}

function paramsOf({ tensors }: Module, file: WeightFile, idOf: (tensor: TensorInfo) => number): object[] {
  return [...tensors]
    .filter(([, tensor]) => !isBuffer(tensor, file))
    .map(([name, tensor]) => ({
      name,
      id: idOf(tensor),
      shape: tensor.shape,
      dtype: tensor.dtype,
      requires_grad: true,
    }));
}

function isBuffer({ name, dtype }: TensorInfo, { buffers }: WeightFile): boolean {
  return buffers.has(name) || !FLOATING.test(dtype) || BUFFER_NAMES.has(name.slice(name.lastIndexOf('.') + 1));
}

interface Kind {
  /** What the note calls it. */
  readonly counted: string;
  readonly node: { readonly types: readonly string[]; readonly attrs?: object };
}

const OTHER: Kind = { counted: 'other', node: { types: ['Module'] } };

function kindOf(module: Module, known: ReadonlyMap<string, KnownKind>): Kind {
  const kind = known.get(module.path);
  const weight = module.tensors.get('weight');
  if (kind?.type === 'norm') return normKind(kind.name);
  if (kind?.type === 'deform_conv') return DEFORM_CONV;
  if (weight?.shape.length === 4) {
    const offset = module.children.get('conv_offset')?.tensors.get('weight');
    if (offset?.shape.length === 4) return DEFORM_CONV;
    return convKind(weight.shape, kind?.groups);
  }
  return isNorm(module) ? normKind(module.tensors.has('running_mean') ? '_BatchNorm' : 'LayerNorm') : OTHER;
}

const DEFORM_CONV: Kind = { counted: 'deformable convolutions', node: { types: ['DeformConv2d', 'Module'] } };

function normKind(name: string): Kind {
  return { counted: 'norms', node: { types: [name, 'Module'] } };
}

function convKind([outputs = 0, perGroup = 0]: readonly number[], known: number | undefined): Kind {
  const groups = known ?? (perGroup === 1 ? outputs : 1);
  const attrs = { in_channels: perGroup * groups, out_channels: outputs, groups };
  const counted = groups === attrs.in_channels ? 'depth-wise convolutions' : 'convolutions';
  return { counted, node: { types: ['Conv2d', 'Module'], attrs } };
}

function isNorm({ path, tensors }: Module): boolean {
  if (tensors.has('running_mean')) return true;
  const weight = (tensors.get('weight') ?? tensors.get('gamma'))?.shape;
  if (weight?.length !== 1) return false;
  const bias = (tensors.get('bias') ?? tensors.get('beta'))?.shape;
  return bias === undefined ? NORM_NAME.test(path) : bias.length === 1 && bias[0] === weight[0];
}

function kindNote(counts: ReadonlyMap<string, number>, { kinds }: WeightFile): string {
  const found = [...counts]
    .filter(([counted]) => counted !== 'other')
    .map(([counted, count]) => `${counted} (${count})`);
  const how = kinds.size === 0 ? 'names and shapes' : 'the graph, names and shapes';
  return `kinds of modules are inferred from ${how}: ${found.join(', ') || 'neither norms nor convolutions'}`;
}

const MAX_NAMES = 3;

function bufferNote(file: WeightFile): string[] {
  const names = file.tensors.filter((tensor) => isBuffer(tensor, file)).map(({ name }) => name);
  if (names.length === 0) return [];
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return [`taken for buffers and left out: ${names.slice(0, MAX_NAMES).join(', ')}${more}`];
}
