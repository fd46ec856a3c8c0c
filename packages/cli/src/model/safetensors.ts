/**
 * The header of a safetensors file; the tensors themselves are not read.
 * Specification: https://github.com/huggingface/safetensors#format
 */
import { type RandomAccess, withRandomAccess } from '../files.ts';
import { reasonOf, refuse } from '../refusal.ts';
import { refuseCrowd } from './crowd.ts';
import { isShape, type TensorInfo, type WeightFile } from './tensors.ts';

/** As in the reference implementation: a longer header is an attack or a mistake. */
const MAX_HEADER_BYTES = 100_000_000;

/** As PyTorch spells them, as far as it has them. */
const DTYPES: ReadonlyMap<unknown, string> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F8_E4M3', 'float8_e4m3fn'],
  ['F8_E5M2', 'float8_e5m2'],
  ['F8_E4M3FNUZ', 'float8_e4m3fnuz'],
  ['F8_E5M2FNUZ', 'float8_e5m2fnuz'],
  ['F8_E8M0', 'float8_e8m0fnu'],
  ['F6_E2M3', 'float6_e2m3'],
  ['F6_E3M2', 'float6_e3m2'],
  ['F4', 'float4_e2m1'],
  ['C64', 'complex64'],
  ['C128', 'complex128'],
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

/** What a code of a newer version of the format looks like. */
const CODE = /^[A-Z][A-Z0-9_]{0,31}$/;
const FLOATING_CODE = /^(BF|F|C)\d/;

/** @throws Refusal where the file is cut short, damaged or not of this format. */
export function readSafetensors(path: string, name: string): WeightFile {
  const { tensors, unknown } = withRandomAccess(path, readHeader);
  const notes = [...unknown].map(
    ([code, example]) =>
      `dtype ${code} is not known here (such as that of ${example}), and taken for ${FLOATING_CODE.test(code) ? 'a floating-point one' : 'one of no floating-point numbers'}`,
  );
  return { name, tensors, kinds: new Map(), buffers: new Set(), notes, wrappers: ['module'] };
}

interface Header {
  readonly tensors: readonly TensorInfo[];
  /** Codes of dtypes that are not known, each with the first tensor that has it. */
  readonly unknown: ReadonlyMap<string, string>;
}

function readHeader({ size, read }: RandomAccess): Header {
  const length = Number(read(0, 8, 'the length of the header').readBigUInt64LE());
  if (length > MAX_HEADER_BYTES || 8 + length > size) {
    refuse(`the header is said to be ${length} bytes long, the file has ${size}: not a safetensors file, or cut short`);
  }
  const bytes = read(8, length, 'the header');
  refuseCrowd(bytes);
  const unknown = new Map<string, string>();
  const tensors = Object.entries(parse(bytes.toString('utf8')))
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => tensorOf(name, entry, size - 8 - length, unknown));
  return { tensors, unknown };
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

function tensorOf(name: string, entry: unknown, dataSize: number, unknown: Map<string, string>): TensorInfo {
  const { dtype: code, shape, data_offsets: offsets } = Object(entry) as Record<string, unknown>;
  if (typeof code !== 'string' || !CODE.test(code)) {
    return refuse(`tensor ${name}: its dtype is ${JSON.stringify(code)?.slice(0, 100)}, and no code such as "F32"`);
  }
  if (!isShape(shape)) return refuse(`tensor ${name}: its shape is no list of sizes`);
  const [begin, end] = Array.isArray(offsets) ? (offsets as unknown[]) : [];
  if (!(isPosition(begin, dataSize) && isPosition(end, dataSize) && begin <= end)) {
    refuse(`tensor ${name}: data_offsets lie outside the file, which has ${dataSize} bytes of data, or are no pair`);
  }
  if (!DTYPES.has(code) && !unknown.has(code)) unknown.set(code, name);
  const dtype = DTYPES.get(code) ?? (FLOATING_CODE.test(code) ? `float (${code})` : code);
  // Two names of the same bytes are one parameter; what has no bytes shares none.
  return { name, shape, dtype, ...(begin < end && { memory: JSON.stringify([begin, shape, code]) }) };
}

function isPosition(value: unknown, size: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= size;
}
