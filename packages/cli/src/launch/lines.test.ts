import { expect, it } from 'vitest';
import { prefixLines } from './lines.ts';

function written(...pieces: string[]): string[] {
  const out: string[] = [];
  const lines = prefixLines('[3] ', (text) => out.push(text));
  for (const piece of pieces) lines.write(piece);
  lines.end();
  return out;
}

it('puts the prefix before each line, however the text comes in pieces', () => {
  expect(written('a\nb', 'c\n', '\nd')).toEqual(['[3] a\n', '[3] bc\n', '[3] \n', '[3] d\n']);
});

it('takes carriage returns for line ends, and one with its line feed for a single one', () => {
  expect(written('10 %\r20 %\r', '\ndone\r\n')).toEqual(['[3] 10 %\n', '[3] 20 %\n', '[3] done\n']);
  expect(written('30 %\r')).toEqual(['[3] 30 %\n']);
});

it('passes a line without an end on in pieces', () => {
  const [first, second] = written('x'.repeat(70_000), 'y');
  expect([first!.length, second]).toEqual([70_000 + 5, '[3] y\n']);
});
