/** Holds the table of `docs/scale-out.md` to the formulas of core. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { rankCost } from '@paramwise/core';
import { expect, it } from 'vitest';
import { elementsOf, vitB16 } from '../bench/lib/shapes.ts';

const page = readFileSync(resolve(import.meta.dirname, '../docs/scale-out.md'), 'utf8');
const sizes = vitB16().map((shape) => elementsOf([shape]));
const RANKS = Array.from({ length: 11 }, (_, power) => 2 ** power);

/** Millions of bytes, three digits at least. */
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 100e6 ? 1 : 0);

function rowOf(ranks: number): string {
  const plain = rankCost({ sizes }, ranks);
  const zero = rankCost({ sizes, zero: true }, ranks);
  const cells = [plain.sent, zero.sent, plain.state, zero.state, plain.held, zero.held].map(megabytes);
  return [ranks, ...cells, 2 * (ranks - 1)].join(' | ');
}

/** The rows of the table, without what is there for the eye. */
const rows = [...page.matchAll(/^\| +(\d+(?: +\| +[\d.]+)+) +\|$/gm)].map(([, row]) => row!.replace(/ +\| +/g, ' | '));

it('docs/scale-out.md says what the formulas say for 1 to 1,024 ranks', () => {
  expect(rows).toEqual(RANKS.map(rowOf));
});
