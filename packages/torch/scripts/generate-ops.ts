/**
 * Writes `src/ops.gen.ts`: typed signatures of every operator, from the schemas of the libtorch that the addon was
 * built with. Run by `npm run generate -w packages/torch`; the output is committed.
 *
 * Overloads that write to an `out` tensor are callable but not typed, named-dimension overloads neither: together they
 * would triple the file for what nobody writes by hand.
 */
import { writeFileSync } from 'node:fs';
import { findOperator } from '../src/dispatch.ts';
import { native } from '../src/native.ts';

interface Argument {
  type: string;
  name: string;
  optional: boolean;
  keywordOnly: boolean;
}

interface Schema {
  base: string;
  args: Argument[];
  returns: string;
}

const SCALARS: Record<string, string> = {
  Scalar: 'number | bigint | boolean',
  int: 'number | bigint',
  SymInt: 'number | bigint',
  float: 'number',
  bool: 'boolean',
  str: 'string',
  ScalarType: 'Dtype',
  Layout: 'string',
  Device: 'string',
  MemoryFormat: 'string',
  Dimname: 'string',
  Generator: 'never',
  Tensor: 'Tensor',
};

const RETURNS: Record<string, string> = {
  Scalar: 'number',
  int: 'number',
  SymInt: 'number',
  float: 'number',
  bool: 'boolean',
  str: 'string',
  ScalarType: 'number',
};

