/**
 * npm runs this after installing the package, `npx paramwise setup` whenever it is asked to.
 *
 * An installation never fails because of the engine: planning needs none, and the machine may get libtorch later.
 * `--strict` (of `paramwise setup`) ends with 1 where the engine is missing.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder, provideEngine } from './lib/provide.mjs';

const say = (text) => process.stdout.write(`@paramwise/torch: ${text}\n`);

function install() {
  try {
    return provideEngine(say);
  } catch (error) {
    return { ok: false, text: `the native engine could not be set up: ${error.message}` };
  }
}

// Sources are not published: this is a checkout, whose own set-up builds.
if (!existsSync(join(packageFolder, 'src'))) {
  const { ok, text } = install();
  say(text);
  if (!ok && process.argv.includes('--strict')) process.exitCode = 1;
}
