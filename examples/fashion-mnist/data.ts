/** Fashion-MNIST from the four files that Debian's `dataset-fashion-mnist` installs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { keep, type Tensor, tensor } from '@paramwise/torch';

export interface Dataset {
  /** uint8 (count, 1, 28, 28) */
  images: Tensor;
  /** int64 (count) */
  labels: Tensor;
  count: number;
}

const folder = process.env.FASHION_MNIST ?? '/usr/share/datasets/fashion-mnist';

/** An IDX file: a magic number with the number of dimensions, the sizes as big-endian 32 bits, the bytes. */
function readIdx(name: string): { sizes: number[]; bytes: Uint8Array } {
  const path = join(folder, name);
  if (!existsSync(path))
    throw new Error(`${path} is missing: run \`npm run setup\`, or set FASHION_MNIST to the folder that holds it`);
  const buffer = gunzipSync(readFileSync(path));
  const dimensions = buffer[3] ?? 0;
  const sizes = Array.from({ length: dimensions }, (_, i) => buffer.readUInt32BE(4 + 4 * i));
  const bytes = buffer.subarray(4 + 4 * dimensions);
  if (bytes.length !== sizes.reduce((product, size) => product * size, 1)) throw new Error(`${path} is cut short`);
  return { sizes, bytes: Uint8Array.from(bytes) };
}

/** The images of the first `classes` classes, at most `limit` of them. */
export function loadSplit(split: 'train' | 't10k', classes = 10, limit = Number.POSITIVE_INFINITY): Dataset {
  const images = readIdx(`${split}-images-idx3-ubyte.gz`);
  const labels = readIdx(`${split}-labels-idx1-ubyte.gz`).bytes;
  const chosen = [...labels.keys()].filter((index) => (labels[index] as number) < classes).slice(0, limit);
  const size = 28 * 28;
  const bytes = new Uint8Array(chosen.length * size);
  for (const [row, index] of chosen.entries())
    bytes.set(images.bytes.subarray(index * size, (index + 1) * size), row * size);
  return {
    images: keep(tensor(bytes, { shape: [chosen.length, 1, 28, 28] })),
    labels: keep(
      tensor(
        Uint8Array.from(chosen, (index) => labels[index] as number),
        { dtype: 'int64' },
      ),
    ),
    count: chosen.length,
  };
}

/** The rows that `indices` (int64) names, pixels scaled to [-1, 1]. */
export function takeBatch({ images, labels }: Dataset, indices: Tensor): { x: Tensor; y: Tensor } {
  return { x: images.indexSelect(0, indices).to('float32').div_(127.5).sub_(1), y: labels.indexSelect(0, indices) };
}
