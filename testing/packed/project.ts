/** Tarballs of the packages, and empty projects outside of any checkout that install them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
export const NAMES = ['core', 'torch', 'cli'] as const;

/** What the runner of the tests sets for its own scripts is not what a user's npm sees. */
function plainEnvironment(changes: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS$|VITEST|INIT_CWD$)/.test(name));
  return { ...Object.fromEntries(kept), ...changes };
}

/** What a program prints. @throws with all that it printed, where it fails. */
export function run(cwd: string, command: string, args: readonly string[], changes: NodeJS.ProcessEnv = {}): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe', env: plainEnvironment(changes) });
}

/** Exit code and all output of a Node.js program. */
export function node(cwd: string, args: readonly string[], changes: NodeJS.ProcessEnv = {}) {
  const options = { cwd, encoding: 'utf8', env: plainEnvironment(changes) } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  return { status, text: stdout + stderr };
}

export const scratchFolder = () => mkdtempSync(join(tmpdir(), 'paramwise-packed-'));

/** @returns the paths of the tarballs, by the name of the package. */
export function packAll(folder: string): Record<(typeof NAMES)[number], string> {
  run(root, 'npm', ['pack', '--pack-destination', folder, ...NAMES.flatMap((name) => ['-w', `packages/${name}`])]);
  const pathOf = (name: string) =>
    join(folder, readdirSync(folder).find((file) => file.startsWith(`paramwise-${name}-`))!);
  return { core: pathOf('core'), torch: pathOf('torch'), cli: pathOf('cli') };
}

export const filesOf = (tarball: string) => run(dirname(tarball), 'tar', ['-tzf', tarball]).trim().split('\n');

/** The tarball of the engine with the checkout's addon in it, as a maintainer puts it there. */
export function withPrebuilt(tarball: string, folder: string): string {
  run(folder, 'tar', ['-xzf', tarball]);
  run(root, 'node', ['packages/torch/scripts/prebuild.mjs', join(folder, 'package')]);
  run(join(folder, 'package'), 'npm', ['pack', '--pack-destination', folder]);
  return join(folder, readdirSync(folder).find((file) => file.endsWith('.tgz'))!);
}

/** An empty project that installs the tarballs; what it needs of the registry is taken from npm's cache if it is there. */
export function install(tarballs: readonly string[], files: Readonly<Record<string, string>>): string {
  const folder = scratchFolder();
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'own-project', private: true }));
  run(folder, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs]);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
