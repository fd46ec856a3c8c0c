/** One entry of a zip archive. */
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { fail, TorchFileError } from './error.ts';

/** PyTorch does not pack what it writes; who packs it again saves little. */
const MAX_BYTES = 1 << 28;
const MAX_PACKED_BYTES = 1 << 25;
/** PyTorch writes the entry that is looked for before those of the tensors. */
const MAX_ENTRIES = 200_000;

interface FoundEntry {
  /** Names of the entries up to the one that was found. */
  readonly names: readonly string[];
  /** Content of the first entry whose name ends as asked; `undefined` where there is none. */
  readonly content: Buffer | undefined;
}

/** @throws TorchFileError where the archive is damaged or the entry is too large. */
export async function readArchive(path: string, nameEnd: string): Promise<FoundEntry> {
  let archive: ZipFile | undefined;
  try {
    archive = await openPromise(path, { autoClose: false });
    return await readEntry(archive, nameEnd);
  } catch (error) {
    if (error instanceof TorchFileError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return fail(`the archive is cut short or damaged: ${reason}`, error);
  } finally {
    archive?.close();
  }
}

async function readEntry(archive: ZipFile, nameEnd: string): Promise<FoundEntry> {
  const names: string[] = [];
  let found: Entry | undefined;
  for await (const entry of archive.eachEntry()) {
    names.push(entry.fileName);
    if (entry.fileName.endsWith(nameEnd)) found = entry;
    if (found !== undefined) break;
    if (names.length === MAX_ENTRIES)
      fail(`none of the first ${MAX_ENTRIES} entries of the archive is ${nameEnd.slice(1)}`);
  }
  if (found === undefined) return { names, content: undefined };
  const size = found.uncompressedSize;
  const limit = found.compressionMethod === 0 ? MAX_BYTES : MAX_PACKED_BYTES;
  if (size > limit) fail(`${found.fileName} unpacks to ${size} bytes; at most ${limit} are read`);
  // The size that is announced is checked while reading.
  const content = Buffer.alloc(size);
  let at = 0;
  for await (const chunk of await archive.openReadStreamPromise(found)) at += (chunk as Buffer).copy(content, at);
  return { names, content };
}
