/**
 * The initialisers and the graph of an ONNX file; weights are not read.
 *
 * Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Kinds of modules follow from the operators that
 * the weights go into.
 */
import { withRandomAccess } from '../files.ts';
import { refuse } from '../refusal.ts';
import { type WireField, WireRange } from './protobuf.ts';
import { isShape, type KnownKind, type TensorInfo, type WeightFile } from './tensors.ts';

const MODEL = { graph: 7 };
const GRAPH = { node: 1, initializer: 5 };
const NODE = { input: 1, op_type: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, i: 3 };
const TENSOR = { dims: 1, data_type: 2, name: 8 };

/** `TensorProto.DataType` */
const DTYPES: ReadonlyMap<number, string> = new Map([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [5, 'int16'],
  [6, 'int32'],
  [7, 'int64'],
  [9, 'bool'],
  [10, 'float16'],
  [11, 'float64'],
  [16, 'bfloat16'],
]);

interface Operator {
  readonly inputs: readonly string[];
  readonly type: string;
  readonly groups: number;
}

interface OperatorKind {
  readonly kind: (operator: Operator, weight: TensorInfo) => KnownKind | undefined;
  /** First of the inputs that are buffers. */
  readonly buffersFrom?: number;
}

const norm = (name: string): OperatorKind => ({ kind: () => ({ type: 'norm', name }) });

/** Operators whose second input is the weight of a module of a kind that rules ask for. */
const OPERATORS: ReadonlyMap<string, OperatorKind> = new Map<string, OperatorKind>([
  ['Conv', { kind: ({ groups }, { shape }) => (shape.length === 4 ? { type: 'conv2d', groups } : undefined) }],
  ['DeformConv', { kind: () => ({ type: 'deform_conv' }) }],
  ['BatchNormalization', { ...norm('_BatchNorm'), buffersFrom: 3 }],
  ['InstanceNormalization', norm('_InstanceNorm')],
  ['LayerNormalization', norm('LayerNorm')],
  ['GroupNormalization', norm('GroupNorm')],
]);

/** @throws Refusal where the file is cut short, damaged or not of this format. */
export function readOnnx(path: string, name: string): WeightFile {
  const { tensors, operators } = withRandomAccess(path, (file) => readGraph(WireRange.of(file)));
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const kinds = new Map<string, KnownKind>();
  const buffers = new Set<string>();
  for (const operator of operators) {
    const { kind, buffersFrom = Number.POSITIVE_INFINITY } = OPERATORS.get(operator.type) ?? {};
    const weight = byName.get(operator.inputs[1] ?? '');
    const found = weight === undefined ? undefined : kind?.(operator, weight);
    if (weight === undefined || found === undefined) continue;
    // A weight without a module of its own, as a renamed one is, says nothing of what else stands at the root.
    const parts = weight.name.split('.');
    if (parts.length > 1 || weight.name === 'weight') kinds.set(parts.slice(0, -1).join('.'), found);
    for (const input of operator.inputs.slice(buffersFrom)) buffers.add(input);
  }
  return { name, tensors: tensors.filter(isLikelyWeight), kinds, buffers, notes: renamedNote(tensors) };
}

/** Scalars are constants of the graph. */
const isLikelyWeight = ({ shape }: TensorInfo) => shape.length > 0;

function renamedNote(tensors: readonly TensorInfo[]): string[] {
  const renamed = tensors.filter(({ name, shape }) => name.includes('::') && shape.length > 0).length;
  if (renamed === 0) return [];
  return [
    `${renamed} weights were renamed by the exporter (such as onnx::Conv_193), so their paths and kinds are lost`,
  ];
}

function readGraph(model: WireRange): { tensors: TensorInfo[]; operators: Operator[] } {
  const tensors: TensorInfo[] = [];
  const operators: Operator[] = [];
  let graphs = 0;
  for (const graph of messages(model, MODEL.graph)) {
    graphs++;
    for (const { id, message } of graph.fields()) {
      if (id === GRAPH.node && message !== undefined) operators.push(readNode(message));
      if (id === GRAPH.initializer && message !== undefined) tensors.push(readTensor(message));
    }
  }
  if (graphs !== 1) refuse('there is no graph in it: this is not an ONNX file');
  return { tensors, operators };
}

function* messages(range: WireRange, wanted: number): Generator<WireRange> {
  for (const { id, message } of range.fields()) if (id === wanted && message !== undefined) yield message;
}

function readNode(node: WireRange): Operator {
  const inputs: string[] = [];
  let type = '';
  let groups = 1;
  for (const { id, message } of node.fields()) {
    if (message === undefined) continue;
    if (id === NODE.input) inputs.push(message.text());
    if (id === NODE.op_type) type = message.text();
    if (id === NODE.attribute) groups = groupsOf(message) ?? groups;
  }
  return { inputs, type, groups };
}

function groupsOf(attribute: WireRange): number | undefined {
  let name = '';
  let value: number | undefined;
  for (const { id, number, message } of attribute.fields()) {
    if (id === ATTRIBUTE.name) name = message?.text() ?? '';
    if (id === ATTRIBUTE.i) value = number;
  }
  return name === 'group' && Number.isSafeInteger(value) ? value : undefined;
}

function readTensor(tensor: WireRange): TensorInfo {
  const shape: number[] = [];
  let name = '';
  let type = 0;
  for (const field of tensor.fields()) {
    if (field.id === TENSOR.dims) shape.push(...sizes(field));
    if (field.id === TENSOR.data_type) type = field.number;
    if (field.id === TENSOR.name) name = field.message?.text() ?? '';
  }
  if (!isShape(shape)) refuse(`initialiser ${name}: its shape is no list of sizes`);
  return { name, shape, dtype: DTYPES.get(type) ?? 'other' };
}

/** A repeated number is written packed or one by one. */
function sizes({ number, message }: WireField): readonly number[] {
  return message === undefined ? [number] : [...message.varints()];
}
