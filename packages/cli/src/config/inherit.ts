/** A config file with the files that it inherits from, by `_base_` or `read_base()`, as MMEngine merges them. */
import { existsSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { refuse } from '../refusal.ts';
import { configText, readJson, readYaml } from './config-text.ts';
import { MMCV_FIELDS, PARTS, WHOLE_FIELDS } from './fields.ts';
import { mergeValues } from './merge.ts';
import { moduleFile, type PackageFolders, packageConfig, packageHelp } from './packages.ts';
import { baseNames, fillBaseValues } from './placeholders.ts';
import { Budget } from './python/budget.ts';
import { evaluateModule, type Wanted } from './python/module.ts';
import { mappingValue, plainOf } from './python/plain.ts';
import { addScope } from './python/scope.ts';
import { parseSource, type Source } from './python/syntax.ts';
import { PyDict, Unreadable } from './python/values.ts';
import { type ConfigMapping, type ConfigValue, isConfigMapping } from './python-values.ts';

/** What is the same for all files of one config. */
interface Reading {
  readonly budget: Budget;
  readonly sources: Map<string, Source>;
  readonly trees: Map<string, ConfigMapping>;
  readonly packages: PackageFolders;
}

type Read = (path: string, wanted: Wanted, chain: readonly string[], reading: Reading) => PyDict;

const inheritBy =
  (parse: (path: string) => unknown): Read =>
  (path, wanted, chain, reading) => {
    const tree = reading.trees.get(path) ?? checkedTree(path, parse(path));
    reading.trees.set(path, tree);
    return inherit(path, tree, wanted, chain, reading);
  };
const inheritJson = inheritBy(readJson);
const inheritYaml = inheritBy(readYaml);

const READERS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['.json', inheritJson],
  ['.yaml', inheritYaml],
  ['.yml', inheritYaml],
  ['.py', readPython],
]);

/**
 * A config file, inheritance resolved. Of a whole config, no more of Python files is evaluated than the parts that the
 * commands read depend on, and only those parts are given; of a file that holds an optimizer wrapper alone, all names are. A
 * file without either has `null` for its other names.
 *
 * @throws Refusal that names file, and line or place.
 */
export function readConfigFile(path: string, packages: PackageFolders = new Map()): ConfigMapping {
  const reading: Reading = { budget: new Budget(), sources: new Map(), trees: new Map(), packages };
  try {
    const parts = readFile(path, new Set(PARTS), [], reading);
    if (parts.get('optim_wrapper') !== undefined) return plainNames(parts, PARTS, reading);
    const all = readFile(path, undefined, [], reading);
    const names = all.entries().map(([name]) => String(name));
    const others: readonly string[] = [...MMCV_FIELDS, ...WHOLE_FIELDS];
    const isAlone = names.includes('optimizer') && !names.some((name) => others.includes(name));
    if (isAlone) return plainNames(all, names, reading);
    return { ...Object.fromEntries(names.map((name) => [name, null])), ...plainNames(parts, PARTS, reading) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return refuse(`${error.place ?? path}: ${error.message}`, error);
  }
}

function plainNames(from: PyDict, names: readonly string[], { budget }: Reading): ConfigMapping {
  const found = new PyDict();
  for (const name of names) {
    const value = from.get(name);
    if (value !== undefined) found.set(name, value);
  }
  return plainOf(found, budget) as ConfigMapping;
}

function readFile(path: string, wanted: Wanted, chain: readonly string[], reading: Reading): PyDict {
  const full = resolve(path);
  if (chain.includes(full)) refuse(`${path}: it inherits from itself: ${[...chain, full].join(' → ')}`);
  const read = READERS.get(extname(path));
  if (read === undefined) {
    return refuse(`${path}: a config file ends in ${[...READERS.keys()].join(', ')}`);
  }
  reading.budget.take('files', 1);
  return reading.budget.deeper(() => read(path, wanted, [...chain, full], reading));
}

function readPython(path: string, wanted: Wanted, chain: readonly string[], reading: Reading): PyDict {
  const source = reading.sources.get(path) ?? parseSource(path, configText(path));
  reading.sources.set(path, source);
  const bases = {
    inherited: (names: readonly string[], wantedOfBase: Wanted) => loadBases(path, names, wantedOfBase, chain, reading),
    imported: (module: string, wantedOfModule: Wanted) =>
      readFile(importedFile(path, module, reading.packages), wantedOfModule, chain, reading),
  };
  return evaluateModule(source, wanted, bases, reading.budget);
}

function inherit(
  path: string,
  { _base_: names = [], ...own }: ConfigMapping,
  wanted: Wanted,
  chain: readonly string[],
  reading: Reading,
): PyDict {
  if (!isNames(names)) return refuse(`${path}: _base_: a file name or a list of them`);
  try {
    const mentioned = baseNames(own);
    const wantedOfBase = wanted === undefined ? undefined : new Set([...wanted, ...mentioned]);
    const base = loadBases(path, [names].flat(), wantedOfBase, chain, reading);
    const values = mentioned.length === 0 ? own : fillBaseValues(own, plainNames(base, mentioned, reading), path);
    return mergeValues(base, mappingValue(values));
  } catch (error) {
    if (error instanceof Unreadable) error.place ??= path;
    throw error;
  }
}

function isNames(names: ConfigValue): names is string | readonly string[] {
  return typeof names === 'string' || (Array.isArray(names) && names.every((name) => typeof name === 'string'));
}

/** The files of one `_base_` as one. @throws Refusal where two of them have the same key, as in MMEngine. */
function loadBases(
  path: string,
  names: readonly string[],
  wanted: Wanted,
  chain: readonly string[],
  reading: Reading,
): PyDict {
  const merged = new PyDict();
  const owner = new Map<string, string>();
  for (const name of names) {
    const { file, scope } = baseFile(path, name, reading.packages);
    const content = readFile(file, wanted, chain, reading);
    if (scope !== undefined) addScope(content, scope);
    for (const [key, value] of content.entries()) {
      const field = String(key);
      if (owner.has(field)) refuse(`${path}: _base_: both ${owner.get(field)} and ${name} have ${field}`);
      owner.set(field, name);
      merged.set(key, value);
    }
  }
  return merged;
}

/** The file that one name of `_base_` means, and the package that it is from. */
function baseFile(path: string, name: string, packages: PackageFolders): { file: string; scope?: string } {
  const [scope, inner, ...more] = name.split('::');
  if (inner === undefined) return { file: resolve(dirname(path), name) };
  const file = more.length > 0 ? undefined : packageConfig(scope!, inner, packages);
  if (file !== undefined) return { file, scope: scope! };
  return refuse(`${path}: _base_: ${name} is in an installed Python package; ${packageHelp(scope!, packages)}`);
}

/** The file of `.file`, `..folder.file` or `package.folder.file`. @throws Refusal */
function importedFile(path: string, module: string, packages: PackageFolders): string {
  const [, dots, inner] = /^(\.*)(.*)$/.exec(module)!;
  if (dots !== '') {
    const up = Array.from({ length: dots!.length - 1 }, () => '..');
    const file = resolve(dirname(path), ...up, `${inner!.replaceAll('.', '/')}.py`);
    return existsSync(file) ? file : refuse(`${path}: read_base: from ${module}: there is no file ${join(file)}`);
  }
  const name = inner!.split('.')[0]!;
  const file = moduleFile(inner!, path, packages);
  return file ?? refuse(`${path}: read_base: ${module} is in a Python package; ${packageHelp(name, packages)}`);
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
