/** Files of other tools, written byte by byte. */

/** A safetensors file; every tensor is of float32 unless it says otherwise. */
export function safetensors(
  shapes: Readonly<Record<string, readonly number[]>>,
  dtypes: Readonly<Record<string, string>> = {},
): Buffer {
  let position = 0;
  const header = Object.entries(shapes).map(([name, shape]) => {
    const begin = position;
    position += shape.reduce((product, size) => product * size, dtypes[name] === 'I64' ? 8 : 4);
    return [name, { dtype: dtypes[name] ?? 'F32', shape, data_offsets: [begin, position] }] as const;
  });
  return safetensorsOf(JSON.stringify(Object.fromEntries(header)), position);
}

/** @param announced length of the header, if it is to be a lie. */
export function safetensorsOf(header: string, dataBytes = 0, announced = Buffer.byteLength(header)): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(announced));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(dataBytes)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A protobuf message: `[field, value]`, where bytes and texts have a length and numbers are varints. */
export function message(...fields: readonly (readonly [id: number, value: number | string | Buffer])[]): Buffer {
  return Buffer.concat(
    fields.map(([id, value]) => {
      if (typeof value === 'number') return Buffer.concat([varint(id * 8), varint(value)]);
      const bytes = Buffer.from(value);
      return Buffer.concat([varint(id * 8 + 2), varint(bytes.length), bytes]);
    }),
  );
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly group?: number;
}

/** An ONNX model with these initialisers, of float32 but those named `…_int`, and operators. */
export function onnx(shapes: Readonly<Record<string, readonly number[]>>, operators: readonly OnnxNode[]): Buffer {
  const tensors = Object.entries(shapes).map(([name, shape], index) => {
    const packed = Buffer.concat(shape.map(varint));
    // Exporters write dimensions both ways.
    const dims = index % 2 === 0 ? ([[1, packed]] as const) : shape.map((size) => [1, size] as const);
    const data = Buffer.alloc(shape.reduce((product, size) => product * size, 4));
    return [5, message(...dims, [2, name.endsWith('_int') ? 7 : 1], [8, name], [9, data])] as const;
  });
  const nodes = operators.map(({ op, inputs, group }) => {
    const attributes = group === undefined ? [] : [[5, message([1, 'group'], [3, group], [20, 2])] as const];
    return [1, message(...inputs.map((input) => [1, input] as const), [2, 'y'], [4, op], ...attributes)] as const;
  });
  return message([1, 8], [2, 'tests'], [7, message(...nodes, [2, 'graph'], ...tensors)]);
}

/** The opcodes of a pickle: texts are latin-1, so that they can hold any byte. */
export function pickle(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    ['\x80\x02', ...parts, '.'].map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)),
  );
}

/** The opcode that pushes a text. */
export function textOp(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(text));
  return Buffer.concat([Buffer.from('X'), length, Buffer.from(text)]);
}

const size = (value: number) => Buffer.from([0x4d, value & 255, value >> 8]);

/** The opcodes that push a tensor of float32, as `torch.save` writes them. */
export function tensorOp(shape: readonly number[], key = String(Math.random())): Buffer {
  const storage = ['(', textOp('storage'), 'ctorch\nFloatStorage\n', textOp(key), textOp('cpu'), size(1), 'tQ'];
  const sizes = ['(', ...shape.map(size), 't'];
  const parts = [
    'ctorch._utils\n_rebuild_tensor_v2\n(',
    ...storage,
    'K\0',
    ...sizes,
    ...sizes,
    '\x89',
    'ccollections\nOrderedDict\n)R',
    'tR',
  ];
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}

/** The opcodes that push an ordered dict. */
export function dictOp(entries: Readonly<Record<string, Buffer | string>>): Buffer {
  const items = Object.entries(entries).flatMap(([name, value]) => [
    textOp(name),
    Buffer.from(value as string, 'latin1'),
  ]);
  return Buffer.concat([Buffer.from('ccollections\nOrderedDict\n)R('), ...items, Buffer.from('u')]);
}

/** A zip archive of uncompressed entries. */
export function zip(entries: Readonly<Record<string, Buffer>>, announcedSize?: number): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const length = announcedSize ?? content.length;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(length, 14);
    common.writeUInt32LE(length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), content]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), common, rest, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(central.length, 4);
  end.writeUInt16LE(central.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end]);
}
