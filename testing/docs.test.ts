/**
 * Runs every TypeScript block of README and guides; a `text` block behind one is what it must print.
 *
 * The README's runs as a program of its own, as a reader would run it. Those of the guides share this process, which
 * takes a tenth of the time; each is a module, and one that fails does not stop the next. What a block prints with one
 * version of libtorch alone stands in a block `text libtorch-1.13`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { format } from 'node:util';
import { engineVersions } from '@paramwise/torch';
import { describe, expect, it, vi } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const scratch = join(root, '.cache/docs');
const { libtorch } = engineVersions();

interface Block {
  language: string;
  /** The start of libtorch's version that the block is about, or nothing. */
  version: string;
  body: string;
}

function blocksOf(file: string): Block[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^```(\w*)(?: libtorch-(\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', version = '', body = '']) => ({ language, version, body }),
  );
}

function write(name: string, body: string): string {
  mkdirSync(scratch, { recursive: true });
  const path = join(scratch, `${name}.ts`);
  writeFileSync(path, body);
  return path;
}

function runAlone(path: string): string {
  return execFileSync('node', ['--conditions=source', '--import', 'tsx', path], { cwd: root, encoding: 'utf8' });
}

async function runHere(path: string): Promise<string> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (...values: unknown[]) => void lines.push(format(...values));
  // What a block registers is gone for the next.
  vi.resetModules();
  try {
    await import(/* @vite-ignore */ path);
  } finally {
    console.log = log;
  }
  return lines.join('\n');
}

const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));

for (const file of ['README.md', ...guides.map((name) => `docs/${name}`)])
  describe(file, () => {
    const blocks = blocksOf(file);
    for (const [index, { language, body }] of blocks.entries()) {
      if (language !== 'ts') continue;
      it(`block ${index + 1} runs, and prints what the text says`, async () => {
        const path = write(`${file.replace(/\W/g, '-')}-${index + 1}`, body);
        const printed = await (file === 'README.md' ? runAlone(path) : runHere(path));
        const next = blocks[index + 1];
        if (next?.language === 'text' && libtorch.startsWith(next.version))
          expect(printed.trimEnd()).toBe(next.body.trimEnd());
      });
    }
    it('has balanced code fences', () => {
      expect(readFileSync(join(root, file), 'utf8').match(/^```/gm)?.length ?? 0).toBe(2 * blocks.length);
    });
  });

it("the README's lines are those of examples/first.ts", () => {
  const [first] = blocksOf('README.md').filter(({ language }) => language === 'ts');
  expect(first?.body).toBe(readFileSync(join(root, 'examples/first.ts'), 'utf8'));
});
