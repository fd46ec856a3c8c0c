/** What a user reads when the addon is missing or does not load, as docs/troubleshooting.md quotes it. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const scratch = join(root, '.cache/native-help');
const guide = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8');

/** A copy of the loader, in a folder where `addon` stands in for the compiled file. @param place `src` in a checkout. */
function loaderBeside(name: string, addon?: string, place = 'src'): string {
  const folder = join(scratch, name);
  mkdirSync(join(folder, 'build/Release'), { recursive: true });
  cpSync(join(root, 'packages/torch/src/native.ts'), join(folder, place, 'native.ts'));
  if (addon !== undefined) writeFileSync(join(folder, 'build/Release/paramwise_torch.node'), addon);
  return join(folder, place, 'native.ts');
}

describe('the native engine', () => {
  beforeAll(() => rmSync(scratch, { recursive: true, force: true }));

  it.each([
    ['is not built', 'missing', undefined, '`the native engine is not built (… is missing).`'],
    ['does not load', 'broken', 'no library', '`the native engine does not load: …`'],
  ])('that %s says so, and what to run', async (what, name, addon, quoted) => {
    const loaded = import(/* @vite-ignore */ loaderBeside(name, addon));
    await expect(loaded).rejects.toThrow(`the native engine ${what}`);
    await expect(loaded).rejects.toThrow('npm run setup');
    expect(guide).toContain(quoted);
  });

  it.each([
    ['is not built', 'missing-installed', undefined],
    ['does not load', 'broken-installed', 'no library'],
  ])('that %s outside of a checkout names the command for a project', async (what, name, addon) => {
    const loaded = import(/* @vite-ignore */ loaderBeside(name, addon, 'dist'));
    await expect(loaded).rejects.toThrow(`the native engine ${what}`);
    await expect(loaded).rejects.toThrow('npx paramwise setup');
    await expect(loaded).rejects.not.toThrow('checkout');
  });

  it('that an installation could not build passes on why', async () => {
    const loader = loaderBeside('gap-installed', undefined, 'dist');
    writeFileSync(join(loader, '../../build/gap.txt'), 'missing: CMake. Run:\n  apt-get install cmake\n');
    await expect(import(/* @vite-ignore */ loader)).rejects.toThrow(
      /Why: missing: CMake\. Run:\n {2}apt-get install cmake$/,
    );
  });
});
