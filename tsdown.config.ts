import { writeFileSync } from 'node:fs';
import { defineConfig } from 'tsdown';
import { assemblePage } from './packages/cli/src/report/template.ts';

const shared = {
  entry: ['src/index.ts'],
  format: 'esm',
  dts: true,
  fixedExtension: false,
  logLevel: 'error',
} as const;

/** The page of `paramwise report` with its style and script in it, beside the code that fills it. */
function writeReportPage(): void {
  const page = assemblePage(new URL('packages/cli/src/', import.meta.url));
  writeFileSync(new URL('packages/cli/dist/report.html', import.meta.url), page);
}

export default defineConfig([
  { ...shared, cwd: 'packages/core', name: 'core', platform: 'neutral', entry: ['src/index.ts', 'src/internal.ts'] },
  {
    ...shared,
    cwd: 'packages/torch',
    name: 'torch',
    platform: 'node',
    // `using` needs Symbol.dispose, which the types of a project's own target may lack.
    banner: { dts: '/// <reference lib="esnext.disposable" />' },
  },
  {
    ...shared,
    cwd: 'packages/cli',
    name: 'cli',
    platform: 'node',
    entry: { index: 'src/index.ts', main: 'src/main.ts', 'check-worker': 'src/check/worker.ts' },
    onSuccess: writeReportPage,
  },
]);
