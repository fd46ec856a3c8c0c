/**
 * What `torch.save` wrote, new (zip) or old (pickles in a row): names and shapes. Nothing in it is run, and weights are not
 * read.
 *
 * Source: `torch.serialization` of PyTorch 2.
 */
import { readArchive } from './archive.ts';
import { CutShortError, fail } from './error.ts';
import { readPickle } from './opcodes.ts';
import { DATA_CALLS } from './tensor.ts';
import { type Pickled, Unknown } from './values.ts';

/** @throws TorchFileError where the archive is damaged, or PyTorch did not write it. */
export async function readTorchArchive(path: string): Promise<Pickled> {
  const { names, content } = await readArchive(path, '/data.pkl');
  if (names.some((entry) => entry.includes('/code/'))) return failTorchScript();
  if (content === undefined) return fail('there is no data.pkl in the archive: PyTorch did not write it');
  const { value } = readPickle(content, 0, DATA_CALLS);
  return value instanceof Unknown && value.name.startsWith('__torch__') ? failTorchScript() : value;
}

function failTorchScript(): never {
  return fail(
    'this is a TorchScript archive, which holds code; save the state dict: torch.save(model.state_dict(), path)',
  );
}

const OLD_MAGIC = Number(0x1950a86a20f9469cfc6cn);

/** Pickles stand first in an old file; how long they are is not known before they are read. */
const OLD_LENGTHS = [20, 24, 28].map((bits) => 2 ** bits);

/**
 * @param size of the file.
 * @param readStart its first bytes.
 * @throws TorchFileError where it is cut short or damaged, or PyTorch did not write it.
 */
export function readOldTorchFile(size: number, readStart: (length: number) => Buffer): Pickled {
  const lengths = [...OLD_LENGTHS.filter((length) => length < size), Math.min(size, OLD_LENGTHS.at(-1)!)];
  let failure: unknown;
  for (const length of new Set(lengths)) {
    try {
      return oldValue(readStart(length));
    } catch (error) {
      if (!(error instanceof CutShortError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** Magic number, version, facts about the machine, and then what was saved. */
function oldValue(bytes: Buffer): Pickled {
  const magic = readPickle(bytes, 0, DATA_CALLS);
  if (magic.value !== OLD_MAGIC) fail('this is no file that torch.save wrote');
  const version = readPickle(bytes, magic.end, DATA_CALLS);
  const machine = readPickle(bytes, version.end, DATA_CALLS);
  return readPickle(bytes, machine.end, DATA_CALLS).value;
}
