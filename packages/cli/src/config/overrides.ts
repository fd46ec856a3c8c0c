/**
 * `--set a.b=value`: settings of the command line over those of a config, with the meaning of MMEngine's `--cfg-options`.
 *
 * Source: MMEngine 0.10, `DictAction` and `Config.merge_from_dict`. Beyond it: an item of a list can be set to a plain value,
 * and a value with braces is a mapping.
 */
import { reasonOf, refuse } from '../refusal.ts';
import { mergeConfigs } from './merge.ts';
import { type ConfigMapping, type ConfigValue, isConfigMapping } from './python-values.ts';
import { parseYaml } from './yaml.ts';

/**
 * The config with these overrides, in their order.
 *
 * @param overrides each `a.b.0.c=value`; a number is a place in a list, and a field that is not there is made.
 * @throws Refusal that names the override.
 */
export function applyOverrides(config: ConfigMapping, overrides: readonly string[]): ConfigMapping {
  // What is deleted makes room for what is set, whichever comes first.
  const inOrder = overrides.toSorted((a, b) => Number(DELETES.test(b)) - Number(DELETES.test(a)));
  return inOrder.reduce<ConfigMapping>((before, override) => {
    const at = override.indexOf('=');
    const keys = override.slice(0, at).split('.');
    const fault = (reason: string) => refuse(`--set ${override}: ${reason}`);
    if (at < 1 || keys.includes('')) return fault('give field=value, with dots between the names of fields');
    if (keys.includes('__proto__')) return fault('a field named __proto__ would change the prototype of an object');
    return setIn(before, keys, overrideValue(override.slice(at + 1), fault), fault) as ConfigMapping;
  }, config);
}

const DELETES = /^[^=]*\._delete_=/;

type Fault = (reason: string) => never;

function setIn(old: ConfigValue | undefined, keys: readonly string[], value: ConfigValue, fault: Fault): ConfigValue {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (Array.isArray(old)) {
    const list = old as readonly ConfigValue[];
    if (!/^\d+$/.test(key)) fault(`${key} is no place in a list of ${list.length}; count from 0`);
    if (Number(key) >= list.length) fault(`there is no item ${key} in a list of ${list.length}; count from 0`);
    return list.with(Number(key), setIn(list[Number(key)], rest, value, fault));
  }
  if (old !== undefined && !isConfigMapping(old)) fault(`${key} would be a field of ${JSON.stringify(old)}`);
  const mapping: ConfigMapping = isConfigMapping(old) ? old : {};
  if (key === '_delete_' && rest.length === 0) return value === true ? {} : mapping;
  if (rest.length === 0) return mergeConfigs(mapping, { [key]: value }, '--set');
  const inner = Object.hasOwn(mapping, key) ? mapping[key] : undefined;
  return { ...mapping, [key]: setIn(inner, rest, value, fault) };
}

const MAX_DEPTH = 100;

/** A value as MMEngine reads it from the command line: number, True, False, None, list in brackets or with commas, else text. */
function overrideValue(text: string, fault: Fault, depth = 0): ConfigValue {
  if (depth > MAX_DEPTH) return fault(`more than ${MAX_DEPTH} levels of nesting`);
  if (text.includes('{')) return mappingValue(text, fault);
  const value = text.replace(/^['"]+|['"]+$/g, '').replaceAll(' ', '');
  const isList = /^\(.*\)$|^\[.*\]$/s.test(value);
  if (!isList && !value.includes(',')) return plainValue(value);
  return itemsOf(isList ? value.slice(1, -1) : value, fault).map((item) => overrideValue(item, fault, depth + 1));
}

/** The parts between commas that are in no bracket. A comma at the end adds none. */
function itemsOf(text: string, fault: Fault): string[] {
  const items: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if ('(['.includes(text[at]!)) depth++;
    else if (')]'.includes(text[at]!)) depth--;
    else if (text[at] === ',' && depth === 0) {
      items.push(text.slice(start, at));
      start = at + 1;
    }
    if (depth < 0) break;
  }
  if (depth !== 0) fault('brackets that do not close');
  return start < text.length ? [...items, text.slice(start)] : items;
}

const INTEGER = /^[+-]?\d+(?:_\d+)*$/;
const FLOAT = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;
const WORDS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

function plainValue(text: string): ConfigValue {
  if (INTEGER.test(text) || FLOAT.test(text)) return Number(text.replaceAll('_', ''));
  if (text === 'None') return null;
  return WORDS.get(text.toLowerCase()) ?? text;
}

function mappingValue(text: string, fault: Fault): ConfigValue {
  try {
    return withoutPythonWords(parseYaml(text));
  } catch (error) {
    return fault(`a value with braces is a mapping, as JSON or as {max_norm: 1.0}: ${reasonOf(error)}`);
  }
}

function withoutPythonWords(value: ConfigValue): ConfigValue {
  if (Array.isArray(value)) return value.map(withoutPythonWords);
  if (isConfigMapping(value)) {
    if (Object.hasOwn(value, '__proto__')) throw new Error('a field named __proto__');
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutPythonWords(item)]));
  }
  return value === 'None' ? null : value;
}
