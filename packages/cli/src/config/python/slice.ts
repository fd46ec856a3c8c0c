/**
 * Which statements of a file the wanted names depend on.
 *
 * A statement is needed where it binds a needed name, or may change in place what a needed name holds. What two names hold may
 * be one object where a statement mentions both, and so on from name to name; names that only ever hold numbers, texts and
 * imported names are left out of that, since these cannot be changed. Where in the file a statement stands plays no part.
 */
import { BASE, baseName, type Effects, effectsOf, namesBound } from './mentions.ts';
import { type Node, parts, type Source } from './syntax.ts';

export interface Slice {
  /** In the order of the file. */
  readonly statements: readonly Node[];
  readonly effects: ReadonlyMap<Node, Effects>;
  /** Names that these statements use or the caller wants, fields of the base as `_base_.field`. */
  readonly needed: ReadonlySet<string>;
}

/**
 * @param statements those to choose from.
 * @param wanted `undefined` for all that the statements bind.
 */
export function sliceFor(source: Source, statements: readonly Node[], wanted: Iterable<string> | undefined): Slice {
  const bound = new Set(statements.flatMap((statement) => [...namesBound(statement, source)]));
  const effects = new Map(statements.map((statement) => [statement, effectsOf(statement, source, bound)]));
  if (wanted === undefined) {
    const all = [...effects.values()].flatMap(({ binds, mentions }) => [...binds, ...mentions]);
    return { statements, effects, needed: new Set(all) };
  }
  // The base as a whole may hold what any of its fields does, and is then known by one name.
  const isWhole = [...effects.values()].some(({ mentions }) => mentions.has(BASE));
  const holder = (name: string) => (isWhole && name.startsWith(`${BASE}.`) ? BASE : name);
  const groups = shared(effects, holder);
  const groupOf = (name: string) => groups.of(holder(name));
  const needed = new Set<string>();
  const reached = new Set<string>();
  const need = (name: string) => {
    needed.add(name);
    reached.add(groupOf(name));
  };
  for (const name of wanted) for (const one of [name, baseName(name)]) need(one);
  const chosen = new Set<Node>();
  for (let size = -1; size !== chosen.size; ) {
    size = chosen.size;
    for (const [statement, { binds, mentions, mayChange, isWild }] of effects) {
      if (chosen.has(statement)) continue;
      const isNeeded =
        isWild ||
        some(binds, (name) => needed.has(name)) ||
        (mayChange && some(mentions, (name) => reached.has(groupOf(name))));
      if (!isNeeded) continue;
      chosen.add(statement);
      for (const name of mentions) need(name);
    }
  }
  return { statements: statements.filter((statement) => chosen.has(statement)), effects, needed };
}

function some(names: ReadonlySet<string>, test: (name: string) => boolean): boolean {
  for (const name of names) if (test(name)) return true;
  return false;
}

/** Names that may hold one object, as groups. */
function shared(effects: ReadonlyMap<Node, Effects>, holder: (name: string) => string): Groups {
  const groups = new Groups();
  const plain = plainNames(effects);
  for (const { binds, mentions } of effects.values()) {
    const names = [...binds, ...mentions].filter((name) => !plain.has(name)).map(holder);
    for (const name of names) groups.join(names[0]!, name);
  }
  return groups;
}

const PLAIN = new Set(['Number', 'String', 'Boolean', 'None', 'ContinuedString', 'FormatString']);

/** Names that are only ever bound by imports and by literals that cannot be changed. */
function plainNames(effects: ReadonlyMap<Node, Effects>): ReadonlySet<string> {
  const plain = new Set<string>();
  const other = new Set<string>();
  for (const [statement, { binds }] of effects) {
    const names = statement.name === 'ImportStatement' || bindsPlainly(statement) ? plain : other;
    for (const name of binds) names.add(name);
  }
  return new Set([...plain].filter((name) => !other.has(name)));
}

function bindsPlainly(statement: Node): boolean {
  if (statement.name !== 'AssignStatement') return false;
  const value = parts(statement).at(-1)!;
  return isPlain(value) && value.prevSibling?.name === 'AssignOp';
}

function isPlain(node: Node): boolean {
  if (PLAIN.has(node.name)) return true;
  if (!['BinaryExpression', 'UnaryExpression', 'ParenthesizedExpression'].includes(node.name)) return false;
  return parts(node).every((part) => !/Expression|Variable|String/.test(part.name) || isPlain(part));
}

/** Names joined into groups; each group is known by one of its names. */
class Groups {
  readonly #parents = new Map<string, string>();

  of(name: string): string {
    let at = name;
    for (let up = this.#parents.get(at); up !== undefined && up !== at; up = this.#parents.get(at)) at = up;
    return at;
  }

  join(a: string, b: string): void {
    this.#parents.set(this.of(a), this.of(b));
  }
}
