/**
 * MMEngine's Python config files, read without Python.
 *
 * Read are assignments of numbers, strings, `True`, `False`, `None`, lists, tuples, `dict(…)`, `{…}`, arithmetic, names
 * assigned before, items of those, and `_base_.name`. Whatever else is in the file would need running it and is refused.
 */
import { KEYWORDS, TokenCursor } from './python-cursor.ts';
import { PythonFault, type Token, tokenize } from './python-tokens.ts';
import { type ConfigMapping, type ConfigValue, isConfigMapping, operate, PRECEDENCE } from './python-values.ts';

/** Gives the merged content of the files that `_base_` names. @throws PythonFault */
export type LoadBases = (names: ConfigValue, line: number) => ConfigMapping;

export interface PythonConfig {
  /** What the file assigns, `_base_` left out. */
  readonly own: ConfigMapping;
  readonly base: ConfigMapping;
}

const MAX_DEPTH = 100;

const CONSTANTS = new Map<string, ConfigValue>([
  ['True', true],
  ['False', false],
  ['None', null],
]);

/** @throws PythonFault with the line of what cannot be read. */
export function parsePython(source: string, loadBases: LoadBases): PythonConfig {
  return new Parser(new TokenCursor(tokenize(source)), loadBases).file();
}

class Parser {
  readonly #in: TokenCursor;
  readonly #loadBases: LoadBases;
  readonly #names = new Map<string, ConfigValue>();
  #base: ConfigMapping = {};
  #depth = 0;

  constructor(tokens: TokenCursor, loadBases: LoadBases) {
    this.#in = tokens;
    this.#loadBases = loadBases;
  }

  file(): PythonConfig {
    while (!this.#in.isKind('end')) {
      this.#statement();
      if (this.#in.is(';') || this.#in.isKind('line end')) this.#in.advance();
      else if (!this.#in.isKind('end')) throw this.#in.unexpected();
    }
    return { own: Object.fromEntries(this.#names), base: this.#base };
  }

  #statement(): void {
    if (this.#in.peek.kind === 'line end' || this.#in.is(';')) return;
    if (this.#in.peek.text === 'pass' && this.#in.peek.kind === 'name') {
      this.#in.advance();
      return;
    }
    const targets: Token[] = [];
    while (this.#in.peek.kind === 'name' && this.#in.ahead(1).text === '=') {
      targets.push(this.#in.peek);
      this.#in.advance(2);
    }
    // A string on its own is a comment.
    if (targets.length === 0 && this.#in.peek.kind !== 'string') throw this.#noAssignment();
    const value = this.#value();
    const all = this.#in.is(',') ? this.#restOfTuple(value) : value;
    for (const target of targets) this.#assign(target, all);
  }

  #assign({ text, line }: Token, value: ConfigValue): void {
    refuseUnsafe(text, line);
    if (text === '_base_') this.#base = this.#loadBases(value, line);
    else this.#names.set(text, value);
  }

  #noAssignment(): PythonFault {
    const { kind, line, text } = this.#in.peek;
    const next = this.#in.ahead(1);
    if (kind !== 'name' || KEYWORDS.has(text)) return this.#in.unexpected();
    if (next.text === '(') return this.#callFault(text, line);
    if (next.text === '.' || next.text === '[')
      return new PythonFault(line, `this changes ${text} in place; assign it whole`);
    return new PythonFault(line, `only assignments of the form name = value are read, not "${text} ${next.text}"`);
  }

  /** `a` or `a + b * c`, up to what no operator continues. */
  #value(): ConfigValue {
    return this.#binary(1);
  }

  #binary(weakest: number): ConfigValue {
    let left = this.#unary();
    for (;;) {
      const { kind, text, line } = this.#in.peek;
      const precedence = kind === 'operator' ? (PRECEDENCE.get(text) ?? 0) : 0;
      if (precedence < weakest) return left;
      this.#in.advance();
      left = this.#operate(text, left, this.#binary(precedence + 1), line);
    }
  }

  #unary(): ConfigValue {
    const { line } = this.#in.peek;
    if (++this.#depth > MAX_DEPTH) throw new PythonFault(line, `more than ${MAX_DEPTH} levels of nesting`);
    const sign = ['-', '+'].find((operator) => this.#in.skip(operator));
    const value = sign === undefined ? this.#power() : this.#operate(sign, 0, this.#unary(), line);
    this.#depth--;
    return value;
  }

  #power(): ConfigValue {
    const base = this.#items(this.#atom());
    const { line } = this.#in.peek;
    return this.#in.skip('**') ? this.#operate('**', base, this.#unary(), line) : base;
  }

  #operate(operator: string, a: ConfigValue, b: ConfigValue, line: number): ConfigValue {
    const result = operate(operator, a, b);
    if (result instanceof Error) throw new PythonFault(line, result.message);
    return result;
  }

  #atom(): ConfigValue {
    const token = this.#in.peek;
    this.#in.advance();
    if (token.kind === 'number') return token.value!;
    if (token.kind === 'string') return this.#strings(String(token.value));
    if (token.kind === 'name') return this.#named(token);
    if (token.text === '[') return this.#list(']');
    if (token.text === '(') return this.#parenthesis();
    if (token.text === '{') return this.#in.is('{') ? this.#baseInBraces(token.line) : this.#braces();
    this.#in.advance(-1);
    throw this.#in.unexpected();
  }

