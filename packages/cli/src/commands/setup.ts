/** `paramwise setup`: what the installation of @paramwise/torch does, once more and with its output shown. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { checkoutScript } from '../checkout.ts';
import type { Command, Terminal } from '../command.ts';
import { refuse } from '../refusal.ts';

export const setup: Command = {
  name: 'setup',
  about: 'provide the native engine of @paramwise/torch: a prebuilt one or a build, or say what it needs',
  parameters: [],
  options: [],
  examples: [
    ['paramwise setup', 'after libtorch or a compiler was installed, or libtorch replaced'],
    ['LIBTORCH=/opt/libtorch paramwise setup', 'with a libtorch outside the system folders'],
  ],
  async run(_given, terminal) {
    const script = checkoutScript('setup');
    return script === undefined ? runNode([installScript(), '--strict'], terminal) : runNode([script], terminal);
  },
};

/** That of the project's own engine; of the command's, where the command was called from elsewhere. */
function installScript(): string {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    const manifest = resolved(from, '@paramwise/torch/package.json');
    if (manifest !== undefined) return join(dirname(manifest), 'scripts/install.mjs');
  }
  return refuse('@paramwise/torch is not installed here: npm install @paramwise/torch');
}

function resolved(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

async function runNode(args: readonly string[], { out, err }: Terminal): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.setEncoding('utf8').on('data', out);
  child.stderr.setEncoding('utf8').on('data', err);
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
