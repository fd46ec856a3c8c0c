/** A place in the tokens of a Python config file, and what is said where they do not go on as they should. */
import { PythonFault, type Token } from './python-tokens.ts';

/** What Python's words would do, to say why they are refused. */
export const KEYWORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    import: 'an import',
    from: 'an import',
    with: 'a with block (a config of the lazy style)',
    def: 'a function',
    class: 'a class',
    lambda: 'a function',
    if: 'a condition',
    else: 'a condition',
    elif: 'a condition',
    for: 'a loop or comprehension',
    while: 'a loop',
    try: 'a try block',
    and: 'a condition',
    or: 'a condition',
    not: 'a condition',
    in: 'a comparison',
    is: 'a comparison',
    del: 'del',
    assert: 'an assertion',
    raise: 'raise',
    return: 'return',
    yield: 'yield',
    await: 'await',
    async: 'async',
    global: 'global',
    nonlocal: 'nonlocal',
  }),
);

/** Walks over the tokens; the last one stays. */
export class TokenCursor {
  readonly #tokens: readonly Token[];
  #at = 0;

  /** @param tokens the last of them is the `end`. */
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  advance(count = 1): void {
    this.#at += count;
  }

  get peek(): Token {
    return this.ahead(0);
  }

  ahead(count: number): Token {
    return this.#tokens[Math.min(this.#at + count, this.#tokens.length - 1)]!;
  }

  isKind(kind: Token['kind']): boolean {
    return this.peek.kind === kind;
  }

  /** Whether this operator is next. */
  is(operator: string): boolean {
    return this.peek.kind === 'operator' && this.peek.text === operator;
  }

  /** Passes this operator if it is next. */
  skip(operator: string): boolean {
    if (!this.is(operator)) return false;
    this.#at++;
    return true;
  }

  /** @throws PythonFault unless this operator is next. */
  expect(operator: string): void {
    if (!this.skip(operator)) throw this.unexpected(operator);
  }

  /** The fault that what is next is. */
  unexpected(expected?: string): PythonFault {
    const { kind, text, line } = this.peek;
    if (kind === 'name' && KEYWORDS.has(text))
      return new PythonFault(line, `${KEYWORDS.get(text)} would need running Python`);
    if (kind === 'indentation') {
      return new PythonFault(line, 'this line is indented: it belongs to a block, which would need running Python');
    }
    const found = kind === 'line end' || kind === 'end' ? text : JSON.stringify(text);
    return new PythonFault(line, `unexpected ${found}${expected === undefined ? '' : `, where "${expected}" belongs`}`);
  }

  name(): string {
    const { kind, text } = this.peek;
    if (kind !== 'name') throw this.unexpected();
    this.#at++;
    return text;
  }
}
