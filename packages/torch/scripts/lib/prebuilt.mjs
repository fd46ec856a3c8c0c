/**
 * Addons that were compiled elsewhere, where `prebuildify` puts them and `node-gyp-build` looks:
 * `prebuilds/linux-x64/paramwise_torch.napi.glibc.libtorch-1.13.node`, one for each minor version of libtorch.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

const MINOR = /\.libtorch-(\d+\.\d+)\.node$/;

/** `2.6` of `2.6.0+cpu`. */
const minorOf = (version) => /^\d+\.\d+/.exec(version)?.[0];

const folderOf = (packageFolder) => join(packageFolder, 'prebuilds', `${process.platform}-${process.arch}`);

/** Where the addon for a version of libtorch lies. */
export function prebuiltPath(packageFolder, version) {
  return join(folderOf(packageFolder), `paramwise_torch.napi.glibc.libtorch-${minorOf(version)}.node`);
}

/**
 * The prebuilt addon that works here, or undefined.
 *
 * @param packageFolder where `prebuilds` lies.
 * @param libtorch `{prefix, version}`; undefined where only the libraries are installed and nothing to build with.
 */
export function findPrebuilt(packageFolder, libtorch) {
  const folder = folderOf(packageFolder);
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .filter((name) => MINOR.test(name))
    .filter((name) => libtorch === undefined || MINOR.exec(name)[1] === minorOf(libtorch.version))
    .map((name) => join(folder, name))
    .find((path) => worksWith(path, libtorch));
}

/** Whether an addon loads, and loads this libtorch: it may find the system's although LIBTORCH names another. */
function worksWith(path, libtorch) {
  const loaded = libtorchLoadedBy(path);
  return loaded !== undefined && (libtorch === undefined || loaded.startsWith(`${realpathSync(libtorch.prefix)}/`));
}

/** The file of libtorch that a process maps once it has loaded the addon, or undefined where it does not load. */
function libtorchLoadedBy(path) {
  const program = `require(${JSON.stringify(path)});
    process.stdout.write(require('node:fs').readFileSync('/proc/self/maps', 'utf8'));`;
  const { stdout } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  return /\/\S.*\/libtorch_cpu\.so\S*$/m.exec(stdout ?? '')?.[0];
}