const camel = (name: string): string =>
  name.replace(/(?<=[a-z0-9])_([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());

/** Splits at top-level commas. */
function split(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if ('([{'.includes(text[i] as string)) depth++;
    else if (')]}'.includes(text[i] as string)) depth--;
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts.filter((part) => part !== '');
}

function parseArgument(text: string, keywordOnly: boolean): Argument {
  const match = /^(.*?) (\w+)(=.*)?$/.exec(text.replace(/\([a-z!|\s>*-]+\)/g, ''));
  if (!match) throw new Error(`cannot read argument '${text}'`);
  return { type: match[1] as string, name: match[2] as string, optional: match[3] !== undefined, keywordOnly };
}

function parseSchema(text: string): Schema | undefined {
  const match = /^aten::(\w+)(?:\.(\w+))?\((.*)\) -> (.*)$/.exec(text);
  if (!match) return undefined;
  const [, base, overload = '', list, returns] = match as unknown as [
    string,
    string,
    string | undefined,
    string,
    string,
  ];
  if (/out|Dimname|names/i.test(overload) || /\*.*!/.test(list)) return undefined;
  let keywordOnly = false;
  const args: Argument[] = [];
  for (const part of split(list)) {
    if (part === '*') keywordOnly = true;
    else args.push(parseArgument(part, keywordOnly));
  }
  return { base, args, returns };
}

function typeOf(schemaType: string): string | undefined {
  if (schemaType.endsWith('?')) {
    const inner = typeOf(schemaType.slice(0, -1));
    return inner && `${inner} | null`;
  }
  const list = /^(.*)\[(\d*)\]$/.exec(schemaType);
  if (list) {
    const element = typeOf(list[1] as string);
    return element && `readonly (${element})[]${list[2] ? ` | ${element}` : ''}`;
  }
  if (schemaType === 'Tensor') return 'Tensor | number';
  return SCALARS[schemaType];
}

function returnType(returns: string): string | undefined {
  const parts = split(returns.replace(/^\((.*)\)$/, '$1')).map((part) =>
    part.replace(/\([a-z!|\s>*-]+\)/g, '').replace(/ \w+$/, ''),
  );
  const types = parts.map((part) => {
    if (part === 'Tensor' || part === 'Tensor?') return 'Tensor';
    if (/^Tensor\[\d*\]$/.test(part)) return 'Tensor[]';
    if (/^(int|SymInt)\[\]$/.test(part)) return 'number[]';
    return RETURNS[part];
  });
  if (types.length === 0) return 'null';
  if (types.some((type) => type === undefined)) return undefined;
  return types.length === 1 ? types[0] : `[${types.join(', ')}]`;
}

/** `name(a: T, b?: U, options?: {...}): R`, or undefined for types that JavaScript has no value for. */
function signature(name: string, args: Argument[], returns: string): string | undefined {
  const result = returnType(returns);
  const typed = args
    .filter((arg) => !arg.type.startsWith('Generator'))
    .map((arg) => ({ ...arg, ts: typeOf(arg.type) }));
  if (!result || typed.some((arg) => arg.ts === undefined)) return undefined;
  // A required argument cannot follow an optional one: everything from the first optional one on may be left out.
  let optional = false;
  const positional = typed
    .filter((arg) => !arg.keywordOnly)
    .map((arg) => {
      optional ||= arg.optional;
      return `${identifier(arg.name)}${optional ? '?' : ''}: ${arg.ts}`;
    });
  const options = typed.filter((arg) => arg.keywordOnly || arg.optional);
  const required = options.some((arg) => arg.keywordOnly && !arg.optional);
  const fields = options.map((arg) => `${camel(arg.name)}${arg.optional ? '?' : ''}: ${arg.ts}`);
  if (options.length > 0) positional.push(`options${required && !optional ? '' : '?'}: { ${fields.join('; ')} }`);
  return `${name}(${positional.join(', ')}): ${result};`;
}

const RESERVED = new Set(['in', 'from', 'this', 'default', 'function', 'options', 'var', 'new']);
const identifier = (name: string): string => (RESERVED.has(name) ? `${name}_` : camel(name));

/** Calls with keyword arguments in place of trailing positional ones: one overload for each place to stop. */
function overloads(name: string, args: Argument[], returns: string): string[] {
  const full = signature(name, args, returns);
  if (!full) return [];
  const lines = [full];
  const positional = args.filter((arg) => !arg.keywordOnly);
  const firstOptional = positional.findIndex((arg) => arg.optional);
  if (firstOptional >= 0) {
    const short = args.map((arg) => ({
      ...arg,
      keywordOnly: arg.keywordOnly || positional.indexOf(arg) >= firstOptional,
    }));
    const line = signature(name, short, returns);
    if (line) lines.push(line);
  }
  return lines;
}

const schemas = native
  .schemas()
  .sort()
  .map(parseSchema)
  .filter((schema) => schema !== undefined);
const functions = new Map<string, Set<string>>();
const methods = new Map<string, Set<string>>();
const names = new Map<string, string>();

/** Operators that trust their arguments are refused by the addon, so they get no signature. */
function isCallable(base: string): boolean {
  try {
    findOperator(`aten::${base}`);
    return true;
  } catch {
    return false;
  }
}

for (const { base, args, returns } of schemas) {
  if (!isCallable(base)) continue;
  const name = camel(base);
  if ((names.get(name) ?? base) !== base) throw new Error(`${base} and ${names.get(name)} are both ${name}`);
  names.set(name, base);
  const add = (target: Map<string, Set<string>>, taken: Argument[]) => {
    const lines = overloads(name, taken, returns);
    const set = target.get(name) ?? new Set<string>();
    for (const line of lines) set.add(line);
    target.set(name, set);
  };
  add(functions, args);
  if (args[0]?.name === 'self' && args[0].type === 'Tensor') add(methods, args.slice(1));
}

/** Names that the class itself defines, or that would break JavaScript's own protocols. */
const OWN = new Set([
  'item',
  'data',
  'toString',
  'grad',
  'shape',
  'dtype',
  'device',
  'requiresGrad_',
  'isLeaf',
  'isContiguous',
  'numel',
  'constructor',
  'setData',
  'retainGrad',
  'backward',
  'requiresGrad',
  'then',
]);

const body = (table: Map<string, Set<string>>, skip: Set<string>): string =>
  [...table]
    .filter(([name]) => !skip.has(name))
    .flatMap(([, lines]) => [...lines])
    .map((line) => `  ${line}`)
    .join('\n');

const nameList = (table: Map<string, Set<string>>, skip: Set<string>): string =>
  [...table.keys()]
    .filter((name) => !skip.has(name))
    .map((name) => `  ['${name}', '${names.get(name)}'],`)
    .join('\n');

// No schema takes a device alone; `operators.ts` does.
methods.get('to')?.add('to(device: string): Tensor;');

const NONE = new Set<string>();
const text = `// Generated by scripts/generate-ops.ts from the operator schemas of libtorch. Do not edit.
import type { Dtype } from './dtype.ts';
import type { Tensor } from './tensor.ts';

/** Operators as methods: those whose first argument is the tensor. */
export interface TensorOperators {
${body(methods, OWN)}
}

/** Every operator as a function. */
export interface OperatorFunctions {
${body(functions, NONE)}
}

/** Method name and operator. */
export const METHODS: readonly (readonly [string, string])[] = [
${nameList(methods, OWN)}
];

/** Function name and operator. */
export const FUNCTIONS: readonly (readonly [string, string])[] = [
${nameList(functions, NONE)}
];
`;
writeFileSync(new URL('../src/ops.gen.ts', import.meta.url), text);
process.stdout.write(`${functions.size} functions, ${methods.size} methods, ${text.length} characters\n`);
