/** Bounds on what reading a config may take: a hostile file is refused at once, and no real one comes near. */
import { PyDict, PyList, PyTuple, TooMuch, type Value } from './values.ts';

const LIMITS = { steps: 300_000, items: 1_000_000, characters: 10_000_000, files: 1_000 } as const;

const WORDS: Readonly<Record<keyof typeof LIMITS, string>> = {
  steps: 'steps of evaluation',
  items: 'items in lists and mappings',
  characters: 'characters of text',
  files: 'files',
};

/** Levels of nesting in an expression, a value, or a chain of bases. */
const MAX_DEPTH = 100;

/** Digits of a whole number, in bits. */
const MAX_BITS = 4096;

/** One for all the files of one config. */
export class Budget {
  readonly #used = { steps: 0, items: 0, characters: 0, files: 0 };
  #depth = 0;

  /** Does `work` one level of nesting deeper. @throws TooMuch */
  deeper<T>(work: () => T): T {
    if (this.#depth >= MAX_DEPTH) throw new TooMuch(`more than ${MAX_DEPTH} levels of nesting`);
    this.#depth++;
    try {
      return work();
    } finally {
      this.#depth--;
    }
  }

  /** @throws TooMuch where more is taken than any real config needs. */
  take(what: keyof typeof LIMITS, count: number): void {
    this.#used[what] += count;
    if (this.#used[what] > LIMITS[what]) {
      throw new TooMuch(`the file needs more than ${LIMITS[what].toLocaleString('en')} ${WORDS[what]} to be read`);
    }
  }
}

/** @throws TooMuch for a whole number of more than `MAX_BITS` bits. */
export function checkBits(bits: number): void {
  if (bits > MAX_BITS) throw new TooMuch(`a whole number of more than ${MAX_BITS} bits is not read`);
}

/** Goes over all of a value, so that what walks it next has an end. @throws TooMuch for one that holds itself, or too many. */
export function checkExtent(value: Value, budget: Budget): void {
  if (value === null || typeof value !== 'object') return;
  budget.deeper(() => {
    if (value instanceof PyDict) {
      budget.take('items', value.size);
      for (const [, item] of value.entries()) checkExtent(item, budget);
    } else if (value instanceof PyList || value instanceof PyTuple) {
      budget.take('items', value.items.length);
      for (const item of value.items) checkExtent(item, budget);
    }
  });
}
