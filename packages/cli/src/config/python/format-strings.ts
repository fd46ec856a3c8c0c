/** f-strings. */
import { checkExtent } from './budget.ts';
import { evaluate } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { openString, textOfPart } from './literals.ts';
import { type Node, parts, textOf } from './syntax.ts';
import { formatted, toSource } from './text.ts';
import { Unreadable } from './values.ts';

/** The text of an f-string. @throws Unreadable */
export function formatStringOf(node: Node, frame: Frame): string {
  const { isRaw, start, end } = openString(textOf(frame.source, node));
  const literal = (from: number, to: number) =>
    textOfPart(frame.source.text.slice(from, to).replaceAll('{{', '{').replaceAll('}}', '}'), isRaw);
  let text = '';
  let at = node.from + start;
  for (const part of parts(node)) {
    if (part.name !== 'FormatReplacement') continue;
    text += literal(at, part.from) + replacement(part, frame);
    at = part.to;
  }
  text += literal(at, node.from + end);
  frame.budget.take('characters', text.length);
  return text;
}

function replacement(node: Node, frame: Frame): string {
  const [, expression, ...rest] = parts(node);
  const value = evaluate(expression!, frame);
  checkExtent(value, frame.budget);
  const named = (name: string) => rest.find((part) => part.name === name);
  if (named('FormatSelfDoc') !== undefined) throw new Unreadable('"=" in an f-string is not read');
  const conversion = named('FormatConversion');
  const way = conversion === undefined ? '' : textOf(frame.source, conversion);
  if (way === '!a') throw new Unreadable('"!a" in an f-string is not read');
  const shown = way === '!r' ? toSource(value) : value;
  const spec = named('FormatSpec');
  return formatted(shown, spec === undefined ? '' : specOf(spec, frame));
}

/** The format after the colon, which may hold replacements of its own. */
function specOf(node: Node, frame: Frame): string {
  let text = '';
  let at = node.from + 1;
  for (const part of parts(node)) {
    if (part.name !== 'FormatReplacement') continue;
    text += frame.source.text.slice(at, part.from) + replacement(part, frame);
    at = part.to;
  }
  return text + frame.source.text.slice(at, node.to);
}
