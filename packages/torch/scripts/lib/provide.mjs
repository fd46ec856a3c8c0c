/** Brings the native engine to where `src/native.ts` loads it from: one that is there, a prebuilt one, or a build. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aptCommand, BLAS_NEED, BUILD_NEEDS, findLibtorch, firstLine, GLOO_WISH, loads } from './machine.mjs';
import { findPrebuilt } from './prebuilt.mjs';

export const packageFolder = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const build = join(packageFolder, 'build');
const addon = join(build, 'Release/paramwise_torch.node');
const stampFile = join(build, '.libtorch');
/** What `src/native.ts` adds to its error: npm hides what scripts of packages print. */
const gapFile = join(build, 'gap.txt');

const REPEAT = 'npx paramwise setup';
const WITHOUT_CLI = '(Without @paramwise/cli: npm rebuild @paramwise/torch --foreground-scripts)';

/**
 * @param say gets a line of progress at a time.
 * @returns `{ok, text}`: whether the engine is there, and what to tell the user.
 */
export function provideEngine(say) {
  const outcome = provide(say);
  mkdirSync(build, { recursive: true });
  if (outcome.ok) rmSync(gapFile, { force: true });
  else writeFileSync(gapFile, `${outcome.text}\n`);
  return outcome;
}

function provide(say) {
  const libtorch = findLibtorch();
  if (process.env.LIBTORCH && !libtorch) return noLibtorchThere();
  const stamp = libtorch && [libtorch.version, libtorch.prefix, ...(GLOO_WISH.find() ? ['with Gloo'] : [])].join(' ');
  const there = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : undefined;
  if (there !== undefined && (stamp === undefined || there === stamp) && loads(addon) === true)
    return { ok: true, text: `the engine is there, for libtorch ${there}` };
  // As npm's --build-from-source asks for.
  const prebuilt = process.env.npm_config_build_from_source ? undefined : findPrebuilt(packageFolder, libtorch);
  if (prebuilt !== undefined) return adopt(prebuilt, stamp);
  const gaps = BUILD_NEEDS.filter((need) => !need.find());
  return gaps.length > 0 ? gapOutcome(gaps) : compile(libtorch, stamp, say);
}

function noLibtorchThere() {
  const what = `LIBTORCH=${process.env.LIBTORCH} holds no libtorch (no share/cmake/Torch/TorchConfig.cmake in it).`;
  return { ok: false, text: `${what} Run:\n  LIBTORCH=/path/to/libtorch ${REPEAT}\n${WITHOUT_CLI}` };
}

function adopt(prebuilt, stamp) {
  rmSync(build, { recursive: true, force: true });
  mkdirSync(dirname(addon), { recursive: true });
  copyFileSync(prebuilt, addon);
  writeFileSync(stampFile, stamp ?? 'of the prebuilt engine');
  return { ok: true, text: `the prebuilt engine ${prebuilt} is used` };
}

function gapOutcome(gaps) {
  const names = gaps.map(({ name }) => name).join(', ');
  const missing = [...gaps, ...[BLAS_NEED, GLOO_WISH].filter((wish) => !wish.find())];
  const install = aptCommand(missing.flatMap(({ packages }) => packages));
  const hints = gaps.flatMap(({ otherwise }) => otherwise ?? []);
  const where = firstLine('apt-get', '--version') ? 'Run' : 'Install them; on Debian';
  const lines = [`missing: ${names}. ${where}:`, `  ${install} && ${REPEAT}`, ...hints.map((hint) => `  ${hint}`)];
  return { ok: false, text: [...lines, WITHOUT_CLI].join('\n') };
}

function compile(libtorch, stamp, say) {
  // CMake remembers the libtorch it found first: a new one needs a new folder.
  rmSync(build, { recursive: true, force: true });
  say(`building the native engine on libtorch ${libtorch.version} (about half a minute) …`);
  const failure = runCmake(libtorch.prefix);
  if (failure !== undefined)
    return { ok: false, text: `the build failed:\n${failure}\nOnce that is mended, run:\n  ${REPEAT}\n${WITHOUT_CLI}` };
  const loaded = loads(addon);
  if (loaded !== true) return { ok: false, text: `it was built but does not load: ${loaded}\nRun:\n  ${REPEAT}` };
  for (const leftOver of ['CMakeFiles', '.ninja_deps', '.ninja_log'])
    rmSync(join(build, leftOver), { recursive: true, force: true });
  writeFileSync(stampFile, stamp);
  const slower = BLAS_NEED.find() ? '' : `; without OpenBLAS it is slow: ${aptCommand(BLAS_NEED.packages)}`;
  const alone = GLOO_WISH.find()
    ? ''
    : `; for runs of several processes: ${aptCommand(GLOO_WISH.packages)}, then ${REPEAT}`;
  return { ok: true, text: `built on libtorch ${libtorch.version} under ${libtorch.prefix}${slower}${alone}` };
}

const LINES_OF_A_FAILURE = 30;

/** @returns undefined, or the end of what it printed. */
function runCmake(prefix) {
  const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [cmakeJs, 'build', '--out', 'build'], {
    cwd: packageFolder,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    // Of `make`, which runs one compiler at a time unless it is told otherwise.
    env: { CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()), ...process.env, LIBTORCH: prefix },
  });
  if (status === 0) return undefined;
  const lines = `${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`.trimEnd().split('\n');
  return lines.slice(-LINES_OF_A_FAILURE).join('\n');
}
