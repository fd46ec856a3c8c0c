/**
 * The safetensors format: eight bytes with the length of a JSON header, the header, the raw tensors.
 * Specification: https://github.com/huggingface/safetensors#format
 */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Dtype, STORAGE } from './dtype.ts';
import { keep } from './handle.ts';
import { fromBytes, type Tensor } from './tensor.ts';

const DTYPES = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
} as const satisfies Record<string, Dtype>;

const CODES = new Map<Dtype, string>(Object.entries(DTYPES).map(([code, dtype]) => [dtype, code]));

/** As in the reference implementation: a longer header is an attack or a mistake. */
const MAX_HEADER_BYTES = 100_000_000;

interface Entry {
  dtype: Dtype;
  shape: number[];
  /** Position in the data part of the file. */
  begin: number;
  end: number;
}

export interface SafetensorsFile {
  /** Tensors in the order of the file; kept, so no scope releases them. */
  tensors: Record<string, Tensor>;
  /** Free text by key. */
  metadata: Record<string, string>;
}

/** Reads a file whole. Throws an Error that names the file for anything but a sound safetensors file. */
export function loadSafetensors(path: string): SafetensorsFile {
  const file = openSync(path, 'r');
  try {
    return readFile(file, fstatSync(file).size);
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    closeSync(file);
  }
}

function readFile(file: number, size: number): SafetensorsFile {
  const length = Number(readBytes(file, 0, 8, size, 'the length of the header').readBigUInt64LE());
  if (length > MAX_HEADER_BYTES || 8 + length > size)
    throw new Error(
      `the header is said to be ${length} bytes long, the file has ${size}: not a safetensors file, or cut short`,
    );
  const { entries, metadata } = parseHeader(readBytes(file, 8, length, size, 'the header').toString('utf8'));
  const dataSize = size - 8 - length;
  checkLayout(entries, dataSize);
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const [name, { dtype, shape, begin, end }] of entries)
    tensors[name] = keep(
      fromBytes(readBytes(file, 8 + length + begin, end - begin, size, `tensor ${name}`), shape, dtype),
    );
  return { tensors, metadata };
}

function readBytes(file: number, position: number, length: number, size: number, what: string): Buffer {
  if (position + length > size)
    throw new Error(`cut short: ${what} needs bytes ${position} to ${position + length} of ${size}`);
  const buffer = Buffer.from(new ArrayBuffer(length));
  for (let done = 0; done < length; ) {
    const count = readSync(file, buffer, done, Math.min(length - done, 1 << 30), position + done);
    if (count === 0) throw new Error(`cut short while reading ${what}`);
    done += count;
  }
  return buffer;
}

function parseHeader(text: string): { entries: Map<string, Entry>; metadata: Record<string, string> } {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new Error(`the header is no JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  if (!isMapping(header)) throw new Error('the header is no mapping');
  const entries = new Map<string, Entry>();
  const metadata: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') entries.set(name, parseEntry(name, value));
    else if (isMapping(value)) for (const [key, entry] of Object.entries(value)) metadata[key] = String(entry);
    else throw new Error('__metadata__ is no mapping');
  }
  return { entries, metadata };
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseEntry(name: string, value: unknown): Entry {
  if (!isMapping(value)) throw new Error(`tensor ${name}: its entry is no mapping`);
  const dtype = Object.hasOwn(DTYPES, String(value.dtype)) ? DTYPES[value.dtype as keyof typeof DTYPES] : undefined;
  if (!dtype)
    throw new Error(
      `tensor ${name}: unknown dtype ${JSON.stringify(value.dtype)} (known: ${Object.keys(DTYPES).join(', ')})`,
    );
  const { shape, data_offsets: offsets } = value;
  if (!Array.isArray(shape) || !shape.every(isSize)) throw new Error(`tensor ${name}: its shape is no list of sizes`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    throw new Error(`tensor ${name}: data_offsets are no pair of positions`);
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, size) => product * size, STORAGE[dtype].bytes);
  if (end - begin !== bytes)
    throw new Error(
      `tensor ${name}: ${dtype} of shape [${shape.join(', ')}] needs ${bytes} bytes, data_offsets give ${end - begin}`,
    );
  return { dtype, shape, begin, end };
}

/** The tensors must fill the data part without gap or overlap: nothing can hide in a file. */
function checkLayout(entries: ReadonlyMap<string, Entry>, dataSize: number): void {
  let position = 0;
  for (const [name, entry] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== position)
      throw new Error(`tensor ${name}: begins at ${entry.begin}, expected ${position}: gap or overlap`);
    position = entry.end;
  }
  if (position !== dataSize) throw new Error(`the tensors take ${position} bytes, the file holds ${dataSize}`);
}

/**
 * Writes tensors and metadata. The file appears whole or not at all: it is written beside its place, flushed to disk
 * and renamed.
 *
 * @throws TypeError for a dtype that the format lacks; the file is unchanged then
 */
export function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const named = Object.entries(tensors);
  const header = Buffer.from(headerText(named, metadata), 'utf8');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w');
  try {
    writeAll(file, length);
    writeAll(file, header);
    for (const [, tensor] of named) writeAll(file, tensor.bytes());
    fsyncSync(file);
  } catch (error) {
    closeSync(file);
    rmSync(temporary, { force: true });
    throw error;
  }
  closeSync(file);
  renameSync(temporary, path);
  flushFolder(dirname(path));
}

/** The new name must survive a power failure too. Not every file system can flush a folder; none needs it as an error. */
function flushFolder(folder: string): void {
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } catch (error) {
    if (!['EINVAL', 'EISDIR', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    closeSync(opened);
  }
}

function headerText(named: readonly [string, Tensor][], metadata: Readonly<Record<string, string>>): string {
  let position = 0;
  const header: Record<string, unknown> = Object.create(null);
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  for (const [name, tensor] of named) {
    const { dtype, shape } = tensor;
    const code = CODES.get(dtype);
    if (!code) throw new TypeError(`saveSafetensors: tensor ${name} is ${dtype}, which the format does not hold`);
    const end = position + shape.reduce((product, size) => product * size, STORAGE[dtype].bytes);
    header[name] = { dtype: code, shape, data_offsets: [position, end] };
    position = end;
  }
  // Padded with spaces so that the data begins at a multiple of eight bytes.
  const text = JSON.stringify(header);
  return text + ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, Math.min(bytes.length - done, 1 << 30));
}
