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
import type { WeightFile } from './tensors.ts';

export interface LoadedModel {
  readonly root: ModuleView;
  readonly name: string;
  /** What was inferred, or is odd. */
  readonly notes: readonly string[];
}

interface Format {
  readonly endings: readonly string[];
  readonly read: (path: string, name: string) => LoadedModel | Promise<LoadedModel>;
}

const FORMATS: readonly Format[] = [
  { endings: ['.json', '.json.gz'], read: readModelFile },
  { endings: ['.safetensors'], read: (path, name) => inferred(readSafetensors(path, name)) },
  { endings: ['.onnx'], read: (path, name) => inferred(readOnnx(path, name)) },
  {
    endings: ['.pth', '.pt', '.bin', '.ckpt'],
    read: async (path, name) => inferred(await readCheckpoint(path, name)),
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
export async function loadModel(path: string): Promise<LoadedModel> {
  withFile(path, () => statSync(path));
  for (const { endings, read } of FORMATS) {
    const ending = endings.findLast((candidate) => path.endsWith(candidate));
    if (ending !== undefined) return read(path, basename(path, ending));
  }
  return refuse(`${path}: a model file ends in ${FORMATS.flatMap(({ endings }) => endings).join(', ')}`);
}

function readModelFile(path: string, name: string): LoadedModel {
  const json = readJson(path);
  const root = readModel(json);
  return { root, name: String(Reflect.get(Object(json), 'name') ?? name), notes: [] };
}

function inferred(file: WeightFile): LoadedModel {
  const { json, notes } = inferModel(file);
  return { root: readModel(json), name: file.name, notes };
}
