/**
 * Format and analysis of the C++ sources: `check-native.mjs` refuses, `check-native.mjs --fix` formats.
 *
 * clang-tidy reads libtorch's headers for each file, which takes seconds: what passed is remembered under
 * node_modules/.cache by a hash of everything that the answer depends on, and not asked again.
 */
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { ANALYSIS_NEEDS, aptCommand, root } from './lib/system.mjs';

const folder = join(root, 'packages/torch/native');
const build = join(root, 'packages/torch/build');
const cachePath = join(root, 'node_modules/.cache/check-native.json');

function stop(text) {
  process.stderr.write(`check-native: ${text}\n`);
  process.exit(1);
}

const read = (name) => readFileSync(join(folder, name), 'utf8');
const sources = readdirSync(folder).filter((name) => /\.(cc|h)$/.test(name));
const units = sources.filter((name) => name.endsWith('.cc'));

function needTools() {
  const missing = ANALYSIS_NEEDS.filter((need) => !need.find());
  if (missing.length === 0) return;
  const packages = missing.flatMap((need) => need.packages);
  stop(`${missing.map((need) => need.name).join(' and ')} not found: ${aptCommand(packages)}`);
}

function format() {
  const mode = process.argv.includes('--fix') ? ['-i'] : ['--dry-run', '-Werror'];
  const { status, stderr } = spawnSync('clang-format', [...mode, ...sources], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) stop(`not formatted; \`npm run fix\` does it\n${stderr}`);
}

/** By file name, how the build compiles it. */
function compileCommands() {
  const path = join(build, 'compile_commands.json');
  if (!existsSync(path)) stop(`${path} is missing: run \`npm run setup\`, which builds the engine`);
  const commands = new Map();
  for (const { file, command } of JSON.parse(readFileSync(path, 'utf8'))) commands.set(file, command);
  const unknown = units.filter((name) => !commands.has(join(folder, name)));
  if (unknown.length > 0)
    stop(`${unknown.join(', ')} not in the last build: list it in CMakeLists.txt, then \`npm run setup\``);
  return commands;
}

/** A file and our headers that it includes, directly or not. */
function withHeaders(name, found = new Set()) {
  if (found.has(name) || !existsSync(join(folder, name))) return found;
  found.add(name);
  for (const [, header] of read(name).matchAll(/^#include "(.+)"/gm)) withHeaders(header, found);
  return found;
}

function hashesOf(commands) {
  const { stdout } = spawnSync('clang-tidy', ['--version'], { encoding: 'utf8' });
  const common = [stdout, readFileSync(join(root, '.clang-tidy'), 'utf8'), ARGUMENTS.join(' ')];
  return new Map(
    units.map((name) => {
      const parts = [...common, commands.get(join(folder, name)), ...[...withHeaders(name)].map(read)];
      return [name, createHash('sha256').update(parts.join('\0')).digest('hex')];
    }),
  );
}

/** The build is GCC's: clang has no header of its own for OpenMP, and does not know every pragma. */
const ARGUMENTS = ['--quiet', '--extra-arg=-fno-openmp', '--extra-arg=-Wno-unknown-pragmas'];

/** @returns what clang-tidy found in a file, or undefined */
function analyse(name) {
  return new Promise((resolve) => {
    const args = ['-p', build, ...ARGUMENTS, join(folder, name)];
    execFile('clang-tidy', args, { maxBuffer: 1 << 28 }, (error, stdout) =>
      resolve(error ? stdout || error.message : undefined),
    );
  });
}

async function analyseChanged() {
  const hashes = hashesOf(compileCommands());
  const passed = existsSync(cachePath) ? JSON.parse(readFileSync(cachePath, 'utf8')) : {};
  const changed = units.filter((name) => passed[name] !== hashes.get(name));
  const findings = [];
  const good = new Set(units.filter((name) => !changed.includes(name)));
  const worker = async () => {
    for (let name = changed.pop(); name; name = changed.pop()) {
      const found = await analyse(name);
      if (found === undefined) good.add(name);
      else findings.push(found);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  mkdirSync(dirname(cachePath), { recursive: true });
  writeFileSync(cachePath, JSON.stringify(Object.fromEntries([...good].map((name) => [name, hashes.get(name)]))));
  if (findings.length > 0) stop(`clang-tidy found\n${findings.join('\n')}`);
}

needTools();
format();
if (!process.argv.includes('--fix')) await analyseChanged();
