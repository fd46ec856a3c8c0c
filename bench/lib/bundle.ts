/**
 * Compiles a rival written in TypeScript, so that its process holds neither a compiler nor source texts: memory is one
 * of the questions.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');
const require = createRequire(import.meta.url);

/** @returns path of the compiled program */
export async function bundlePeer(name: string): Promise<string> {
  const outfile = join(root, 'bench/build/peers', `${name}.mjs`);
  const gradients = '@tensorflow/tfjs-core/dist/register_all_gradients.js';
  await build({
    entryPoints: [join(root, 'bench/peers', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['source'],
    external: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm', '@jax-js/jax'],
    // Node.js cannot load this file of TensorFlow.js: it imports folders.
    alias: { [gradients]: require.resolve(gradients) },
    // The native engine is looked for relative to the sources.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(join(root, 'packages/torch/src/index.ts'))) },
    logLevel: 'error',
  });
  return outfile;
}
