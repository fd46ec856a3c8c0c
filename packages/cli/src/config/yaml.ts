/**
 * YAML as plain values: the document's own tree, turned into values here, since the library looks for the anchor of each
 * alias in the whole document, and compares each key with all others.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml';
import { type ConfigValue, isConfigMapping } from './python-values.ts';

const MAX_CHARACTERS = 1 << 18;
const MAX_VALUES = 200_000;
const MAX_DEPTH = 100;
const DEEP = /(?:[[{]\s*){101}/;

/**
 * Merge keys (`<<`) are merged, where an alias stands its value is shared.
 *
 * @throws Error in words, with the line where it is known: for what is no YAML, two equal keys, a key that is no string or
 * number, an alias without an anchor before, more than 200,000 values with aliases written out, more than 262,144 characters.
 */
export function parseYaml(text: string): ConfigValue {
  if (text.length > MAX_CHARACTERS) {
    throw new Error(`it has ${text.length} characters; at most ${MAX_CHARACTERS} are read`);
  }
  // The library recurses into brackets until the stack is full, which takes a second.
  if (DEEP.test(text)) throw new Error(`more than ${MAX_DEPTH} levels of nesting`);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: true, lineCounter });
  const [fault] = document.errors;
  if (fault !== undefined) throw fault;
  return new Converter(lineCounter).value(document.contents, 0).value;
}

/** A value and the number of values in it, those of aliases counted at each place. */
interface Counted {
  readonly value: ConfigValue;
  readonly count: number;
}

class Converter {
  readonly #lines: LineCounter;
  readonly #anchors = new Map<string, Counted>();

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  value(node: ParsedNode | Node | null, depth: number): Counted {
    if (node === null) return { value: null, count: 1 };
    if (depth > MAX_DEPTH) throw this.#fault(node, `more than ${MAX_DEPTH} levels of nesting`);
    if (isAlias(node)) {
      const found = this.#anchors.get(node.source);
      if (found === undefined)
        throw this.#fault(node, `no anchor &${node.source} ends before the alias *${node.source}`);
      return found;
    }
    const made = this.#made(node, depth);
    if (made.count > MAX_VALUES) throw this.#fault(node, `more than ${MAX_VALUES} values, with aliases written out`);
    const { anchor } = node as { readonly anchor?: string };
    if (anchor !== undefined) this.#anchors.set(anchor, made);
    return made;
  }

  #made(node: Node, depth: number): Counted {
    if (isSeq(node)) {
      const items = node.items.map((item) => this.value(item as Node, depth + 1));
      return { value: items.map(({ value }) => value), count: items.reduce((total, { count }) => total + count, 1) };
    }
    if (isMap(node)) return this.#mapping(node.items as readonly Pair[], depth);
    return { value: this.#scalar(node), count: 1 };
  }

  #scalar(node: Node): ConfigValue {
    const value: unknown = isScalar(node) ? node.value : undefined;
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as ConfigValue;
    throw this.#fault(node, 'a value is a text, a number, true, false, null, a list or a mapping');
  }

  #mapping(pairs: readonly Pair[], depth: number): Counted {
    const own = new Map<string, ConfigValue>();
    const merged = new Map<string, ConfigValue>();
    let count = 1;
    for (const { key, value } of pairs) {
      const inner = this.value(value, depth + 1);
      count += inner.count;
      if (isScalar(key) && key.type === 'PLAIN' && key.value === '<<') this.#merge(key, inner.value, merged);
      else {
        const name = this.#name(key);
        if (own.has(name)) throw this.#fault(key, `the key ${JSON.stringify(name)} is there twice`);
        own.set(name, inner.value);
      }
    }
    return { value: Object.fromEntries(new Map([...merged, ...own])), count };
  }

  /** One mapping or a list of them; the first that has a key gives its value. */
  #merge(at: Node, value: ConfigValue, into: Map<string, ConfigValue>): void {
    for (const each of Array.isArray(value) ? (value as readonly ConfigValue[]) : [value]) {
      if (!isConfigMapping(each)) throw this.#fault(at, '"<<" merges a mapping or a list of them');
      for (const [name, item] of Object.entries(each)) if (!into.has(name)) into.set(name, item);
    }
  }

  #name(key: Node): string {
    const value: unknown = isScalar(key) ? key.value : undefined;
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return String(value);
    throw this.#fault(key, 'a key is a text or a number');
  }

  #fault(node: Node, reason: string): Error {
    const line = node.range ? ` at line ${this.#lines.linePos(node.range[0]).line}` : '';
    return new Error(`${reason}${line}`);
  }
}

interface Pair {
  readonly key: Node;
  readonly value: Node | null;
}