  /** Strings that follow one another are one. */
  #strings(first: string): string {
    let text = first;
    for (; this.#in.peek.kind === 'string'; this.#in.advance()) text += String(this.#in.peek.value);
    return text;
  }

  #named({ text, line }: Token): ConfigValue {
    if (CONSTANTS.has(text)) return CONSTANTS.get(text)!;
    if (KEYWORDS.has(text)) throw new PythonFault(line, `${KEYWORDS.get(text)} would need running Python`);
    if (this.#in.is('(')) {
      if (text !== 'dict') throw this.#callFault(text, line);
      this.#in.advance();
      return this.#dictCall();
    }
    if (text === '_base_') return this.#baseName(line);
    const value = this.#names.get(text);
    if (value === undefined && KEYWORDS.has(this.#in.peek.text)) throw this.#in.unexpected();
    if (value === undefined)
      throw new PythonFault(line, `${text} is not assigned before; it would need running Python`);
    return value;
  }

  #callFault(name: string, line: number): PythonFault {
    return new PythonFault(line, `calling ${name}() would need running Python; of calls only dict(…) is read`);
  }

  /** `_base_.a.b` */
  #baseName(line: number): ConfigValue {
    let value: ConfigValue = this.#base;
    if (!this.#in.is('.')) throw new PythonFault(line, '_base_ is read as _base_.name only');
    while (this.#in.skip('.')) value = this.#item(value, this.#in.name(), line);
    return value;
  }

  /** `{{_base_.a.b}}`, the older spelling. */
  #baseInBraces(line: number): ConfigValue {
    this.#in.expect('{');
    if (this.#in.peek.text !== '_base_') {
      throw new PythonFault(line, `{{ ${this.#in.peek.text} }} is filled in by MMEngine; write the value itself`);
    }
    const value = this.#value();
    this.#in.expect('}');
    this.#in.expect('}');
    return value;
  }

  /** `value[0]["key"]` */
  #items(value: ConfigValue): ConfigValue {
    let item = value;
    for (;;) {
      const { line, text } = this.#in.peek;
      if (text === '.' && this.#in.peek.kind === 'operator') {
        throw new PythonFault(
          line,
          `".${this.#in.ahead(1).text}" would need running Python; of attributes only those of _base_ are read`,
        );
      }
      if (!this.#in.skip('[')) return item;
      const key = this.#value();
      if (this.#in.is(':')) throw new PythonFault(line, 'slices are not read');
      this.#in.expect(']');
      item = this.#item(item, key, line);
    }
  }

  #item(of: ConfigValue, key: ConfigValue, line: number): ConfigValue {
    const isIndex = Array.isArray(of) && typeof key === 'number';
    const found = isIndex
      ? (of as ConfigValue[]).at(key)
      : isConfigMapping(of) && Object.hasOwn(of, String(key))
        ? of[String(key)]
        : undefined;
    if (found === undefined) throw new PythonFault(line, `there is no ${JSON.stringify(key)} in it`);
    return found;
  }

  #list(close: string): ConfigValue[] {
    const values: ConfigValue[] = [];
    while (!this.#in.skip(close)) {
      values.push(this.#value());
      if (!this.#in.is(close)) this.#in.expect(',');
    }
    return values;
  }

  #parenthesis(): ConfigValue {
    if (this.#in.skip(')')) return [];
    const value = this.#value();
    if (this.#in.skip(')')) return value;
    this.#in.expect(',');
    return [value, ...this.#list(')')];
  }

  #restOfTuple(first: ConfigValue): ConfigValue[] {
    const values = [first];
    while (this.#in.skip(',') && !this.#in.isKind('line end') && !this.#in.isKind('end')) values.push(this.#value());
    return values;
  }

  #dictCall(): ConfigMapping {
    return this.#fields(')', () => {
      const key = this.#in.name();
      this.#in.expect('=');
      return key;
    });
  }

  #braces(): ConfigMapping {
    return this.#fields('}', (line) => {
      const key = this.#value();
      if (!this.#in.is(':'))
        throw this.#in.is(',') || this.#in.is('}') ? new PythonFault(line, 'sets are not read') : this.#in.unexpected();
      this.#in.advance();
      if (typeof key === 'string' || typeof key === 'number') return String(key);
      throw new PythonFault(line, 'a key is a string');
    });
  }

  #fields(close: string, key: (line: number) => string): ConfigMapping {
    const fields: Record<string, ConfigValue> = {};
    while (!this.#in.skip(close)) {
      const { line } = this.#in.peek;
      if (this.#in.skip('**')) Object.assign(fields, this.#mapping(line));
      else {
        const name = key(line);
        refuseUnsafe(name, line);
        fields[name] = this.#value();
      }
      if (!this.#in.is(close)) this.#in.expect(',');
    }
    return fields;
  }

  #mapping(line: number): ConfigMapping {
    const value = this.#value();
    if (isConfigMapping(value)) return value;
    throw new PythonFault(line, '"**" is read before a mapping only');
  }
}

function refuseUnsafe(name: string, line: number): void {
  if (name === '__proto__')
    throw new PythonFault(line, 'a field named __proto__ would change the prototype of an object');
}
