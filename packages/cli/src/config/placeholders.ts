/**
 * Placeholders of text configs, filled in before the text is read, as MMEngine does it: those of the file's own name, those
 * of environment variables, and `{{ _base_.x }}`. Source: MMEngine 0.10, "Config", predefined and environment variables.
 */
import { basename, dirname, extname, resolve } from 'node:path';
import { refuse } from '../refusal.ts';
import { type ConfigMapping, type ConfigValue, isConfigMapping } from './python-values.ts';

/** Characters for private use around the name of a base value, where the text cannot hold braces. */
const [OPEN, CLOSE] = ['\ue0f0', '\ue0f1'];

const OF_FILE: Readonly<Record<string, (path: string) => string>> = {
  fileDirname: dirname,
  fileBasename: (path) => basename(path),
  fileBasenameNoExtension: (path) => basename(path, extname(path)),
  fileExtname: extname,
};
const FILE = /\{\{\s*(fileDirname|fileBasename|fileBasenameNoExtension|fileExtname)\s*\}\}/g;
const ENVIRONMENT = /\{\{['"]?\s*\$(\w+)\s*:[^\S\n]*(\S*?)\s*['"]?\}\}/g;
const WITHOUT_COLON = /\{\{['"]?\s*\$(\w+)\s*['"]?\}\}/;
const BASE = /\{\{\s*_base_\.([\w.]+)\s*\}\}/g;
const BASE_VALUE = new RegExp(`${BASE.source}|${OPEN}([\\w.]+)${CLOSE}`, 'g');

/**
 * The text with what is known of its file and of the environment, inside of quotes and outside. A variable that is set wins
 * over the default behind the colon; both are put into the text as they stand, so that they can be numbers.
 *
 * @throws Refusal that names file, line and variable, where that is not set and has no default.
 */
export function fillPlaceholders(text: string, path: string, environment = process.env): string {
  if (!text.includes('{{')) return text;
  const full = resolve(path).replaceAll('\\', '/');
  const filled = text.replace(FILE, (_, name: string) => OF_FILE[name]!(full));
  return filled.replace(ENVIRONMENT, (placeholder, name: string, fallback: string, at: number) => {
    const value = environment[name] || fallback;
    if (value !== '') return value;
    const line = filled.slice(0, at).split('\n').length;
    return refuse(
      `${path}:${line}: ${placeholder}: the environment variable ${name} is not set; set it, or give a default: {{$${name}:default}}`,
    );
  });
}

/** `{{ _base_.x }}` as something that YAML reads as a string, inside of quotes and outside. */
export function markBasesInYaml(text: string): string {
  return text.replace(BASE, `${OPEN}$1${CLOSE}`);
}

/** The same for JSON, where only what stands in quotes is a string. */
export function markBasesInJson(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\{\{\s*_base_\.([\w.]+)\s*\}\}/g, (found, name?: string) => {
    return name === undefined ? found.replace(BASE, `${OPEN}$1${CLOSE}`) : `"${OPEN}${name}${CLOSE}"`;
  });
}

/**
 * A file's own content with the values of its base files. A string that is nothing but the placeholder becomes the value
 * itself; in a longer one a number or a string is put.
 *
 * @throws Refusal for a value that no base file has, and a mapping or list inside of a string.
 */
export function fillBaseValues<V extends ConfigValue>(own: V, base: ConfigMapping, path: string): V {
  return filledValue(own, base, path) as V;
}

function filledValue(value: ConfigValue, base: ConfigMapping, path: string): ConfigValue {
  if (typeof value === 'string') return filledText(value, base, path);
  if (Array.isArray(value)) return mapped(value, (item: ConfigValue) => filledValue(item, base, path));
  if (!isConfigMapping(value)) return value;
  const keys = Object.keys(value);
  const items = keys.map((key) => value[key]!);
  const filled = mapped(items, (item) => filledValue(item, base, path));
  return filled === items ? value : Object.fromEntries(keys.map((key, index) => [key, filled[index]!]));
}

/** Names at the top of the base files whose values a file takes. */
export function baseNames(own: ConfigValue): string[] {
  const found = JSON.stringify(own).matchAll(BASE_VALUE);
  return [...new Set([...found].map((match) => nameIn(match).split('.')[0]!))];
}

/** The list itself where nothing changes. */
function mapped(list: readonly ConfigValue[], change: (item: ConfigValue) => ConfigValue): readonly ConfigValue[] {
  const changed = list.map(change);
  return changed.some((item, index) => item !== list[index]) ? changed : list;
}

function filledText(text: string, base: ConfigMapping, path: string): ConfigValue {
  if (!text.includes('{{') && !text.includes(OPEN)) return text;
  const places = [...text.matchAll(BASE_VALUE)];
  if (places.length === 1 && places[0]![0] === text) return baseValue(nameIn(places[0]!), base, path);
  return text.replace(BASE_VALUE, (...match: (string | undefined)[]) => {
    const name = match[1] ?? match[2] ?? '';
    const value = baseValue(name, base, path);
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    return refuse(`${path}: {{ _base_.${name} }} is no text or number; let it be the whole value, without quotes`);
  });
}

const nameIn = (match: readonly (string | undefined)[]) => match[1] ?? match[2] ?? '';

function baseValue(name: string, base: ConfigMapping, path: string): ConfigValue {
  let value: ConfigValue = base;
  for (const field of name.split('.')) {
    if (!isConfigMapping(value) || !Object.hasOwn(value, field)) {
      return refuse(`${path}: {{ _base_.${name} }}: no base file has ${JSON.stringify(name)}`);
    }
    value = value[field]!;
  }
  return value;
}

/** What MMEngine would not fill in, in words: a placeholder that is none, and a variable without a colon. */
export function placeholderLeft(text: string): string | undefined {
  const bare = WITHOUT_COLON.exec(text);
  if (bare !== null) return `${bare[0]} stays as it is: MMEngine fills in {{$${bare[1]}:default}}, with a colon`;
  const found = /\{\{[^{}]*\}\}/.exec(text);
  return found === null ? undefined : `${found[0]} is no placeholder that MMEngine fills in, and stays as it is`;
}
