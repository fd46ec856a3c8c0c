/** A config file with the files that it inherits from by `_base_`, as MMEngine merges them. */
import { dirname, extname, resolve } from 'node:path';
import { refuse } from '../refusal.ts';
import { configText, readJson, readYaml } from './config-text.ts';
import { mergeBases, mergeConfigs } from './merge.ts';
import { fillBaseValues } from './placeholders.ts';
import { parsePython } from './python-parser.ts';
import { PythonFault } from './python-tokens.ts';
import { type ConfigMapping, type ConfigValue, isConfigMapping } from './python-values.ts';

type Reader = (path: string, chain: readonly string[]) => ConfigMapping;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['.json', (path, chain) => inherit(path, checkedTree(path, readJson(path)), chain)],
  ['.yaml', (path, chain) => inherit(path, checkedTree(path, readYaml(path)), chain)],
  ['.yml', (path, chain) => inherit(path, checkedTree(path, readYaml(path)), chain)],
  ['.py', readPython],
]);

/**
 * The whole content of a config file, inheritance resolved.
 *
 * @throws Refusal that names file, and line or place.
 */
export function readConfigFile(path: string, chain: readonly string[] = []): ConfigMapping {
  const full = resolve(path);
  if (chain.includes(full)) refuse(`${path}: it inherits from itself: ${[...chain, full].join(' → ')}`);
  const read = READERS.get(extname(path));
  if (read === undefined) {
    return refuse(`${path}: a config file ends in ${[...READERS.keys()].join(', ')}`);
  }
  return read(path, [...chain, full]);
}

function readPython(path: string, chain: readonly string[]): ConfigMapping {
  const source = configText(path);
  try {
    const { own, base } = parsePython(source, (names, line) => {
      if (isNames(names)) return loadBases(path, names, chain);
      throw new PythonFault(line, '_base_ is a file name or a list of them');
    });
    return mergeConfigs(base, fillBaseValues(own, base, path), path);
  } catch (error) {
    if (error instanceof PythonFault) return refuse(`${path}:${error.line}: ${error.message}`, error);
    throw error;
  }
}

function inherit(path: string, { _base_: names = [], ...own }: ConfigMapping, chain: readonly string[]): ConfigMapping {
  if (!isNames(names)) return refuse(`${path}: _base_: a file name or a list of them`);
  const base = loadBases(path, names, chain);
  return mergeConfigs(base, fillBaseValues(own, base, path), path);
}

function isNames(names: ConfigValue): names is string | readonly string[] {
  return typeof names === 'string' || (Array.isArray(names) && names.every((name) => typeof name === 'string'));
}

function loadBases(path: string, names: string | readonly string[], chain: readonly string[]): ConfigMapping {
  const bases = [names].flat().map((name) => {
    if (name.includes('::'))
      refuse(`${path}: _base_: ${name} is looked up in an installed Python package; give a path`);
    return { name, content: readConfigFile(resolve(dirname(path), name), chain) };
  });
  return mergeBases(bases, path);
}

const MAX_DEPTH = 100;

/** A parsed file as a mapping that is safe to merge: no `__proto__`, no depth without end. */
function checkedTree(path: string, tree: unknown): ConfigMapping {
  if (!isConfigMapping(tree)) return refuse(`${path}: a config is a mapping`);
  const stack: { readonly value: unknown; readonly depth: number }[] = [{ value: tree, depth: 0 }];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { value, depth } = item;
    if (value === null || typeof value !== 'object') continue;
    if (depth > MAX_DEPTH) refuse(`${path}: more than ${MAX_DEPTH} levels of nesting`);
    if (Object.hasOwn(value, '__proto__')) {
      refuse(`${path}: a field named __proto__ would change the prototype of an object; remove it`);
    }
    for (const inner of Object.values(value)) stack.push({ value: inner, depth: depth + 1 });
  }
  return tree;
}
