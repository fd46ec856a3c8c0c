/** Runs every TypeScript block of README and guides; a `text` block behind one is what it must print. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const scratch = join(root, '.cache/docs');

interface Block {
  language: string;
  body: string;
}

function blocksOf(file: string): Block[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({ language, body }));
}

function run(name: string, body: string): string {
  mkdirSync(scratch, { recursive: true });
  const path = join(scratch, `${name}.ts`);
  writeFileSync(path, body);
  return execFileSync('node', ['--conditions=source', '--import', 'tsx', path], { cwd: root, encoding: 'utf8' });
}

const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));

for (const file of ['README.md', ...guides.map((name) => `docs/${name}`)])
  describe(file, () => {
    const blocks = blocksOf(file);
    for (const [index, { language, body }] of blocks.entries()) {
      if (language !== 'ts') continue;
      it(`block ${index + 1} runs, and prints what the text says`, () => {
        const printed = run(`${file.replace(/\W/g, '-')}-${index + 1}`, body);
        const next = blocks[index + 1];
        if (next?.language === 'text') expect(printed.trimEnd()).toBe(next.body.trimEnd());
      });
    }
    it('has balanced code fences', () => {
      expect(readFileSync(join(root, file), 'utf8').match(/^```/gm)?.length ?? 0).toBe(2 * blocks.length);
    });
  });
