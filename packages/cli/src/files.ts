/** Reading and writing of files; what goes wrong is a refusal that names the file. */
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Refusal, reasonOf, refuse } from './refusal.ts';

/** A file that is text or is read whole is not larger than this; nor is what it unpacks to. */
const MAX_BYTES = 1 << 29;

const PLAIN_WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a folder, not a file',
  EACCES: 'the file may not be read or written',
  ENOTDIR: 'part of this path is not a folder',
};

/** Does `work` on a file; a failure becomes a refusal that begins with the path. */
export function withFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!(error instanceof Refusal) && !(code in PLAIN_WORDS)) throw error;
    return refuse(`${path}: ${PLAIN_WORDS[code] ?? reasonOf(error)}`, error);
  }
}

/** A whole file. */
function readWhole(path: string): Buffer {
  return withFile(path, () => {
    const { size } = statSync(path);
    if (size > MAX_BYTES) refuse(`the file has ${size} bytes; at most ${MAX_BYTES} are read`);
    return readFileSync(path);
  });
}

/** A whole file of UTF-8 text; `.gz` is unpacked. */
export function readText(path: string): string {
  const bytes = readWhole(path);
  if (!path.endsWith('.gz')) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES }).toString('utf8');
  } catch (error) {
    return refuse(`${path}: cannot be unpacked (at most ${MAX_BYTES} bytes are): ${reasonOf(error)}`, error);
  }
}

/** Parsed JSON. */
export function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    return refuse(`${path}: this is not JSON: ${reasonOf(error)}`, error);
  }
}

/** Any part of a file that is too large to be read whole. */
export interface RandomAccess {
  readonly size: number;
  /** @throws Refusal where the file ends before. */
  read(position: number, length: number, what: string): Buffer;
}

export function withRandomAccess<T>(path: string, work: (file: RandomAccess) => T): T {
  return withFile(path, () => {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      return work({ size, read: (position, length, what) => readPart(file, size, position, length, what) });
    } finally {
      closeSync(file);
    }
  });
}

/** At most so many bytes from the start of a file. */
export function readStart(path: string, limit: number): Buffer {
  return withRandomAccess(path, ({ size, read }) => read(0, Math.min(limit, size), 'the start'));
}

function readPart(file: number, size: number, position: number, length: number, what: string): Buffer {
  if (position < 0 || length < 0 || position + length > size) {
    refuse(`cut short or damaged: ${what} is said to be bytes ${position} to ${position + length} of ${size}`);
  }
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const count = readSync(file, bytes, done, length - done, position + done);
    if (count === 0) refuse(`cut short while reading ${what}`);
    done += count;
  }
  return bytes;
}

/** Writes a text file and the folders above it. */
export function writeText(path: string, text: string): void {
  withFile(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  });
}
