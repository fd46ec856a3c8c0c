/** Holds `docs/architecture.md` to the tree, what it names is there and what is there it names, and files to their size. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const packages = resolve(import.meta.dirname, '../packages');
const page = readFileSync(resolve(packages, '../docs/architecture.md'), 'utf8');
const named = new Set(Array.from(page.matchAll(/`((?:core|torch|cli)\/[\w./-]+\.(?:ts|cc|h))`/g), ([, path]) => path!));

function filesIn(folder: string, endings: RegExp): string[] {
  const paths = readdirSync(join(packages, folder), { recursive: true, encoding: 'utf8' });
  return paths.filter((path) => endings.test(path) && !path.endsWith('.test.ts')).map((path) => join(folder, path));
}

describe('docs/architecture.md', () => {
  it('names only files that exist', () => {
    expect([...named].filter((path) => !existsSync(join(packages, path)))).toEqual([]);
    expect(named.size).toBeGreaterThan(50);
  });

  it.each(['core/src', 'torch/src/optim', 'torch/src/checkpoint', 'torch/src/distributed'])(
    'names every file of %s',
    (folder) => {
      const files = filesIn(folder, /\.ts$/);
      expect(files.length).toBeGreaterThan(0);
      expect(files.filter((path) => !named.has(path))).toEqual([]);
    },
  );
});

describe('the source', () => {
  const LIMIT = 350;

  it(`has no file above ${LIMIT} lines but generated ones`, () => {
    const folders = ['core/src', 'torch/src', 'torch/native', 'torch/scripts', 'cli/src'];
    const files = folders.flatMap((folder) => filesIn(folder, /\.(ts|cc|h|css|html)$/));
    const sizes = files
      .filter((path) => !path.includes('.gen.'))
      .map((path) => ({ path, lines: readFileSync(join(packages, path), 'utf8').split('\n').length - 1 }));
    expect(sizes.length).toBeGreaterThan(150);
    expect(sizes.filter(({ lines }) => lines > LIMIT)).toEqual([]);
  });

  it('keeps the optimizer wrapper under 200 lines', () => {
    const lines = readFileSync(join(packages, 'torch/src/optim/wrapper.ts'), 'utf8').split('\n').length - 1;
    expect(lines).toBeLessThan(200);
  });
});
