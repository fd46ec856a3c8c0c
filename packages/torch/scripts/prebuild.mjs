/**
 * Puts the addon that was built here among the prebuilt ones, named for its libtorch: what is published with them needs no
 * compiler there. Once on a machine of each libtorch, before `npm pack`.
 *
 *   node scripts/prebuild.mjs [PACKAGE FOLDER]   this package unless another folder is named
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { findLibtorch, loads } from './lib/machine.mjs';
import { prebuiltPath } from './lib/prebuilt.mjs';
import { packageFolder } from './lib/provide.mjs';

const addon = join(packageFolder, 'build/Release/paramwise_torch.node');
const libtorch = findLibtorch();
const loaded = loads(addon);
if (libtorch === undefined || loaded !== true) {
  process.stderr.write(
    `prebuild: no engine to copy: ${libtorch ? loaded : 'libtorch is not found'}. Run: npm run setup\n`,
  );
  process.exitCode = 1;
} else {
  const path = prebuiltPath(resolve(process.argv[2] ?? packageFolder), libtorch.version);
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(addon, path);
  process.stdout.write(`${path}\n`);
}
