/**
 * The calls of a pickle that give data: ordered dicts and tensors.
 *
 * Source: `torch._utils` and `torch._tensor` of PyTorch 2.
 */
import type { DataCalls } from './pickle.ts';
import { Global, mappingOf, Persistent, type Pickled, Unknown } from './values.ts';

/** A tensor as far as its pickle tells. Its values are elsewhere in the file. */
export class PickledTensor {
  /** Its sizes, if the file is sound. */
  readonly shape: Pickled;
  /** As PyTorch spells it, such as `float32`; empty where it is not known. */
  readonly dtype: string;
  /** Equal for two tensors that are the very same memory; `undefined` where the file does not tell. */
  readonly memory: string | undefined;

  constructor(shape: Pickled, dtype: string, memory?: string) {
    this.shape = shape;
    this.dtype = dtype;
    this.memory = memory;
  }
}

type Call = (args: readonly Pickled[]) => Pickled;

/** By name, what a call with these arguments gives. */
export const DATA_CALLS: DataCalls = new Map<string, Call>([
  ['collections.OrderedDict', ([items]) => dictOf(items)],
  ['collections.defaultdict', ([, items]) => dictOf(items)],
  ['collections.Counter', ([items]) => dictOf(items)],
  ['torch.Size', ([sizes = []]) => sizes],
  ['torch._utils._rebuild_tensor', (args) => stored(args)],
  ['torch._utils._rebuild_tensor_v2', (args) => stored(args)],
  ['torch._utils._rebuild_tensor_v3', (args) => stored(args, args[6])],
  ['torch._utils._rebuild_qtensor', (args) => stored(args)],
  ['torch._utils._rebuild_parameter', ([data = null]) => data],
  ['torch._utils._rebuild_parameter_with_state', ([data = null]) => data],
  ['torch._utils._rebuild_meta_tensor_no_storage', ([dtype, shape = null]) => new PickledTensor(shape, dtypeOf(dtype))],
  ['torch._utils._rebuild_wrapper_subclass', ([, dtype, shape = null]) => new PickledTensor(shape, dtypeOf(dtype))],
  ['torch._utils._rebuild_sparse_tensor', ([, parts]) => sparse(parts)],
  ['torch._utils._rebuild_device_tensor_from_cpu_tensor', ([data = null]) => data],
  ['torch._utils._rebuild_device_tensor_from_numpy', ([array, dtype]) => fromNumpy(array, dtype)],
  ['torch._utils._rebuild_xla_tensor', ([array, dtype]) => fromNumpy(array, dtype)],
  ['torch._tensor._rebuild_from_type', (args) => ofSubclass(args)],
  ['torch._tensor._rebuild_from_type_v2', (args) => ofSubclass(args)],
]);

/** From a `dict`, or from a list of pairs. */
function dictOf(items: Pickled | undefined): Map<Pickled, Pickled> {
  const map = mappingOf(items);
  if (map !== undefined) return new Map(map);
  const pairs = Array.isArray(items) ? items.filter((item) => Array.isArray(item) && item.length === 2) : [];
  return new Map(pairs as [Pickled, Pickled][]);
}

function stored([storage, offset, shape = null, stride]: readonly Pickled[], dtype?: Pickled): Pickled {
  const [, type, key] = storage instanceof Persistent && Array.isArray(storage.id) ? storage.id : [];
  const known = dtypeOf(dtype instanceof Global ? dtype : type);
  if (known === '') return new Unknown('a tensor without a storage');
  return new PickledTensor(shape, known, memoryOf([key, offset], shape, stride));
}

/** The text of what says where a tensor lies. A hostile file can put anything there. */
function memoryOf(place: readonly (Pickled | undefined)[], ...sizes: readonly (Pickled | undefined)[]) {
  const isPlain = (value: Pickled | undefined) => typeof value === 'string' || typeof value === 'number';
  const areLists = sizes.every((list) => Array.isArray(list) && list.length <= MAX_DIMENSIONS && list.every(isPlain));
  return areLists && place.every(isPlain) ? JSON.stringify([...place, ...sizes]) : undefined;
}

const MAX_DIMENSIONS = 64;

/** Indices, values and sizes; compressed ones have two lists of indices. */
function sparse(parts: Pickled | undefined): Pickled {
  const list = Array.isArray(parts) ? parts : [];
  const at = list.findIndex((part) => !(part instanceof PickledTensor));
  const values = list[at - 1];
  const shape = list[at];
  if (!(values instanceof PickledTensor) || shape === undefined)
    return new Unknown('torch._utils._rebuild_sparse_tensor');
  return new PickledTensor(shape, values.dtype);
}

/** Tensors of devices that share no memory with the CPU are saved as arrays, whose shape stands in their state. */
function fromNumpy(array: Pickled | undefined, dtype: Pickled | undefined): Pickled {
  const [, shape] = array instanceof Unknown && Array.isArray(array.state) ? array.state : [];
  return shape === undefined ? new Unknown('an array of NumPy') : new PickledTensor(shape, dtypeOf(dtype));
}

/** A tensor of a class of its own is what the function gives that it is made with. */
function ofSubclass([make, type, args]: readonly Pickled[]): Pickled {
  const call = make instanceof Global ? DATA_CALLS.get(make.name) : undefined;
  if (call !== undefined && call !== ofSubclass && Array.isArray(args)) return call(args);
  return new Unknown(type instanceof Global ? type.name : 'torch._tensor._rebuild_from_type_v2');
}

const STORAGE_DTYPES: ReadonlyMap<string, string> = new Map([
  ['Float', 'float32'],
  ['Double', 'float64'],
  ['Half', 'float16'],
  ['BFloat16', 'bfloat16'],
  ['ComplexFloat', 'complex64'],
  ['ComplexDouble', 'complex128'],
  ['Long', 'int64'],
  ['Int', 'int32'],
  ['Short', 'int16'],
  ['Char', 'int8'],
  ['Byte', 'uint8'],
  ['Bool', 'bool'],
]);

/** `torch.FloatStorage` and `torch.float32` → `float32` */
function dtypeOf(type: Pickled | undefined): string {
  if (!(type instanceof Global)) return '';
  const last = type.name.slice(type.name.lastIndexOf('.') + 1);
  const storage = last.replace(/Storage$/, '');
  return STORAGE_DTYPES.get(storage) ?? last;
}
