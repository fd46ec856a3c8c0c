/** How Python writes values: `str`, `repr`, f-strings, `.format`, `%`, for what config files do with them. */
import { fixedText } from './numbers.ts';
import { kindOf, numeric, PyDict, PyList, PyTuple, Unreadable, type Value } from './values.ts';

/** `str(value)` */
export function toText(value: Value): string {
  return typeof value === 'string' ? value : toSource(value);
}

/** `repr(value)` */
export function toSource(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return floatText(value);
  if (typeof value === 'string' && /^[\x20-\x7e]*$/.test(value)) return quoted(value);
  if (value instanceof PyList) return `[${value.items.map(toSource).join(', ')}]`;
  if (value instanceof PyTuple)
    return `(${value.items.map(toSource).join(', ')}${value.items.length === 1 ? ',' : ''})`;
  if (value instanceof PyDict && !value.isConfig) {
    return `{${value
      .entries()
      .map(([key, item]) => `${toSource(key)}: ${toSource(item)}`)
      .join(', ')}}`;
  }
  throw new Unreadable(`${kindOf(value)} as text is not read`);
}

function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\');
  if (text.includes("'") && !text.includes('"')) return `"${escaped}"`;
  return `'${escaped.replaceAll("'", "\\'")}'`;
}

/** The shortest digits that give the float again; with an exponent from 1e16 up and below 1e-4. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) return exponentText(value.toExponential());
  const text = size >= 1e21 ? value.toFixed() : String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** Python's exponents have two digits at least. */
const exponentText = (text: string) => text.replace(/e([+-])(\d)$/, 'e$10$2');

const SPEC = /^(?:(.?)([<>^]))?([+])?(0)?(\d+)?(,)?(?:\.(\d+))?([sdfFeEgG%xXbo])?$/u;

/** `format(value, spec)`. @throws Unreadable for a format that is not read. */
export function formatted(value: Value, spec: string): string {
  if (spec === '') return toText(value);
  const match = SPEC.exec(spec);
  if (match === null || Number(match[5] ?? 0) > 1000 || Number(match[7] ?? 0) > 100)
    throw new Unreadable(`the format ${JSON.stringify(spec)} is not read`);
  const [, fill = '', align, plus, zero, width = '0', comma, precision, type] = match;
  const isText = typeof value === 'string';
  if (isText && (plus ?? zero ?? comma) !== undefined) throw new Unreadable(`${spec} is no format of a string`);
  const digits = precision === undefined ? undefined : Number(precision);
  let body = isText ? textBody(value, digits, type) : numberBody(value, digits, type);
  if (comma !== undefined) body = body.replace(/^-?\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ','));
  if (plus !== undefined && !body.startsWith('-')) body = `+${body}`;
  return padded(body, Number(width), align ?? (zero === undefined ? (isText ? '<' : '>') : '='), fill, zero);
}

function padded(body: string, width: number, align: string, fill: string, zero: string | undefined): string {
  const missing = Math.max(0, width - body.length);
  const unit = fill === '' ? (zero ?? ' ') : fill;
  if (align === '=') {
    const sign = /^[+-]?/.exec(body)![0];
    return sign + '0'.repeat(missing) + body.slice(sign.length);
  }
  const before = align === '<' ? 0 : align === '>' ? missing : Math.floor(missing / 2);
  return unit.repeat(before) + body + unit.repeat(missing - before);
}

function textBody(value: string, digits: number | undefined, type: string | undefined): string {
  if (type !== undefined && type !== 's') throw new Unreadable(`${type} is no format of a string`);
  return digits === undefined ? value : value.slice(0, digits);
}

const BASES: Readonly<Record<string, number>> = { d: 10, x: 16, X: 16, b: 2, o: 8 };

function numberBody(value: Value, digits: number | undefined, type: string | undefined): string {
  const number = numeric(value);
  if (number === undefined) throw new Unreadable(`a format of ${kindOf(value)} is not read`);
  if (type === undefined && typeof value === 'boolean') throw new Unreadable('a format of a bool is not read');
  if (typeof number === 'bigint' && digits === undefined && (type === undefined || type in BASES)) {
    const text = number.toString(BASES[type ?? 'd']);
    return type === 'X' ? text.toUpperCase() : text;
  }
  if (type === 'f' || type === 'F') return fixedText(Number(number), digits ?? 6);
  if (type === '%') return `${fixedText(Number(number) * 100, digits ?? 6)}%`;
  const lower = type?.toLowerCase();
  const text =
    lower === 'e'
      ? exponentText(Number(number).toExponential(digits ?? 6))
      : lower === 'g'
        ? generalText(Number(number), digits ?? 6)
        : undefined;
  if (text === undefined && type === undefined && digits === undefined) return floatText(Number(number));
  if (text === undefined) throw new Unreadable(`such a format of ${kindOf(value)} is not read`);
  return type === lower ? text : text.toUpperCase();
}

function generalText(value: number, digits: number): string {
  const precision = Math.max(1, digits);
  const [mantissa, exponent] = value.toExponential(precision - 1).split('e') as [string, string];
  const size = Number(exponent);
  const trim = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
  if (size < -4 || size >= precision) return exponentText(`${trim(mantissa)}e${exponent}`);
  return trim(value.toFixed(precision - 1 - size));
}

/** `template % values`, of `%s`, `%d` and floats. */
export function percentFormatted(template: string, given: Value): string {
  const values = given instanceof PyTuple ? [...given.items] : [given];
  const text = template.replace(
    /%(?:%|(0?\d*(?:\.\d+)?)([sdifeg])|[\s\S]|$)/g,
    (found, spec?: string, type?: string) => {
      if (found === '%%') return '%';
      const value = values.shift();
      if (type === undefined || value === undefined)
        throw new Unreadable(`${JSON.stringify(found)} is not read in a "%" format`);
      if (type === 's') return formatted(toText(value), spec === '' ? '' : `>${spec}`);
      if (type === 'd' || type === 'i') return formatted(whole(value), `${spec}d`);
      return formatted(value, `${spec}${type}`);
    },
  );
  if (values.length > 0) throw new Unreadable('there are more values than the "%" format has places');
  return text;
}

function whole(value: Value): Value {
  return typeof value === 'number' ? BigInt(Math.trunc(value)) : value;
}

/** `template.format(…)` with names, numbers and formats; attributes and items are not read. */
export function templateFormatted(template: string, args: readonly Value[], named: ReadonlyMap<string, Value>): string {
  let next = 0;
  return template.replace(/\{\{|\}\}|\{(\w*)(?::([^{}]*))?\}|[{}]/g, (found, name?: string, spec?: string) => {
    if (found === '{{' || found === '}}') return found[0]!;
    if (name === undefined) throw new Unreadable(`a template with ${found} is not read`);
    const value = name === '' ? args[next++] : /^\d+$/.test(name) ? args[Number(name)] : named.get(name);
    if (value === undefined) throw new Unreadable(`the template has no value for {${name}}`);
    return formatted(value, spec ?? '');
  });
}
