/** How long a regular expression can take at worst: engines try one way after the other, and ways multiply. */

/** Powers of two: of ways to match a path, by what stands in the expression. */
const BITS = { any: 6, digits: 4, optional: 1 };
const MAX_BITS = 18;
/** Of these, by alternatives and `?`, which all begin at the same place. */
const MAX_CHOICE_BITS = 10;

interface Group {
  bits: number;
  alternatives: number;
}

/**
 * What is wrong with an expression that is to be tried on every path of a model; `undefined` where nothing is.
 *
 * A repeat of a group that itself repeats or chooses is refused, as it can take exponential time. So are more than three
 * repeats such as `.*`, of which each multiplies the time by the length of the path; repeats of `\d` cost less.
 */
export function regexProblem(source: string): string | undefined {
  try {
    new RegExp(source);
  } catch (error) {
    return `no regular expression (${error instanceof Error ? error.message : String(error)})`;
  }
  return costProblem(source);
}

/** An escape, a class, the start or end of a group, an alternative, a quantifier, or any one character. */
const TOKEN =
  /\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]|<[^>]*>))?|\)|\||[*+?]\??|\{\d+(?:,\d*)?\}\??|[\s\S]/g;

function costProblem(source: string): string | undefined {
  const open: Group[] = [{ bits: 0, alternatives: 1 }];
  let before = '';
  let atom = '';
  let inner = 0;
  let choices = 0;
  for (const [token] of source.matchAll(TOKEN)) {
    const group = open.at(-1)!;
    if (token.startsWith('(')) open.push({ bits: 0, alternatives: 1 });
    else if (token === ')') {
      const closed = open.pop()!;
      choices += choiceBits(closed);
      inner = bitsOf(closed);
      open.at(-1)!.bits += inner;
    } else if (token === '|') group.alternatives++;
    else if (isQuantifier(token)) {
      if (atom === ')' && inner > 0 && !token.startsWith('?')) return 'a repeat of what repeats or chooses';
      group.bits += quantifierBits(token, atom, before);
      if (token.startsWith('?')) choices += BITS.optional;
    }
    before = atom;
    atom = token;
  }
  choices += choiceBits(open[0]!);
  const isCostly = bitsOf(open[0]!) > MAX_BITS || choices > MAX_CHOICE_BITS;
  return isCostly ? 'too many repeats and choices' : undefined;
}

const choiceBits = ({ alternatives }: Group) => Math.log2(alternatives);
const bitsOf = (group: Group) => group.bits + choiceBits(group);

const isQuantifier = (token: string) => /^(?:[*+?]|\{\d)/.test(token);

/** Behind a sign that is no digit, digits can begin in few places only. */
function quantifierBits(quantifier: string, atom: string, before: string): number {
  if (quantifier.startsWith('?')) return BITS.optional;
  const isFixed = /^(?:\\[^dDsSwW\d]|[A-Za-z_]|)$/.test(before);
  return isFixed && (atom === '\\d' || atom === '[0-9]') ? BITS.digits : BITS.any;
}
