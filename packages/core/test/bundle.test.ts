/** The package runs where there is no Node.js: bundled for browsers, it needs nothing but the language. */
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

it('bundles for browsers without a Node built-in and evaluates in a bare context', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'paramwise',
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  expect(imports.filter(({ external }) => external)).toEqual([]);
  const script = `${outputFiles[0]!.text}; paramwise.planParamGroups(model, { optimizer: { type: 'SGD', lr: 1 } }, { bias_lr_mult: 2 }).groups[0].options.lr`;
  const model = {
    moduleKind: { type: 'other' },
    ownParams: () => [['bias', { shape: [1], requiresGrad: true }]],
    ownChildren: () => [],
  };
  expect(runInNewContext(script, { model })).toBe(2);
});
