/** A model that a JavaScript or TypeScript module exports. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ModuleView } from '@paramwise/core';
import { reasonOf, refuse } from '../refusal.ts';

type Exports = Readonly<Record<string, unknown>>;

/**
 * The `default` export, or the one named `model`: a model, or a function that makes one.
 *
 * The module is run, like any program of the user's.
 *
 * @throws Refusal where it does not load or exports no model.
 */
export async function readModuleFile(path: string): Promise<ModuleView> {
  const exports = await load(path);
  const found = exports.model ?? exports.default;
  const model: unknown = typeof found === 'function' && !isClass(found) ? await found() : found;
  if (isModuleView(model)) return model;
  return refuse(`${path}: it exports no model; export one as default or as "model" (or a function that makes it)`);
}

async function load(path: string): Promise<Exports> {
  const url = pathToFileURL(resolve(path)).href;
  try {
    const exports = (await (isTypeScript(path) ? importTypeScript(url) : import(url))) as Exports;
    const inner = Object(exports.default) as Exports;
    // Where no package.json says "type": "module", the exports stand one level deeper.
    return inner.__esModule === true ? inner : exports;
  } catch (error) {
    return refuse(`${path}: it does not load: ${reasonOf(error)}`, error);
  }
}

const isTypeScript = (path: string) => /\.[mc]?ts$/.test(path);

async function importTypeScript(url: string): Promise<unknown> {
  const { tsImport } = await import('tsx/esm/api');
  return tsImport(url, import.meta.url);
}

const isClass = (value: object) => /^class\b/.test(Function.prototype.toString.call(value));

function isModuleView(value: unknown): value is ModuleView {
  return (
    value !== null &&
    typeof value === 'object' &&
    'moduleKind' in value &&
    typeof Reflect.get(value, 'ownParams') === 'function' &&
    typeof Reflect.get(value, 'ownChildren') === 'function'
  );
}
