/** The licence texts that every Debian installs, as numbers, one a character. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { arange, keep, randint, type Tensor, tensor, tidy } from '@paramwise/torch';

const folder = process.env.GPT_TEXTS ?? '/usr/share/common-licenses';

export interface Text {
  /** A character for each number. */
  readonly vocabulary: readonly string[];
  readonly files: number;
  /** int64 (characters): eight tenths, a tenth that rates are chosen on, and the last tenth, for the final number. */
  readonly train: Tensor;
  readonly validation: Tensor;
  readonly held: Tensor;
}

/** Regular files in the order of their names: links would repeat what they point at. */
function read(): string[] {
  try {
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    return files.map(({ name }) => readFileSync(join(folder, name), 'utf8'));
  } catch (error) {
    throw new Error(
      `${folder} cannot be read: set GPT_TEXTS to a folder with text files (${(error as Error).message})`,
    );
  }
}

/** @throws Error where the folder is missing or holds too little */
export function loadText(): Text {
  const texts = read();
  const characters = [...texts.join('\n')];
  if (characters.length < 20_000) throw new Error(`${folder} holds ${characters.length} characters; 20,000 are needed`);
  const vocabulary = [...new Set(characters)].sort();
  const numbers = new Map(vocabulary.map((character, number) => [character, number]));
  const tenth = Math.floor(characters.length / 10);
  const part = (start: number, end?: number) =>
    keep(
      tensor(
        characters.slice(start, end).map((character) => numbers.get(character)!),
        { dtype: 'int64' },
      ),
    );
  return {
    vocabulary,
    files: texts.length,
    train: part(0, -2 * tenth),
    validation: part(-2 * tenth, -tenth),
    held: part(-tenth),
  };
}

export interface Batch {
  /** int64 (batch, length) */
  readonly inputs: Tensor;
  /** int64 (batch, length): the next character of each. */
  readonly targets: Tensor;
}

/** The pieces of `length` characters that begin at `starts`, int64 (batch). */
export function pieces(text: Tensor, starts: Tensor, length: number): Batch {
  const rows = starts.unsqueeze(1).add(arange(0, length + 1, 1, { dtype: 'int64' }));
  const taken = text.indexSelect(0, rows.flatten()).view(rows.shape);
  return { inputs: taken.narrow(1, 0, length), targets: taken.narrow(1, 1, length) };
}

/** Pieces that begin anywhere, drawn by the random state. */
export function randomPieces(text: Tensor, count: number, length: number): Batch {
  return tidy(() => pieces(text, randint(0, text.numel - length, [count]), length));
}

/** Where the pieces begin that cover a text one behind the other. */
export function startsOf(text: Tensor, length: number): Tensor {
  return arange(0, text.numel - length, length, { dtype: 'int64' });
}
