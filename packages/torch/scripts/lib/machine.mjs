/** What the native engine needs of a machine. No dependencies: this runs before anything is installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** First line that a program prints, or undefined where it cannot be run. */
export function firstLine(command, ...args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0].trim() : undefined;
}

/** Folders that may hold libtorch, LIBTORCH first. */
function libtorchPrefixes() {
  return process.env.LIBTORCH ? [resolve(process.env.LIBTORCH)] : ['/usr', '/usr/local', '/opt/libtorch'];
}

/** `{prefix, version}` of the libtorch that a build would use, or undefined. */
export function findLibtorch() {
  for (const prefix of libtorchPrefixes()) {
    const folders = [
      'share/cmake/Torch',
      'lib/cmake/Torch',
      ...multiarch(prefix).map((triplet) => `lib/${triplet}/cmake/Torch`),
    ];
    const found = folders.find((folder) => existsSync(join(prefix, folder, 'TorchConfig.cmake')));
    if (found) return { prefix, version: libtorchVersion(join(prefix, found, 'TorchConfigVersion.cmake')) };
  }
  return undefined;
}

function multiarch(prefix) {
  const folder = join(prefix, 'lib');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('-linux-gnu')) : [];
}

function libtorchVersion(versionFile) {
  const version = existsSync(versionFile) && /PACKAGE_VERSION "([^"]+)"/.exec(readFileSync(versionFile, 'utf8'));
  return version ? version[1] : 'of unknown version';
}

/** The folder of Debian's OpenBLAS on OpenMP's threads, which CMakeLists.txt prefers to the system's choice. */
export function openBlasOnOpenMp() {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch];
  const folder = `/usr/lib/${triplet}/openblas-openmp`;
  return existsSync(join(folder, 'libblas.so.3')) ? folder : undefined;
}

/** On OpenMP's threads, which it then shares with every operator. */
export const OPENBLAS = ['libopenblas0-openmp'];

function hasOpenBlas() {
  const { stdout } = spawnSync('ldconfig', ['-p'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/sbin:/usr/sbin` },
  });
  return (stdout ?? '').includes('libopenblas');
}

/** What a build cannot do without, how it is recognised, and the Debian packages that bring it. */
export const BUILD_NEEDS = [
  { name: 'C++ compiler', find: () => firstLine('c++', '--version'), packages: ['g++'] },
  { name: 'make', find: () => firstLine('make', '--version') ?? firstLine('ninja', '--version'), packages: ['make'] },
  { name: 'CMake', find: () => firstLine('cmake', '--version'), packages: ['cmake'] },
  {
    name: 'libtorch',
    find: () => {
      const found = findLibtorch();
      return found && `${found.version} under ${found.prefix}`;
    },
    packages: ['libtorch-dev'],
    otherwise: 'or set LIBTORCH to an unpacked libtorch, or to the folder `torch` of an installed Python package',
  },
];

export const BLAS_NEED = {
  name: 'BLAS',
  // A libtorch of the user's own brings its own linear algebra.
  find: () => {
    if (process.env.LIBTORCH) return 'the one in LIBTORCH';
    if (openBlasOnOpenMp()) return 'OpenBLAS on OpenMP';
    return hasOpenBlas() ? `OpenBLAS with threads of its own (slower: ${aptCommand(OPENBLAS)})` : undefined;
  },
  packages: OPENBLAS,
};

/** What ranks exchange tensors by; everything but `distributed` goes without. */
export const GLOO_WISH = {
  name: 'Gloo',
  find: () => {
    const folders = [...libtorchPrefixes(), '/usr', '/usr/local'].map((prefix) => join(prefix, 'include'));
    return folders.find((folder) => existsSync(join(folder, 'gloo/transport/device.h')));
  },
  packages: ['libgloo-dev'],
};

export const isRoot = () => process.getuid?.() === 0;

/** The one command that installs these Debian packages. */
export function aptCommand(packages) {
  return `${isRoot() ? '' : 'sudo '}apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/** True when an addon loads in a fresh process; otherwise the reason as text. */
export function loads(addonPath) {
  if (!existsSync(addonPath)) return 'it is not built';
  try {
    execFileSync(process.execPath, ['-e', `require(${JSON.stringify(addonPath)})`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return true;
  } catch (error) {
    return /Error: (.*)/.exec(String(error.stderr))?.[1] ?? 'the process ended';
  }
}
