import { defineConfig } from 'tsdown';

const shared = {
  entry: ['src/index.ts'],
  format: 'esm',
  dts: true,
  fixedExtension: false,
  logLevel: 'error',
} as const;

export default defineConfig([
  { ...shared, cwd: 'packages/core', name: 'core', platform: 'neutral' },
  { ...shared, cwd: 'packages/torch', name: 'torch', platform: 'node' },
  { ...shared, cwd: 'packages/cli', name: 'cli', platform: 'node', entry: ['src/index.ts', 'src/main.ts'] },
]);
