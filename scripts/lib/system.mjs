/** What the machine has and what the project needs of it. No dependencies: this runs before anything is installed. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  BLAS_NEED,
  BUILD_NEEDS,
  firstLine,
  GLOO_WISH,
  isRoot,
  loads,
  OPENBLAS,
  openBlasOnOpenMp,
} from '../../packages/torch/scripts/lib/machine.mjs';

export { aptCommand, findLibtorch, GLOO_WISH, openBlasOnOpenMp } from '../../packages/torch/scripts/lib/machine.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const addonPath = join(root, 'packages/torch/build/Release/paramwise_torch.node');
const datasetPath = process.env.FASHION_MNIST ?? '/usr/share/datasets/fashion-mnist';

/** What makes the engine faster, or lets processes train together, and is not needed. */
export const WISHES = [
  { name: 'OpenBLAS on OpenMP', find: () => process.env.LIBTORCH ?? openBlasOnOpenMp(), packages: OPENBLAS },
  GLOO_WISH,
];

const PYTHONS = ['/usr/bin/python3', 'python3'];
/** Fails where something is missing; PyTorch 1 exports to ONNX without the package. */
const PYTORCH =
  'import torch, torchvision; torch.__version__.startswith("1.") or __import__("onnx"); print(torch.__version__)';

/** What has to be on the machine, how it is recognised, and the Debian packages that bring it. */
export const NEEDS = [
  ...BUILD_NEEDS,
  BLAS_NEED,
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
  GLOO_WISH,
  // With which a test gives ranks a network of their own, to count what they send.
  { name: 'ip', find: () => firstLine('ip', '-V'), packages: ['iproute2'] },
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

/** The command prefix that installs packages without asking, or undefined. */
export function aptPrefix() {
  if (!firstLine('apt-get', '--version')) return undefined;
  if (isRoot()) return [];
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined;
}

/** True when the built addon loads in a fresh process; otherwise the reason as text. */
export const addonLoads = () => loads(addonPath);
