/**
 * Makes a fresh checkout ready: Debian packages, npm packages, the native engine, the built packages.
 * Does what is missing, says what it does, skips what is done. Needs nothing but Node.js.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  addonLoads,
  addonPath,
  aptCommand,
  aptPrefix,
  findLibtorch,
  GLOO_WISH,
  NEEDS,
  openBlasOnOpenMp,
  root,
  TEST_NEEDS,
  WISHES,
} from './lib/system.mjs';

const say = (text) => process.stdout.write(`setup: ${text}\n`);

function stop(text) {
  process.stderr.write(`setup: ${text}\n`);
  process.exit(1);
}

/** Runs a command and says how long it took; undefined, or why it failed. */
function attempt(command, args, what, env = {}) {
  const started = Date.now();
  say(`${what} …`);
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ...env },
  });
  if (status !== 0)
    return `${what} failed (${command} ${args.join(' ')})\n${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`;
  say(`${what}: done in ${Math.round((Date.now() - started) / 1000)} s`);
  return undefined;
}

/** Runs a command that has to succeed; its output is shown only when it fails. */
function run(...args) {
  const failure = attempt(...args);
  if (failure !== undefined) stop(failure);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    stop(`Node.js 20.19 or newer is needed, this is ${process.versions.node}`);
}

/** `--tests` also brings what only tests need. */
const needs = process.argv.includes('--tests') ? [...NEEDS, ...TEST_NEEDS] : NEEDS;

/** @returns undefined, or why it failed */
function aptInstall(prefix, packages) {
  const [command, ...rest] = [...prefix, 'apt-get'];
  const options = ['install', '-y', '--no-install-recommends'];
  return (
    attempt(command, [...rest, 'update'], 'reading the list of Debian packages') ??
    attempt(command, [...rest, ...options, ...packages], `installing ${packages.join(', ')}`, {
      DEBIAN_FRONTEND: 'noninteractive',
    })
  );
}

/** Tries to bring what makes the engine faster or lets processes train together, before it is built for the first time, and goes on without it. */
function installWishes() {
  if (existsSync(addonPath)) return;
  const missing = WISHES.filter((wish) => !wish.find());
  const prefix = missing.length > 0 && aptPrefix();
  if (!prefix) return;
  const packages = missing.flatMap((wish) => wish.packages);
  if (aptInstall(prefix, packages) !== undefined)
    say(`${packages.join(', ')} could not be installed; going on with what is there`);
}

function installSystemPackages() {
  const missing = needs.filter((need) => !need.find());
  if (missing.length === 0) return;
  const names = missing.map((need) => need.name).join(', ');
  const packages = missing.flatMap((need) => need.packages);
  const prefix = aptPrefix();
  if (!prefix) {
    const ways = missing.map(
      (need) => `  ${need.name}: ${aptCommand(need.packages)}${need.otherwise ? `\n    ${need.otherwise}` : ''}`,
    );
    stop(
      `missing: ${names}. Nothing can be installed from here (no apt-get, or neither root nor sudo). On Debian 12 and 13:\n${ways.join('\n')}`,
    );
  }
  const failure = aptInstall(prefix, packages);
  if (failure !== undefined) stop(failure);
  const still = needs.filter((need) => !need.find());
  if (still.length > 0)
    stop(
      `still missing after the installation: ${still.map((need) => need.name).join(', ')}; \`npm run doctor\` says more`,
    );
}

/** Does `work` unless the stamp says that it was done for the same inputs. */
function once(stampPath, inputs, work, isDone = () => true) {
  const stamp = createHash('sha256').update(inputs.join('\0')).digest('hex');
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp && isDone()) return;
  work();
  mkdirSync(join(stampPath, '..'), { recursive: true });
  writeFileSync(stampPath, stamp);
}

function contents(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
    .flatMap((path) => [path.slice(root.length), readFileSync(path, 'utf8')]);
}

const read = (path) => readFileSync(join(root, path), 'utf8');

function installNpmPackages() {
  const stamp = join(root, 'node_modules/.cache/setup-npm');
  once(stamp, [read('package-lock.json'), process.version], () => {
    const failure = attempt('npm', ['ci', '--include=dev'], 'installing npm packages');
    if (failure === undefined) return;
    // A registry may lack packages of the lock that are for other platforms. Neither way writes to the lock.
    say(`npm ci failed, trying npm install\n${failure}`);
    run('npm', ['install', '--include=dev', '--no-save'], 'installing npm packages');
  });
}

function buildEngine() {
  const libtorch = findLibtorch();
  const inputs = [
    ...contents('packages/torch/native'),
    ...contents('packages/torch/cmake'),
    read('packages/torch/CMakeLists.txt'),
    libtorch.prefix,
    libtorch.version,
    openBlasOnOpenMp() ?? '',
    GLOO_WISH.find() ?? '',
  ];
  const build = () => {
    // CMake remembers the libtorch it found first: a new one needs a new folder.
    rmSync(join(root, 'packages/torch/build'), { recursive: true, force: true });
    const what = `building the native engine on libtorch ${libtorch.version} (about a minute)`;
    // Of `make`, which runs one compiler at a time unless it is told otherwise.
    const CMAKE_BUILD_PARALLEL_LEVEL = process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? String(availableParallelism());
    run('npm', ['run', 'build', '-w', 'packages/torch'], what, {
      LIBTORCH: libtorch.prefix,
      CMAKE_BUILD_PARALLEL_LEVEL,
    });
  };
  once(join(root, 'packages/torch/build/.setup'), inputs, build, () => addonLoads() === true);
  const loads = addonLoads();
  if (loads !== true) stop(`the native engine was built but does not load: ${loads}`);
}

function buildPackages() {
  for (const name of readdirSync(join(root, 'packages'))) {
    const folder = join('packages', name);
    const inputs = [...contents(join(folder, 'src')), read(join(folder, 'package.json')), read('tsdown.config.ts')];
    once(join(root, folder, 'dist/.setup'), inputs, () =>
      run('npx', ['tsdown', '--filter', folder], `building @paramwise/${name}`),
    );
  }
}

checkNode();
installSystemPackages();
installWishes();
installNpmPackages();
buildEngine();
buildPackages();
