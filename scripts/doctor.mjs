/** Reports what the engine would run on, and for each gap the one command that closes it. Exit 1 where there is one; `--json` prints the same as data. */

import { existsSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { addonLoads, addonPath, aptCommand, NEEDS, root, TEST_NEEDS } from './lib/system.mjs';

const engine = join(root, 'packages/torch/dist/index.js');
const asJson = process.argv.includes('--json');
const say = (text) => asJson || process.stdout.write(text);
const findings = [];

function row(name, value, fix) {
  say(`${value ? '✓' : '✗'} ${name.padEnd(20)} ${value || 'missing'}\n`);
  findings.push({ name: name.trim(), value: value || 'missing', ok: Boolean(value), ...(!value && { fix }) });
}

/** What the engine says of itself once it is loaded as users load it. */
async function engineReport() {
  const { engineVersions, getNumThreads } = await import(engine);
  const { libtorch, blas, parallel, cpuCapability, vectorLevel } = engineVersions();
  const threads = `${getNumThreads()} (${parallel})`;
  return { libtorch, blas, threads, 'vector code': `${cpuCapability} (libtorch), ${vectorLevel} (optimizer step)` };
}

row('platform', `${process.platform} ${process.arch}, kernel ${release()}`);
row(
  'processor',
  `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
);
row('Node.js', process.version);
for (const need of [...NEEDS, ...TEST_NEEDS]) row(need.name, need.find(), aptCommand(need.packages));
row('npm packages', existsSync(join(root, 'node_modules/vitest')) && 'installed', 'npm install');
const loads = addonLoads();
row('engine', loads === true && 'built, and it loads', 'npm run setup');
if (loads !== true && existsSync(addonPath)) say(`  it does not load: ${loads}\n`);
row('packages', existsSync(engine) && 'built', 'npm run setup');
if (loads === true && existsSync(engine))
  for (const [name, value] of Object.entries(await engineReport())) row(`  ${name}`, value);

const gaps = findings.filter(({ ok }) => !ok);
for (const { name, fix } of gaps) say(`\n${name} is missing. Run:\n  ${fix}\n`);
if (gaps.length === 0) say('\nEverything is there.\n');
if (asJson) process.stdout.write(`${JSON.stringify(findings)}\n`);
process.exitCode = gaps.length === 0 ? 0 : 1;
