/**
 * Python source → tokens, for the part of the language that config files are written in.
 *
 * Source: the Python reference, chapter "Lexical analysis". Indentation, f-strings, bytes and complex numbers are
 * refused: nothing that is read statically needs them.
 */
import { decodeString } from './python-strings.ts';

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'operator' | 'indentation' | 'line end' | 'end';
  readonly text: string;
  /** Of a number or string. */
  readonly value?: number | string;
  readonly line: number;
}

/** What is wrong with a line of a config; the loader adds the file. */
export class PythonFault extends Error {
  readonly line: number;

  constructor(line: number, reason: string) {
    super(reason);
    this.line = line;
  }
}

const SPACE = /(?:[ \t\f]|\\\r?\n)+/y;
const COMMENT = /#[^\r\n]*/y;
const LINE_END = /\r?\n/y;
const STRING = /([A-Za-z]{0,2})("""|'''|"|')/y;
const NUMBER = /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?[\d_]+)?/y;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const OPERATOR = /\*\*|\/\/|->|:=|[-+*/%|&^=!<>]=|<<|>>|[-+*/%()[\]{},:.=;@~<>|&^!]/y;

/** All tokens, with an `end` at the end. Line ends inside brackets are no tokens. @throws PythonFault */
export function tokenize(source: string): Token[] {
  const scanner = new Scanner(source.replace(/^\ufeff/, ''));
  const tokens: Token[] = [];
  for (let token = scanner.next(); token.kind !== 'end'; token = scanner.next()) tokens.push(token);
  return [...tokens, { kind: 'end', text: 'the end of the file', line: scanner.line }];
}

class Scanner {
  line = 1;
  readonly #source: string;
  #at = 0;
  #depth = 0;
  #lineIsEmpty = true;

  constructor(source: string) {
    this.#source = source;
  }

  next(): Token {
    for (;;) {
      const isAtMargin = this.#lineIsEmpty && (this.#at === 0 || this.#source[this.#at - 1] === '\n');
      const space = this.#take(SPACE);
      this.#take(COMMENT);
      const end = this.#take(LINE_END);
      if (end !== undefined) {
        const isEmpty = this.#lineIsEmpty || this.#depth > 0;
        this.#lineIsEmpty ||= this.#depth === 0;
        if (!isEmpty) return { kind: 'line end', text: 'the end of the line', line: this.line - 1 };
        continue;
      }
      if (this.#at >= this.#source.length) return { kind: 'end', text: '', line: this.line };
      this.#lineIsEmpty = false;
      if (isAtMargin && space !== undefined && this.#depth === 0) {
        return { kind: 'indentation', text: 'indentation', line: this.line };
      }
      return this.#token();
    }
  }

  #token(): Token {
    const { line } = this;
    const opening = this.#match(STRING);
    if (opening !== undefined) return this.#string(opening[1]!, opening[2]!);
    const number = this.#take(NUMBER);
    if (number !== undefined) return this.#number(number);
    const name = this.#take(NAME);
    if (name !== undefined) return { kind: 'name', text: name, line };
    const operator = this.#take(OPERATOR);
    if (operator === undefined) throw new PythonFault(line, `unexpected ${JSON.stringify(this.#source[this.#at])}`);
    if ('([{'.includes(operator)) this.#depth++;
    if (')]}'.includes(operator)) this.#depth = Math.max(0, this.#depth - 1);
    return { kind: 'operator', text: operator, line };
  }

  #number(text: string): Token {
    const value = Number(text.replaceAll('_', ''));
    const next = this.#source[this.#at] ?? '';
    if (Number.isNaN(value) || /[\p{L}_]/u.test(next))
      throw new PythonFault(this.line, `${text}${next} is no number that is read`);
    return { kind: 'number', text, value, line: this.line };
  }

  #string(prefix: string, quote: string): Token {
    const { line } = this;
    const kind = prefix.toLowerCase();
    if (kind.includes('f')) throw new PythonFault(line, 'an f-string would need running Python; write the text itself');
    if (kind.includes('b')) throw new PythonFault(line, 'bytes are not read');
    if (!['', 'r', 'u'].includes(kind)) throw new PythonFault(line, `"${prefix}" is no prefix of a string`);
    this.#at += prefix.length + quote.length;
    const start = this.#at;
    const end = this.#stringEnd(quote);
    const body = this.#source.slice(start, end);
    this.line += body.split('\n').length - 1;
    this.#at = end + quote.length;
    const value = kind === 'r' ? body : decodeString(body, (reason) => new PythonFault(line, reason));
    return { kind: 'string', text: body, value, line };
  }

  #stringEnd(quote: string): number {
    for (let at = this.#at; at < this.#source.length; at++) {
      if (this.#source[at] === '\\') at++;
      else if (this.#source.startsWith(quote, at)) return at;
      else if (quote.length === 1 && this.#source[at] === '\n') break;
    }
    throw new PythonFault(this.line, 'a string that does not end');
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source) ?? undefined;
  }

  #take(pattern: RegExp): string | undefined {
    const text = this.#match(pattern)?.[0];
    if (text === undefined) return undefined;
    this.#at += text.length;
    this.line += text.split('\n').length - 1;
    return text;
  }
}
