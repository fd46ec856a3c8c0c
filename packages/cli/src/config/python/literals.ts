/** Numbers and strings as they stand in Python source. */
import { checkBits } from './budget.ts';
import { decodeString } from './escapes.ts';
import { Unreadable } from './values.ts';

/** @throws Unreadable for what is no number here: complex ones. */
export function numberOf(text: string): bigint | number {
  const plain = text.replaceAll('_', '');
  checkBits(plain.length);
  if (/^(?:\d+|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(plain)) return BigInt(plain);
  const value = Number(plain);
  if (Number.isNaN(value)) throw new Unreadable(`${text} is no number that is read`);
  return value;
}

const OPENING = /^([A-Za-z]{0,2})("""|'''|"|')/;

/** What a string literal is made of. */
export interface StringLiteral {
  readonly isRaw: boolean;
  /** Where the text begins and ends in the literal. */
  readonly start: number;
  readonly end: number;
}

/** @throws Unreadable for bytes. */
export function openString(literal: string): StringLiteral {
  const [whole, prefix, quote] = OPENING.exec(literal) ?? ['', '', ''];
  if (/b/i.test(prefix!)) throw new Unreadable('bytes are not read');
  return { isRaw: /r/i.test(prefix!), start: whole.length, end: literal.length - quote!.length };
}

/** The text of a part of a literal. */
export function textOfPart(part: string, isRaw: boolean): string {
  const lines = part.replaceAll('\r\n', '\n');
  return isRaw ? lines : decodeString(lines, (reason) => new Unreadable(reason));
}

/** The value of a plain string literal. */
export function stringOf(literal: string): string {
  const { isRaw, start, end } = openString(literal);
  return textOfPart(literal.slice(start, end), isRaw);
}
