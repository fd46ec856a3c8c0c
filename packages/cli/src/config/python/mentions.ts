/** What a statement does to names, told from its text alone: what it binds, mentions, and may change in place. */
import { BUILT_INS } from './built-ins.ts';
import { type Node, parts, type Source, textOf } from './syntax.ts';

export interface Effects {
  /** Names that it gives a value to, or takes away. */
  readonly binds: ReadonlySet<string>;
  /** Names in it; a field of the base is a name of its own, `_base_.field`. */
  readonly mentions: ReadonlySet<string>;
  /** Whether what those names hold may be changed by it. */
  readonly mayChange: boolean;
  /** Whether it calls something that is not known to be pure. */
  readonly calls: boolean;
  /** Whether it makes a function, which can do to these names whatever is in it, later. */
  readonly makesFunction: boolean;
  /** Whether it may bind and change any name: `exec`, `globals()`. */
  readonly isWild: boolean;
}

const WILD = new Set(['exec', 'eval', 'globals', 'locals', 'vars', 'compile', '__import__']);
const FUNCTIONS = new Set(['FunctionDefinition', 'ClassDefinition', 'LambdaExpression']);

export const BASE = '_base_';

/** `{{ _base_.a.b }}` in a string. */
export const BASE_IN_TEXT = /\{\{\s*_base_\.([\w.]+)\s*\}\}/g;

/** The name of the base's field as a name of its own. */
export const baseName = (field: string) => `${BASE}.${field}`;

/** @param bound names that the file binds itself, so that they are no built-in functions. */
export function effectsOf(statement: Node, source: Source, bound: ReadonlySet<string>): Effects {
  const mentions = new Set<string>();
  let [calls, makesFunction, isWild, changes] = [false, false, false, false];
  eachNode(statement, ({ name, node }) => {
    if (FUNCTIONS.has(name)) makesFunction = true;
    else if (name === 'UpdateStatement') changes = true;
    else if (name === 'ScopeStatement') isWild = true;
    else if (name === 'MemberExpression') changes ||= isChange(node());
    else if (name === 'CallExpression') calls ||= !isPureCall(node(), source, bound);
    else if (name === 'String') {
      for (const [, field] of textOf(source, node()).matchAll(BASE_IN_TEXT))
        mentions.add(baseName(field!.split('.')[0]!));
    } else if (name === 'VariableName' && !isKeyword(node())) {
      const found = textOf(source, node());
      if (WILD.has(found)) isWild = true;
      mentions.add(found === BASE ? baseField(node(), source) : found);
    }
    return true;
  });
  const mayChange = calls || changes || makesFunction || isWild;
  return { binds: namesBound(statement, source), mentions, mayChange, calls, makesFunction, isWild };
}

/** Goes over a node and all in it, but what is in a node for which `visit` says no. */
function eachNode(top: Node, visit: (at: { readonly name: string; readonly node: () => Node }) => boolean): void {
  const cursor = top.cursor();
  const node = () => cursor.node;
  let enters = true;
  do {
    enters = visit({ name: cursor.name, node });
  } while (cursor.next(enters) && cursor.from < top.to);
}

/** `_base_.field`, or `_base_` where it is used as a whole. */
function baseField(node: Node, source: Source): string {
  const { parent } = node;
  const [of, sign, property] = parent?.name === 'MemberExpression' ? parts(parent) : [];
  const isField = of?.from === node.from && sign?.name === '.' && property !== undefined;
  const isMethod = parent?.parent?.name === 'CallExpression' && parent.parent.from === parent.from && isField;
  if (!isField || (isMethod && parent.nextSibling?.name === 'ArgList')) return BASE;
  return baseName(textOf(source, property));
}

/** The name of `name=value` in a call, or of a parameter. */
function isKeyword({ parent, nextSibling }: Node): boolean {
  return parent?.name === 'ArgList' && nextSibling?.name === 'AssignOp';
}

/** An item or field that is assigned to, deleted, or gone over by a loop. */
function isChange({ name, parent, nextSibling }: Node): boolean {
  if (name !== 'MemberExpression' || parent === null) return false;
  if (parent.name === 'DeleteStatement' || parent.name === 'ForStatement') return true;
  if (parent.name !== 'AssignStatement' && !/^(Tuple|Array|Parenthesized)Expression$/.test(parent.name)) return false;
  return parent.name === 'AssignStatement' ? nextSibling !== null : isTarget(parent);
}

function isTarget(node: Node): boolean {
  for (let at: Node | null = node; at?.parent !== null && at !== null; at = at.parent) {
    if (at.parent.name === 'AssignStatement') return at.nextSibling !== null;
    if (at.parent.name === 'ForStatement') return true;
    if (!/^(Tuple|Array|Parenthesized)Expression$/.test(at.parent.name)) return false;
  }
  return false;
}

/** Functions that change nothing, though what they give is not read. */
const PURE = new Set(['isinstance', 'issubclass', 'hasattr', 'callable', 'type', 'id', 'repr']);

function isPureCall(node: Node, source: Source, bound: ReadonlySet<string>): boolean {
  const callee = node.firstChild!;
  const name = textOf(source, callee);
  return callee.name === 'VariableName' && (BUILT_INS.has(name) || PURE.has(name)) && !bound.has(name);
}

const BINDING = new Set(['FunctionDefinition', 'ClassDefinition', 'ImportStatement', 'WithStatement', 'TryStatement']);

/**
 * All names that a statement, or a statement in it, binds at the top of the file. What is bound in functions is theirs; of
 * imports the parts of a module's path count as well.
 */
export function namesBound(statement: Node, source: Source): ReadonlySet<string> {
  const names = new Set<string>();
  eachNode(statement, ({ name, node }) => {
    if (name === 'VariableName' && isBound(node())) names.add(textOf(source, node()));
    return name !== 'Body' || !['FunctionDefinition', 'ClassDefinition'].includes(node().parent?.name ?? '');
  });
  return names;
}

function isBound(node: Node): boolean {
  let at = node;
  let parent = at.parent;
  while (parent !== null && /^(Tuple|Array|Parenthesized)Expression$/.test(parent.name)) {
    at = parent;
    parent = at.parent;
  }
  if (parent === null) return false;
  const { name } = parent;
  if (name === 'AssignStatement') return comesBefore(at, 'AssignOp');
  if (name === 'ForStatement') return comesBefore(at, 'in');
  if (name === 'NamedExpression' || name === 'UpdateStatement') return at.prevSibling === null;
  return BINDING.has(name) || name === 'DeleteStatement' || name.endsWith('Pattern');
}

/** Whether a sign of this kind follows among the siblings. */
function comesBefore(node: Node, sign: string): boolean {
  for (let at = node.nextSibling; at !== null; at = at.nextSibling) if (at.name === sign) return true;
  return false;
}
