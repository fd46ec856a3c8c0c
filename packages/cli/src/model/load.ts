/** A model file of any kind → the module tree that is planned. */
import { type ModuleView, readModel } from '@paramwise/core';
import { readJson } from '../files.ts';

export interface LoadedModel {
  readonly root: ModuleView;
  readonly name: string;
  /** What was inferred, or is odd. */
  readonly notes: readonly string[];
}

/** @throws Refusal or ConfigError where the file cannot be read. */
export async function loadModel(path: string): Promise<LoadedModel> {
  const json = readJson(path);
  const root = readModel(json);
  return { root, name: String(Reflect.get(Object(json), 'name') ?? path), notes: [] };
}
