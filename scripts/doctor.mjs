/** Reports what the engine would run on, and for each gap the one command that closes it. Exit 1 where there is one. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { addonLoads, addonPath, aptCommand, NEEDS, root } from './lib/system.mjs';

const gaps = [];

function row(name, value, fix) {
  process.stdout.write(`${value ? '✓' : '✗'} ${name.padEnd(14)} ${value || 'missing'}\n`);
  if (!value) gaps.push([name, fix]);
}

/** What the loaded engine says of itself: libtorch, BLAS, parallel backend, vector instructions. */
function engineReport() {
  const native = createRequire(import.meta.url)(addonPath);
  const buffer = new ArrayBuffer(1024);
  native.bindWire(buffer);
  native.versions();
  // Layout: count, then a list of tagged values; strings are tag and id (see packages/torch/native/wire.h).
  const words = new Float64Array(buffer);
  const [libtorch, blas, parallel, cpu] = [0, 1, 2, 3].map((index) => native.stringOf(words[4 + 2 * index]));
  const threads = native.threads();
  return { libtorch, blas, parallel: `${parallel}, ${threads} threads`, cpu };
}

row('platform', `${process.platform} ${process.arch}, kernel ${release()}`);
row(
  'processor',
  `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
);
row('Node.js', process.version);
for (const need of NEEDS) row(need.name, need.find(), aptCommand(need.packages));
row('npm packages', existsSync(join(root, 'node_modules/vitest')) && 'installed', 'npm install');
const loads = addonLoads();
row('engine', loads === true && 'built, and it loads', 'npm run setup');
if (loads === true) for (const [name, value] of Object.entries(engineReport())) row(`  ${name}`, value);
else if (existsSync(addonPath)) process.stdout.write(`  it does not load: ${loads}\n`);

for (const [name, fix] of gaps) process.stdout.write(`\n${name} is missing. Run:\n  ${fix}\n`);
if (gaps.length === 0) process.stdout.write('\nEverything is there.\n');
process.exitCode = gaps.length === 0 ? 0 : 1;
