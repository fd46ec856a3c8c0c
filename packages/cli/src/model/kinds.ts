/**
 * What kind of module has tensors of these names and shapes.
 *
 * - A norm has running statistics, or weight and bias of one dimension and one size.
 * - A weight of one dimension alone, in a module named as a norm, is taken for an RMSNorm: a guess by the name alone.
 *   MMEngine's norms are batch, instance, group and layer norm, so its rules for norms do not hold for it.
 * - A weight of four dimensions is a 2-d convolution. With one channel a group it is depth-wise: that is what the rules ask.
 * - A deformable convolution is a 2-d convolution with a child `conv_offset`.
 */
import type { ModuleKind } from '@paramwise/core';
import type { KnownKind, TensorInfo } from './tensors.ts';

/** A module of the tree that the names of the tensors span. */
export interface NamedModule {
  readonly path: string;
  /** Own tensors by last name. */
  readonly tensors: Map<string, TensorInfo>;
  readonly children: Map<string, NamedModule>;
}

export interface InferredKind {
  /** What a note calls it; `undefined` for what no note speaks of. */
  readonly counted: string | undefined;
  readonly kind: ModuleKind;
  readonly typeNames: readonly string[];
}

const OTHER: InferredKind = { counted: undefined, kind: { type: 'other' }, typeNames: ['Module'] };
const DEFORM_CONV: InferredKind = {
  counted: 'deformable convolutions',
  kind: { type: 'deform_conv' },
  typeNames: ['DeformConv2d', 'Module'],
};
/** The guess by a name alone. */
export const RMS_NORM: InferredKind = {
  counted: undefined,
  kind: { type: 'other' },
  typeNames: ['RMSNorm', 'Module'],
};

const NORM_NAME = /(^|[._])(batch|layer|group|instance|sync)?_?(norm|bn|ln|gn|layernorm|batchnorm)_?\d*$|norm$/i;
const RMS_NAME = /rms_?norm/i;

export function kindOf(module: NamedModule, known: ReadonlyMap<string, KnownKind>): InferredKind {
  const kind = known.size === 0 ? undefined : known.get(module.path);
  const weight = module.tensors.get('weight');
  if (kind?.type === 'norm') return normKind(kind.name);
  if (kind?.type === 'deform_conv') return DEFORM_CONV;
  if (weight?.shape.length === 4) {
    const offset = module.children.get('conv_offset')?.tensors.get('weight');
    if (offset?.shape.length === 4) return DEFORM_CONV;
    return convKind(weight.shape, kind?.groups);
  }
  return normByTensors(module) ?? OTHER;
}

function normKind(name: string): InferredKind {
  return { counted: 'norms', kind: { type: 'norm' }, typeNames: [name, 'Module'] };
}

function convKind([outputs = 0, perGroup = 0]: readonly number[], known: number | undefined): InferredKind {
  const groups = known ?? (perGroup === 1 ? outputs : 1);
  const inChannels = perGroup * groups;
  const counted = groups === inChannels ? 'depth-wise convolutions' : 'convolutions';
  return { counted, kind: { type: 'conv2d', inChannels, groups }, typeNames: ['Conv2d', 'Module'] };
}

function normByTensors({ path, tensors }: NamedModule): InferredKind | undefined {
  if (tensors.has('running_mean')) return normKind('_BatchNorm');
  const weight = (tensors.get('weight') ?? tensors.get('gamma'))?.shape;
  if (weight?.length !== 1) return undefined;
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (RMS_NAME.test(name)) return RMS_NORM;
  const bias = (tensors.get('bias') ?? tensors.get('beta'))?.shape;
  if (bias === undefined) return NORM_NAME.test(name) ? RMS_NORM : undefined;
  return bias.length === 1 && bias[0] === weight[0] ? normKind('LayerNorm') : undefined;
}
