/** One entry of a zip archive. */
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { Refusal, reasonOf, refuse } from '../refusal.ts';

/** An entry is not larger than this, packed or not. */
const MAX_ENTRY_BYTES = 1 << 28;
const MAX_ENTRIES = 1_000_000;

export interface Archive {
  readonly names: readonly string[];
  /** Content of the first entry whose name ends as asked; `undefined` where there is none. */
  readonly content: Buffer | undefined;
}

/** @throws Refusal where the archive is damaged or the entry is too large. */
export async function readArchive(path: string, nameEnd: string): Promise<Archive> {
  let archive: ZipFile | undefined;
  try {
    archive = await openPromise(path, { autoClose: false });
    return await readEntry(archive, nameEnd);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return refuse(`the archive is cut short or damaged: ${reasonOf(error)}`, error);
  } finally {
    archive?.close();
  }
}

async function readEntry(archive: ZipFile, nameEnd: string): Promise<Archive> {
  if (archive.entryCount > MAX_ENTRIES) refuse(`the archive has ${archive.entryCount} entries`);
  const names: string[] = [];
  let found: Entry | undefined;
  for await (const entry of archive.eachEntry()) {
    names.push(entry.fileName);
    if (found === undefined && entry.fileName.endsWith(nameEnd)) found = entry;
  }
  if (found === undefined) return { names, content: undefined };
  if (found.uncompressedSize > MAX_ENTRY_BYTES) {
    refuse(`${found.fileName} unpacks to ${found.uncompressedSize} bytes; at most ${MAX_ENTRY_BYTES} are read`);
  }
  // The size that is announced is checked while reading.
  const chunks: Buffer[] = [];
  for await (const chunk of await archive.openReadStreamPromise(found)) chunks.push(chunk);
  return { names, content: Buffer.concat(chunks) };
}
