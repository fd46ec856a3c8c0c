/** PyTorch checkpoints: names and shapes of the state dict among whatever else a `.pth` file holds. */
import { readStart, withRandomAccess } from '../files.ts';
import { refuse } from '../refusal.ts';
import { isShape, type TensorInfo, type WeightFile } from './tensors.ts';
import { TorchFileError } from './torch-file/error.ts';
import { readOldTorchFile, readTorchArchive } from './torch-file/read.ts';
import { candidateText, findStateDict, type StateDict } from './torch-file/state-dict.ts';
import type { PickledTensor } from './torch-file/tensor.ts';
import type { Pickled } from './torch-file/values.ts';

/**
 * @param key of the mapping to take, such as `ema_state_dict` or `model.state_dict`; the likeliest where not given.
 * @throws Refusal where the file is damaged or holds no state dict.
 */
export async function readCheckpoint(path: string, name: string, key?: string): Promise<WeightFile> {
  try {
    const found = findStateDict(await readValue(path), key);
    const tensors = [...found.tensors].map(([tensorName, tensor]) => ({
      ...infoOf(path, tensorName, tensor),
      isBuffer: found.buffers?.has(tensorName) ?? false,
    }));
    const taken = takenNote(found);
    const unread = unreadNote(found);
    const doubts = found.others.length > 0 && key === undefined ? [...taken, ...unread] : unread;
    const notes = [...taken, ...moduleNote(found), ...unread];
    return {
      name,
      tensors,
      kinds: kindsOf(found),
      kindsFrom: 'classes',
      buffers: new Set(),
      notes,
      doubts,
      wrappers: WRAPPERS,
    };
  } catch (error) {
    return error instanceof TorchFileError ? refuse(`${path}: ${error.message}`, error) : Promise.reject(error);
  }
}

function kindsOf({ norms = new Map<string, string>() }: StateDict): WeightFile['kinds'] {
  return new Map([...norms].map(([path, name]) => [path, { type: 'norm', name }]));
}

async function readValue(path: string): Promise<Pickled> {
  if (readStart(path, 4).toString('latin1').startsWith('PK')) return readTorchArchive(path);
  return withRandomAccess(path, ({ size, read }) => readOldTorchFile(size, (length) => read(0, length, 'the start')));
}

function infoOf(path: string, name: string, { shape, dtype, memory }: PickledTensor): TensorInfo {
  if (!isShape(shape)) return refuse(`${path}: tensor ${name}: its shape is no list of sizes`);
  return { name, shape, dtype, ...(memory !== undefined && { memory }) };
}

const WRAPPERS = ['module', 'model'];
const MAX_NAMED = 3;

/** The first few, and how many more there are. */
function some(texts: readonly string[]): string {
  const more = texts.length > MAX_NAMED ? ` and ${texts.length - MAX_NAMED} more` : '';
  return `${texts.slice(0, MAX_NAMED).join(', ')}${more}`;
}

function takenNote({ key, count, others }: StateDict): string[] {
  if (key === '' && others.length === 0) return [];
  const taken = `the model is taken from ${candidateText({ key, count })} of the file`;
  if (others.length === 0) return [taken];
  return [`${taken}; tensors are also under ${some(others.map(candidateText))}: --key names the one to take`];
}

function moduleNote({ buffers }: StateDict): string[] {
  if (buffers === undefined) return [];
  return ['a module was saved whole: its names are those of its attributes, and nothing of it was run'];
}

function unreadNote({ unread }: StateDict): string[] {
  if (unread.size === 0) return [];
  const named = [...unread].map(([name, what]) => `${name} (${what})`);
  return [`among the weights, but no tensors that are read, and left out: ${some(named)}`];
}
