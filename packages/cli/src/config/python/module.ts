/** One Python config file: the names that are wanted of it, evaluated with no more of the file than they depend on. */
import { mergeValues } from '../merge.ts';
import type { Budget } from './budget.ts';
import { evaluateList } from './evaluation.ts';
import { EXPRESSIONS } from './expressions.ts';
import { type Frame, unknownValue } from './frame.ts';
import { baseImports, type FromImport, isNewStyle } from './imports.ts';
import { BASE, namesBound } from './mentions.ts';
import { plainOf } from './plain.ts';
import { type Slice, sliceFor } from './slice.ts';
import { runStatements } from './statements.ts';
import { type Node, parts, placeOf, type Source, textOf } from './syntax.ts';
import { configCopy, PyDict, PyList, TooMuch, Unreadable, type Value } from './values.ts';

/** Names to read of a file; `undefined` for all. */
export type Wanted = ReadonlySet<string> | undefined;

/** How a file gets at those that it inherits from. */
export interface Bases {
  /** What the files of `_base_` have together. */
  inherited(names: readonly string[], wanted: Wanted): PyDict;
  /** What a module has that is imported in `with read_base():`. */
  imported(module: string, wanted: Wanted): PyDict;
}

/** @throws Unreadable, TooMuch, with the place. */
export function evaluateModule(source: Source, wanted: Wanted, bases: Bases, budget: Budget): PyDict {
  const raised = source.statements.find(({ name }) => name === 'RaiseStatement');
  if (raised !== undefined) {
    const place = placeOf(source, raised.from);
    throw Object.assign(new Unreadable('this file raises an error whenever it is read'), { place });
  }
  const isText = source.statements.some((statement) => isBaseAssignment(statement, source)) || !isNewStyle(source);
  return isText ? textModule(source, wanted, bases, budget) : newModule(source, wanted, bases, budget);
}

function isBaseAssignment(statement: Node, source: Source): boolean {
  const [first, second] = parts(statement);
  return statement.name === 'AssignStatement' && second?.name === 'AssignOp' && textOf(source, first!) === BASE;
}

/** A file with `_base_`, or with neither that nor imports. */
function textModule(source: Source, wanted: Wanted, bases: Bases, budget: Budget): PyDict {
  const assignments = source.statements.filter((statement) => isBaseAssignment(statement, source));
  const rest = source.statements.filter((statement) => !assignments.includes(statement));
  const slice = sliceFor(source, rest, wanted);
  const frame: Frame = { expressions: EXPRESSIONS, source, budget, names: new Map() };
  const base = baseOf(assignments[0], frame, (names) => bases.inherited(names, wantedOfBase(slice, wanted)));
  frame.names.set(BASE, base);
  runStatements(slice.statements, slice.effects, frame);
  const own = exported(frame, slice, wanted);
  try {
    return mergeValues(base, own);
  } catch (error) {
    if (error instanceof Unreadable) error.place ??= source.path;
    throw error;
  }
}

function baseOf(assignment: Node | undefined, frame: Frame, load: (names: readonly string[]) => PyDict): PyDict {
  if (assignment === undefined) return new PyDict(true);
  const names = namesIn(evaluateList(parts(assignment).slice(2), frame));
  if (names !== undefined) return configCopy(load(names));
  throw Object.assign(new Unreadable('_base_ is a file name or a list of them'), {
    place: placeOf(frame.source, assignment.from),
  });
}

function namesIn(value: Value): readonly string[] | undefined {
  const items = value instanceof PyList ? value.items : [value];
  return items.every((item) => typeof item === 'string') ? items : undefined;
}

function wantedOfBase({ needed }: Slice, wanted: Wanted): Wanted {
  if (wanted === undefined || needed.has(BASE)) return undefined;
  const fields = [...needed].filter((name) => name.startsWith(`${BASE}.`)).map((name) => name.slice(BASE.length + 1));
  return new Set([...wanted, ...fields]);
}

/** A file that imports: what it inherits is there before its own statements run, as in MMEngine. */
function newModule(source: Source, wanted: Wanted, bases: Bases, budget: Budget): PyDict {
  const imports = source.statements.flatMap((statement) => baseImports(statement, source) ?? []);
  const rest = source.statements.filter((statement) => baseImports(statement, source) === undefined);
  const slice = sliceFor(source, rest, wanted);
  const frame: Frame = { expressions: EXPRESSIONS, source, budget, names: new Map() };
  const loaded = new Map<string, PyDict>();
  for (const { module, node } of imports) {
    try {
      if (loaded.has(module)) continue;
      const ofModule = imports.filter((one) => one.module === module);
      loaded.set(module, configCopy(bases.imported(module, wantedOfModule(ofModule, slice, wanted))));
    } catch (error) {
      if (error instanceof Unreadable) error.place ??= placeOf(source, node.from);
      throw error;
    }
  }
  for (const one of imports) bindImported(one, loaded.get(one.module)!, frame);
  runStatements(slice.statements, slice.effects, frame);
  return exported(frame, slice, wanted);
}

function wantedOfModule(imports: readonly FromImport[], { needed }: Slice, wanted: Wanted): Wanted {
  if (wanted === undefined) return undefined;
  const names = imports.flatMap((one) => one.names ?? [...needed].map((name) => ({ name, as: name })));
  return new Set(names.filter(({ as }) => needed.has(as)).map(({ name }) => name));
}

function bindImported({ names, node }: FromImport, from: PyDict, frame: Frame): void {
  if (names === undefined) {
    for (const [name, value] of from.entries()) if (typeof name === 'string') frame.names.set(name, value);
    return;
  }
  for (const { name, as } of names) {
    const value = from.get(name);
    if (value !== undefined) frame.names.set(as, value);
    else {
      const place = placeOf(frame.source, node.from);
      frame.names.set(as, unknownValue(Object.assign(new Unreadable(`the imported file has no ${name}`), { place })));
    }
  }
}

/** The file's names with what they hold at its end. A value that no config can hold is told with the line that made it. */
function exported(frame: Frame, slice: Slice, wanted: Wanted): PyDict {
  const made = new PyDict();
  for (const [name, value] of frame.names) {
    if (name === BASE || (name.startsWith('__') && name !== '__proto__')) continue;
    if (wanted === undefined || wanted.has(name)) made.set(name, checked(name, value, frame, slice));
  }
  return made;
}

function checked(name: string, value: Value, frame: Frame, { statements }: Slice): Value {
  try {
    plainOf(value, frame.budget);
    return value;
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const last = statements.findLast((statement) => namesBound(statement, frame.source).has(name));
    error.place ??= placeOf(frame.source, last?.from ?? 0);
    if (error instanceof TooMuch) throw error;
    return unknownValue(error);
  }
}
