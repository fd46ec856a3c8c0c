/** Weights in several files, and the index that says which is where: `model.safetensors.index.json` and its like. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withRandomAccess } from '../files.ts';
import { reasonOf, refuse } from '../refusal.ts';
import { readCheckpoint } from './checkpoint.ts';
import { refuseCrowd } from './crowd.ts';
import { readSafetensors } from './safetensors.ts';
import { MAX_TENSORS, type TensorInfo, type WeightFile } from './tensors.ts';

const MAX_SHARDS = 10_000;
const MAX_INDEX_BYTES = 1 << 26;

/** @throws Refusal where the index is none, or a shard is not there or lacks a weight. */
export async function readSharded(path: string, name: string): Promise<WeightFile> {
  const places = placesIn(path);
  const shards = [...new Set(places.values())];
  if (shards.length > MAX_SHARDS)
    refuse(`${path}: weight_map names ${shards.length} files; at most ${MAX_SHARDS} are read`);
  const missing = shards.filter((shard) => !existsSync(join(dirname(path), shard)));
  if (missing.length > 0) {
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
    refuse(`${path}: ${missing[0]}${more} of its ${shards.length} files is missing; put all of them beside the index`);
  }
  const found = new Map<string, Map<string, TensorInfo>>();
  const notes = new Set<string>();
  for (const shard of shards) {
    const file = await readShard(join(dirname(path), shard));
    for (const note of file.notes) notes.add(note);
    const wanted = file.tensors.filter((tensor) => places.get(tensor.name) === shard);
    found.set(shard, new Map(wanted.map((tensor) => [tensor.name, tensor])));
  }
  const tensors = [...places].map(([weight, shard]) => {
    const tensor =
      found.get(shard)?.get(weight) ?? refuse(`${path}: ${weight} is not in ${shard}, where weight_map says it is`);
    return tensor.memory === undefined ? tensor : { ...tensor, memory: `${shard} ${tensor.memory}` };
  });
  return { name, tensors, kinds: new Map(), buffers: new Set(), notes: [...notes], wrappers: ['module'] };
}

function readShard(path: string): WeightFile | Promise<WeightFile> {
  return path.endsWith('.safetensors') ? readSafetensors(path, '') : readCheckpoint(path, '');
}

/** File of each weight. */
function placesIn(path: string): Map<string, string> {
  return withRandomAccess(path, ({ size, read }) => {
    if (size > MAX_INDEX_BYTES) refuse(`the index has ${size} bytes; at most ${MAX_INDEX_BYTES} are read`);
    const bytes = read(0, size, 'the index');
    refuseCrowd(bytes);
    const { weight_map: map } = Object(parse(bytes.toString('utf8'))) as Record<string, unknown>;
    if (map === null || typeof map !== 'object' || Array.isArray(map)) {
      return refuse('it has no mapping weight_map, as the index of weights in several files has');
    }
    const places = Object.entries(map);
    if (places.length > MAX_TENSORS) refuse(`it has ${places.length} tensors; at most ${MAX_TENSORS} are read`);
    return new Map(places.map(([weight, shard]) => [weight, fileName(weight, shard)]));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return refuse(`this is not JSON: ${reasonOf(error)}`, error);
  }
}

/** A shard lies beside its index: a path could lead anywhere. */
function fileName(weight: string, shard: unknown): string {
  if (typeof shard === 'string' && /^[^/\\\0]{1,255}$/.test(shard) && shard !== '.' && shard !== '..') return shard;
  const found = JSON.stringify(shard)?.slice(0, 100);
  return refuse(`weight_map: ${weight} is in ${found}; allowed is the name of a file beside it`);
}
