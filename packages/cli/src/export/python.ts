/** Values as Python source. */

const WIDTH = 100;

/** Words that cannot name an argument. */
const RESERVED = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
);

/** A literal; mappings as `dict(…)` where their keys allow it, broken over lines where it is long. */
export function pythonLiteral(value: unknown, indent = ''): string {
  const short = oneLine(value);
  if (indent.length + short.length <= WIDTH || value === null || typeof value !== 'object') return short;
  const inner = `${indent}    `;
  const [open, close, items] = partsOf(value, (item) => pythonLiteral(item, inner));
  return [open, ...items.map((item) => `${inner}${item},`), `${indent}${close}`].join('\n');
}

function oneLine(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return numberText(value);
  // JSON's escapes are Python's.
  if (typeof value !== 'object') return JSON.stringify(String(value));
  const [open, close, items] = partsOf(value, oneLine);
  return `${open}${items.join(', ')}${close}`;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return `float('${String(value).toLowerCase().replace('infinity', 'inf')}')`;
}

function partsOf(value: object, show: (item: unknown) => string): [open: string, close: string, items: string[]] {
  if (Array.isArray(value)) return ['[', ']', value.map(show)];
  const entries = Object.entries(value);
  const areNames = entries.every(([key]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) && !RESERVED.has(key));
  if (areNames) return ['dict(', ')', entries.map(([key, item]) => `${key}=${show(item)}`)];
  return ['{', '}', entries.map(([key, item]) => `${JSON.stringify(key)}: ${show(item)}`)];
}
