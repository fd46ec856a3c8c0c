/** A model file of any kind → the module tree that is planned. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { type ModuleView, readModel } from '@paramwise/core';
import { readJson, withFile } from '../files.ts';
import { refuse } from '../refusal.ts';
import { readCheckpoint } from './checkpoint.ts';
import { inferModel } from './infer.ts';
import { readModuleFile } from './module-file.ts';
import { readOnnx } from './onnx.ts';
import { readSafetensors } from './safetensors.ts';
import { readSharded } from './sharded.ts';
import type { WeightFile } from './tensors.ts';

export interface LoadedModel {
  readonly root: ModuleView;
  readonly name: string;
  /** What was inferred, or is odd. */
  readonly notes: readonly string[];
  /** Those of the notes that say which of several models it is, and what may be wrong with it. */
  readonly doubts?: readonly string[] | undefined;
}

export interface ModelOptions {
  /** Of a PyTorch checkpoint: the mapping that holds the weights, such as `ema_state_dict`; the likeliest where not given. */
  readonly key?: string | undefined;
}

interface Format {
  readonly endings: readonly string[];
  readonly read: (path: string, name: string, key?: string) => LoadedModel | Promise<LoadedModel>;
  /** Whether such a file may hold several models, and a key chooses one. */
  readonly hasKeys?: boolean;
}

const FORMATS: readonly Format[] = [
  { endings: ['.index.json'], read: async (path, name) => inferred(path, await readSharded(path, name)) },
  { endings: ['.json', '.json.gz'], read: readModelFile },
  { endings: ['.safetensors'], read: (path, name) => inferred(path, readSafetensors(path, name)) },
  { endings: ['.onnx'], read: (path, name) => inferred(path, readOnnx(path, name)) },
  {
    endings: ['.pth', '.pt', '.bin', '.ckpt', '.tar', '.pth.tar', '.pt.tar'],
    hasKeys: true,
    read: async (path, name, key) => inferred(path, await readCheckpoint(path, name, key)),
  },
  {
    endings: ['.ts', '.mts', '.js', '.mjs', '.cjs'],
    read: async (path, name) => ({ root: await readModuleFile(path), name, notes: [] }),
  },
];

/**
 * Reads a model, by the ending of its name.
 *
 * @throws Refusal or ConfigError where the file cannot be read.
 */
export async function loadModel(path: string, { key }: ModelOptions = {}): Promise<LoadedModel> {
  withFile(path, () => statSync(path));
  for (const { endings, read, hasKeys = false } of FORMATS) {
    const ending = endings.findLast((candidate) => path.endsWith(candidate));
    if (ending === undefined) continue;
    if (key !== undefined && !hasKeys) refuse(`${path}: it holds one model; --key is for PyTorch checkpoints`);
    return read(path, basename(path, ending), key);
  }
  return refuse(`${path}: a model file ends in ${FORMATS.flatMap(({ endings }) => endings).join(', ')}`);
}

function readModelFile(path: string, name: string): LoadedModel {
  const json = readJson(path);
  const root = readModel(json);
  return { root, name: String(Reflect.get(Object(json), 'name') ?? name), notes: [] };
}

function inferred(path: string, file: WeightFile): LoadedModel {
  return { name: file.name, ...withFile(path, () => inferModel(file)) };
}
