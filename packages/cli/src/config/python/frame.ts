/** Where names are looked up while a file is evaluated. */
import type { Budget } from './budget.ts';
import type { Node, Source } from './syntax.ts';
import { PyDict, type Unreadable, type Value } from './values.ts';

/** The value of an expression of one kind. @throws Unreadable */
export type Evaluate = (node: Node, frame: Frame) => Value;
export type Expressions = ReadonlyMap<string, Evaluate>;

export interface Frame {
  readonly expressions: Expressions;
  readonly source: Source;
  readonly budget: Budget;
  readonly names: Map<string, Value>;
  /** Around a comprehension, whose loop names are its own. */
  readonly outer?: Frame;
}

export function innerFrame(outer: Frame): Frame {
  return { ...outer, names: new Map(), outer };
}

/** The value of a name, or `undefined` where nothing has assigned it. */
export function lookUp(frame: Frame, name: string): Value | undefined {
  for (let at: Frame | undefined = frame; at !== undefined; at = at.outer) {
    const value = at.names.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Stands for a value that is not known; who looks at it is told why. */
export function unknownValue(reason: Unreadable): Value {
  const value = new PyDict();
  value.unknown = reason;
  return value;
}
