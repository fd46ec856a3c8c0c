/** What the machine has and what the project needs of it. No dependencies: this runs before anything is installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const addonPath = join(root, 'packages/torch/build/Release/paramwise_torch.node');
const datasetPath = process.env.FASHION_MNIST ?? '/usr/share/datasets/fashion-mnist';

/** First line that a program prints, or undefined where it cannot be run. */
function firstLine(command, ...args) {
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
const OPENBLAS = ['libopenblas0-openmp'];

/** What makes the engine faster and is not needed. */
export const WISHES = [
  { name: 'OpenBLAS on OpenMP', find: () => process.env.LIBTORCH ?? openBlasOnOpenMp(), packages: OPENBLAS },
];

function hasOpenBlas() {
  const { stdout } = spawnSync('ldconfig', ['-p'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/sbin:/usr/sbin` },
  });
  return (stdout ?? '').includes('libopenblas');
}

const PYTHONS = ['/usr/bin/python3', 'python3'];
/** Fails where something is missing; PyTorch 1 exports to ONNX without the package. */
const PYTORCH =
  'import torch, torchvision; torch.__version__.startswith("1.") or __import__("onnx"); print(torch.__version__)';

/** What has to be on the machine, how it is recognised, and the Debian packages that bring it. */
export const NEEDS = [
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
  {
    name: 'BLAS',
    // A libtorch of the user's own brings its own linear algebra.
    find: () => {
      if (process.env.LIBTORCH) return 'the one in LIBTORCH';
      if (openBlasOnOpenMp()) return 'OpenBLAS on OpenMP';
      return hasOpenBlas() ? `OpenBLAS with threads of its own (slower: ${aptCommand(OPENBLAS)})` : undefined;
    },
    packages: OPENBLAS,
  },
  {
    name: 'Fashion-MNIST',
    find: () => (existsSync(join(datasetPath, 'train-images-idx3-ubyte.gz')) ? datasetPath : undefined),
    packages: ['dataset-fashion-mnist'],
    otherwise: 'or set FASHION_MNIST to a folder with its four .gz files',
  },
];

/** What looks at the C++ sources in `npm run check`. */
export const ANALYSIS_NEEDS = ['clang-format', 'clang-tidy'].map((name) => ({
  name,
  find: () => firstLine(name, '--version'),
  packages: [name],
}));

/** What tests need besides: a browser for the report, PyTorch to compare exports with, analysers of C++. */
export const TEST_NEEDS = [
  ...ANALYSIS_NEEDS,
  {
    name: 'Chromium',
    find: () =>
      process.env.CHROMIUM ??
      ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path)),
    packages: ['chromium'],
    otherwise: 'or set CHROMIUM to a Chromium of your own',
  },
  {
    name: 'PyTorch, torchvision',
    find: () => PYTHONS.map((python) => firstLine(python, '-c', PYTORCH)).find(Boolean),
    // What `torch.onnx` needs from PyTorch 2 on.
    packages: ['python3-torch', 'python3-torchvision', 'python3-onnx'],
  },
];

const isRoot = () => process.getuid?.() === 0;

/** The command prefix that installs packages without asking, or undefined. */
export function aptPrefix() {
  if (!firstLine('apt-get', '--version')) return undefined;
  if (isRoot()) return [];
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined;
}

/** The one command that installs these Debian packages. */
export function aptCommand(packages) {
  return `${isRoot() ? '' : 'sudo '}apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/** True when the built addon loads in a fresh process; otherwise the reason as text. */
export function addonLoads() {
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
