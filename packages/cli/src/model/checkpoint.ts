/**
 * PyTorch checkpoints: names and shapes of the state dict in a `.pth` file, new (zip) or old (pickles in a row). Nothing in
 * it is run, and weights are not read.
 *
 * Source: `torch.save` and `torch._utils` of PyTorch 2.
 */
import { readStart } from '../files.ts';
import { Refusal, refuse } from '../refusal.ts';
import { readArchive } from './archive.ts';
import { type AllowedCalls, Global, Persistent, type Pickled, type PickleRules, readPickle } from './pickle.ts';
import { isShape, type TensorInfo, type WeightFile } from './tensors.ts';

/** Old files begin with pickles; their length is not known before they are read. */
const MAX_OLD_BYTES = 1 << 26;
const OLD_MAGIC = Number(0x1950a86a20f9469cfc6cn);

/** @throws Refusal where the file is damaged, holds code, or no state dict. */
export async function readCheckpoint(path: string, name: string): Promise<WeightFile> {
  const start = readStart(path, 4);
  const readValue = start.toString('latin1').startsWith('PK') ? readNew : readOld;
  try {
    const tensors = tensorsOf(stateDictIn(await readValue(path)));
    return { name, tensors, kinds: new Map(), buffers: new Set(), notes: [] };
  } catch (error) {
    return error instanceof Refusal ? refuse(`${path}: ${error.message}`, error) : Promise.reject(error);
  }
}

async function readNew(path: string): Promise<Pickled> {
  const { names, content } = await readArchive(path, '/data.pkl');
  if (names.some((entry) => entry.includes('/code/'))) {
    refuse(
      'this is a TorchScript archive, which holds code; save the state dict: torch.save(model.state_dict(), path)',
    );
  }
  if (content === undefined) return refuse('there is no data.pkl in the archive: PyTorch did not write it');
  return readPickle(content, 0, RULES).value;
}

/** Magic number, version, facts about the machine, and then what was saved. */
function readOld(path: string): Pickled {
  const bytes = readStart(path, MAX_OLD_BYTES);
  const magic = readPickle(bytes, 0, RULES);
  if (magic.value !== OLD_MAGIC) refuse('this is no file that torch.save wrote');
  const version = readPickle(bytes, magic.end, RULES);
  const machine = readPickle(bytes, version.end, RULES);
  return readPickle(bytes, machine.end, RULES).value;
}

/** A tensor as far as its pickle tells. */
class PickledTensor {
  readonly shape: readonly Pickled[];
  readonly dtype: string;
  readonly memory: string;

  constructor(storage: Pickled, offset: Pickled, shape: Pickled, stride: Pickled, dtype?: Pickled) {
    const id = storage instanceof Persistent && Array.isArray(storage.id) ? storage.id : [];
    const [, type, key] = id;
    this.shape = Array.isArray(shape) ? shape : refuse('a tensor without a shape');
    this.dtype = dtypeOf(dtype instanceof Global ? dtype.name : type instanceof Global ? type.name : '');
    this.memory = JSON.stringify([key, offset, shape, stride]);
  }
}

/** What may be called, and what it gives. */
const CALLS: AllowedCalls = new Map<string, (args: readonly Pickled[]) => Pickled>([
  ['collections.OrderedDict', ([items]) => new Map(Array.isArray(items) ? (items as [Pickled, Pickled][]) : [])],
  ['torch.Size', ([sizes = []]) => sizes],
  ['torch.device', (args) => args.join(':')],
  ['torch._utils._rebuild_tensor', ([storage = null, ...rest]) => tensor(storage, rest)],
  ['torch._utils._rebuild_tensor_v2', ([storage = null, ...rest]) => tensor(storage, rest)],
  ['torch._utils._rebuild_tensor_v3', ([storage = null, ...rest]) => tensor(storage, rest, rest[5])],
  ['torch._utils._rebuild_parameter', ([data = null]) => data],
  ['torch._utils._rebuild_parameter_with_state', ([data = null]) => data],
]);

function tensor(storage: Pickled, [offset = 0, shape = null, stride = null]: readonly Pickled[], dtype?: Pickled) {
  return new PickledTensor(storage, offset, shape, stride, dtype);
}

const TYPE_NAME =
  /^torch\.(storage\.)?\w*Storage$|^torch\.(b?float|u?int|complex|bool|half|double|long|short|q\w*int)\w*$/;
const RULES: PickleRules = { calls: CALLS, names: (name) => TYPE_NAME.test(name) };

const STORAGE_DTYPES: Readonly<Record<string, string>> = {
  Float: 'float32',
  Double: 'float64',
  Half: 'float16',
  BFloat16: 'bfloat16',
  ComplexFloat: 'complex64',
  ComplexDouble: 'complex128',
  Long: 'int64',
  Int: 'int32',
  Short: 'int16',
  Char: 'int8',
  Byte: 'uint8',
  Bool: 'bool',
};

/** `torch.FloatStorage` and `torch.float32` → `float32` */
function dtypeOf(name: string): string {
  const last = name.slice(name.lastIndexOf('.') + 1);
  const storage = last.replace(/Storage$/, '');
  return (Object.hasOwn(STORAGE_DTYPES, storage) ? STORAGE_DTYPES[storage] : undefined) ?? last;
}

type Named = Map<Pickled, Pickled>;

/** Where a training script keeps the model's state dict among other things, most usual first. */
const USUAL_KEYS = ['state_dict', 'model_state_dict', 'model', 'module', 'net', 'network'];

function stateDictIn(value: Pickled): Named {
  if (!(value instanceof Map)) return refuse('it holds no state dict; save one: torch.save(model.state_dict(), path)');
  if (hasTensors(value)) return value;
  for (const key of USUAL_KEYS) {
    const inner = value.get(key);
    if (inner instanceof Map && hasTensors(inner)) return inner;
  }
  const keys = [...value.keys()].slice(0, 8).map(String).join(', ') || 'nothing';
  return refuse(`it holds no state dict, neither itself nor under ${USUAL_KEYS.join(', ')}; it has ${keys}`);
}

const hasTensors = (map: Named) => [...map.values()].some((value) => value instanceof PickledTensor);

function tensorsOf(stateDict: Named): TensorInfo[] {
  return [...stateDict].flatMap(([name, value]) => {
    if (!(value instanceof PickledTensor)) return [];
    const { shape, dtype, memory } = value;
    if (typeof name !== 'string' || !isShape(shape))
      return refuse(`tensor ${String(name)}: its shape is no list of sizes`);
    return [{ name, shape, dtype, memory }];
  });
}
