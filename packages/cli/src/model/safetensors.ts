/**
 * The header of a safetensors file; the tensors themselves are not read.
 * Specification: https://github.com/huggingface/safetensors#format
 */
import { type RandomAccess, withRandomAccess } from '../files.ts';
import { reasonOf, refuse } from '../refusal.ts';
import { isShape, type TensorInfo, type WeightFile } from './tensors.ts';

/** As in the reference implementation: a longer header is an attack or a mistake. */
const MAX_HEADER_BYTES = 100_000_000;

const DTYPES: ReadonlyMap<unknown, string> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F8_E4M3', 'float8_e4m3fn'],
  ['F8_E5M2', 'float8_e5m2'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U64', 'uint64'],
  ['U32', 'uint32'],
  ['U16', 'uint16'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
]);

/** @throws Refusal where the file is cut short, damaged or not of this format. */
export function readSafetensors(path: string, name: string): WeightFile {
  const tensors = withRandomAccess(path, readHeader);
  return { name, tensors, kinds: new Map(), buffers: new Set(), notes: [] };
}

function readHeader({ size, read }: RandomAccess): TensorInfo[] {
  const length = Number(read(0, 8, 'the length of the header').readBigUInt64LE());
  if (length > MAX_HEADER_BYTES || 8 + length > size) {
    refuse(`the header is said to be ${length} bytes long, the file has ${size}: not a safetensors file, or cut short`);
  }
  const header = parse(read(8, length, 'the header').toString('utf8'));
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => tensorOf(name, entry, size - 8 - length));
}

function parse(text: string): object {
  try {
    const header: unknown = JSON.parse(text);
    if (header !== null && typeof header === 'object' && !Array.isArray(header)) return header;
  } catch (error) {
    return refuse(`the header is no JSON: ${reasonOf(error)}`, error);
  }
  return refuse('the header is no mapping');
}

function tensorOf(name: string, entry: unknown, dataSize: number): TensorInfo {
  const { dtype: code, shape, data_offsets: offsets } = Object(entry) as Record<string, unknown>;
  const dtype = DTYPES.get(code);
  if (dtype === undefined) return refuse(`tensor ${name}: unknown dtype ${JSON.stringify(code)}`);
  if (!isShape(shape)) return refuse(`tensor ${name}: its shape is no list of sizes`);
  const [begin, end] = Array.isArray(offsets) ? (offsets as unknown[]) : [];
  if (!(isPosition(begin, dataSize) && isPosition(end, dataSize) && begin <= end)) {
    refuse(`tensor ${name}: data_offsets lie outside the file, or are no pair`);
  }
  return { name, shape, dtype };
}

function isPosition(value: unknown, size: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= size;
}
