/** The packages as npm would publish them: complete, sound, and of use in a project outside of the checkout. */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROGRAMS, TSCONFIGS } from './packed/programs.ts';
import { filesOf, install, NAMES, node, packAll, root, run, scratchFolder, withPrebuilt } from './packed/project.ts';

const folder = scratchFolder();
const tarballs = packAll(folder);
const temporary = [folder];
afterAll(() => {
  for (const path of temporary) rmSync(path, { recursive: true, force: true });
});

function projectOf(paths: readonly string[], files: Readonly<Record<string, string>>): string {
  const project = install(paths, files);
  temporary.push(project);
  return project;
}

const packed = readFileSync(join(root, 'LICENSE'), 'utf8');

describe.each(NAMES)('the tarball of @paramwise/%s', (name) => {
  it('holds licence, README and types, and nothing of the checkout', () => {
    const files = filesOf(tarballs[name]);
    const wanted = ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts'];
    expect(files).toEqual(expect.arrayContaining(wanted.map((file) => `package/${file}`)));
    expect(files.filter((file) => /\/src\/|\/test\/|\.setup$|^package\/build\/|scripts\/.*\.ts$/.test(file))).toEqual(
      [],
    );
    expect(readFileSync(join(root, 'packages', name, 'LICENSE'), 'utf8')).toBe(packed);
  });

  it('has nothing that publint objects to', async () => {
    const { buffer, byteOffset, byteLength } = readFileSync(tarballs[name]);
    const tarball = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    const { messages } = await publint({ pack: { tarball }, strict: true });
    expect(messages).toEqual([]);
  });

  it('has types that resolve as its code does', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarballs[name]))));
    if (analysis.types === false) throw new Error('no types');
    const problems = analysis.problems.filter(
      (problem) =>
        // Every supported Node.js requires modules (20.19 and newer); the project below does.
        problem.kind !== 'CJSResolvesToESM' &&
        // That resolution knows no `exports`: `@paramwise/core/internal` and package.json are not for it.
        !('resolutionKind' in problem && problem.resolutionKind === 'node10'),
    );
    expect(problems).toEqual([]);
  });
});

interface Printed {
  readonly first: number;
  readonly last: number;
  readonly rates: readonly number[];
}

const train = (project: string, file: string) => JSON.parse(run(project, 'node', [file])) as Printed;
const compile = (project: string, sub: string) =>
  run(project, 'node', [join(root, 'node_modules/typescript/bin/tsc'), '-p', sub]);

describe('a project that installs the tarballs and builds the engine', () => {
  it('trains', { timeout: 580_000 }, () => {
    const project = projectOf([tarballs.core, tarballs.torch], PROGRAMS);
    const { first, last, rates } = train(project, 'esm.mjs');
    expect(last).toBeLessThan(first);
    expect(new Set(rates.map((rate) => rate.toFixed(6)))).toEqual(new Set(['0.005000', '0.050000']));
  });
});

describe('a project that installs a prebuilt engine', () => {
  let project = '';
  let engine = '';
  beforeAll(() => {
    const ready = withPrebuilt(tarballs.torch, scratchIn());
    project = projectOf([tarballs.core, ready, tarballs.cli], { ...PROGRAMS, ...TSCONFIGS });
    engine = join(project, 'node_modules/@paramwise/torch');
  });

  const scratchIn = () => {
    temporary.push(scratchFolder());
    return temporary.at(-1)!;
  };

  it('compiles nothing', () => {
    expect(existsSync(join(engine, 'build/CMakeCache.txt'))).toBe(false);
    expect(existsSync(join(engine, 'build/Release/paramwise_torch.node'))).toBe(true);
  });

  it('trains alike from ESM, CommonJS and TypeScript with nodenext and bundler', () => {
    compile(project, 'nodenext');
    compile(project, 'bundler');
    const built = ['nodenext/out/module.mjs', 'nodenext/out/common.cjs'];
    // What a bundler would bundle is a module; Node.js needs its ending.
    renameSync(join(project, 'bundler/out/module.js'), join(project, 'bundler/out/module.mjs'));
    const all = ['esm.mjs', 'common.cjs', ...built, 'bundler/out/module.mjs'].map((file) => train(project, file));
    expect(all[0]!.last).toBeLessThan(all[0]!.first);
    for (const printed of all) expect(printed).toEqual(all[0]);
  });

  it('is told of a gap when it imports, and of the one command that closes it', () => {
    rmSync(join(engine, 'build'), { recursive: true });
    renameSync(join(engine, 'prebuilds'), join(engine, 'aside'));
    expect(node(project, ['esm.mjs']).text).toContain('Run `npx paramwise setup`');

    const nothing = { PATH: join(project, 'no-programs'), LIBTORCH: process.env.LIBTORCH };
    const script = join(engine, 'scripts/install.mjs');
    const quiet = node(project, [script], nothing);
    expect(quiet).toEqual({ status: 0, text: expect.stringContaining('missing: C++ compiler, make, CMake.') });
    expect(quiet.text).toMatch(/^ {2}(sudo )?apt-get install .*g\+\+ make cmake.* && npx paramwise setup$/m);
    expect(node(project, [script, '--strict'], nothing).status).toBe(1);
    expect(node(project, ['common.cjs']).text).toMatch(/Why: missing: C\+\+ compiler[\s\S]* && npx paramwise setup\n/);

    const elsewhere = node(project, [script], { LIBTORCH: '/nowhere' });
    expect(elsewhere).toEqual({ status: 0, text: expect.stringContaining('LIBTORCH=/nowhere holds no libtorch') });
  });

  it('gets the engine by `npx paramwise setup`', () => {
    renameSync(join(engine, 'aside'), join(engine, 'prebuilds'));
    const setup = () => run(project, 'npx', ['--no', 'paramwise', 'setup']);
    expect(setup()).toMatch(/the prebuilt engine .*libtorch-\d+\.\d+\.node is used/);
    expect(setup()).toContain('the engine is there');
    expect(train(project, 'esm.mjs').rates).toHaveLength(4);
    expect(existsSync(join(engine, 'build/gap.txt'))).toBe(false);
  });
});
