/** Escape sequences of Python's string literals. */

const SIMPLE: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const ESCAPE =
  /\\(?:(\r?\n|[\\'"abfnrtv])|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|(N\{)|[\s\S])/g;

/** The value of a string literal's body. An escape that Python does not know stays as it is, as there. */
export function decodeString(body: string, fault: (reason: string) => Error): string {
  return body.replace(ESCAPE, (text, simple?: string, ...codes: (string | undefined)[]) => {
    if (simple !== undefined) return SIMPLE[simple === '\r\n' ? '\n' : simple]!;
    const [hex, short, long, octal, named] = codes;
    if (named !== undefined) throw fault('a character given by its Unicode name is not read; write the character');
    const digits = hex ?? short ?? long;
    if (digits === undefined && octal === undefined) return text;
    const code = digits === undefined ? Number.parseInt(octal!, 8) : Number.parseInt(digits, 16);
    if (code > 0x10ffff) throw fault(`${text} is no character`);
    return String.fromCodePoint(code);
  });
}
