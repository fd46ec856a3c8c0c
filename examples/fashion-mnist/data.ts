/** Fashion-MNIST from the four files that Debian's `dataset-fashion-mnist` installs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { keep, randperm, type Tensor, tensor, tidy } from '@paramwise/torch';

export interface Dataset {
  /** uint8 (count, 1, 28, 28) */
  readonly images: Tensor;
  /** int64 (count) */
  readonly labels: Tensor;
  readonly count: number;
}

const folder = process.env.FASHION_MNIST ?? '/usr/share/datasets/fashion-mnist';
const SIZE = 28;

/** An IDX file: a magic number with the number of dimensions, the sizes as big-endian 32 bits, the bytes. */
function readIdx(name: string): Uint8Array {
  const path = join(folder, name);
  if (!existsSync(path))
    throw new Error(`${path} is missing: run \`npm run setup\`, or set FASHION_MNIST to the folder that holds it`);
  const buffer = gunzipSync(readFileSync(path));
  const dimensions = buffer[3] ?? 0;
  const sizes = Array.from({ length: dimensions }, (_, i) => buffer.readUInt32BE(4 + 4 * i));
  const bytes = buffer.subarray(4 + 4 * dimensions);
  if (bytes.length !== sizes.reduce((product, size) => product * size, 1)) throw new Error(`${path} is cut short`);
  return Uint8Array.from(bytes);
}

/** All images of a split, in the order of the file. */
export function loadSplit(split: 'train' | 't10k'): Dataset {
  const images = readIdx(`${split}-images-idx3-ubyte.gz`);
  const labels = readIdx(`${split}-labels-idx1-ubyte.gz`);
  return {
    images: keep(tensor(images, { shape: [labels.length, 1, SIZE, SIZE] })),
    labels: keep(tensor(labels, { dtype: 'int64' })),
    count: labels.length,
  };
}

/** Images number `start` up to, not including, `end`; they share memory with the whole. */
export function slice({ images, labels }: Dataset, start: number, end: number): Dataset {
  const count = end - start;
  return { images: keep(images.narrow(0, start, count)), labels: keep(labels.narrow(0, start, count)), count };
}

function take({ images, labels }: Dataset, rows: readonly number[]): Dataset {
  return tidy(() => {
    const indices = tensor([...rows], { dtype: 'int64' });
    return {
      images: keep(images.indexSelect(0, indices)),
      labels: keep(labels.indexSelect(0, indices)),
      count: rows.length,
    };
  });
}

const numbersOf = (values: Tensor): number[] => Array.from(values.data() as ArrayLike<number | bigint>, Number);

/** The images of the first `classes` classes, at most `limit` of them. */
export function firstClasses(data: Dataset, classes: number, limit: number): Dataset {
  const labels = numbersOf(data.labels);
  return take(data, [...labels.keys()].filter((row) => labels[row]! < classes).slice(0, limit));
}

/** So many images of each class, drawn by the random state. */
export function drawPerClass(data: Dataset, perClass: number): Dataset {
  const labels = numbersOf(data.labels);
  const taken = new Map<number, number>();
  const rows = tidy(() => numbersOf(randperm(data.count))).filter((row) => {
    const count = taken.get(labels[row]!) ?? 0;
    taken.set(labels[row]!, count + 1);
    return count < perClass;
  });
  return take(data, rows);
}

export function release({ images, labels }: Dataset): void {
  images.dispose();
  labels.dispose();
}

/** Bytes as the network takes them: float32 in [-1, 1]. */
export function scaled(images: Tensor): Tensor {
  return images.to('float32').div_(127.5).sub_(1);
}
