import { defineConfig } from 'vitest/config';

const source = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } };

const project = (name: string, include: string[], options: object = {}) => ({
  ...source,
  test: { name, include, setupFiles: ['testing/fail-on-console.ts'], ...options },
});

/** Threads that wait asleep: on a busy machine those that wait by spinning take the cores from the ones that work. */
const env = { OMP_WAIT_POLICY: 'passive' };

export default defineConfig({
  test: {
    reporters: ['default', './testing/summary-reporter.ts'],
    projects: [
      project('core', ['packages/core/{src,test}/**/*.test.ts']),
      project('cli', ['packages/cli/{src,test}/**/*.test.ts'], { testTimeout: 120_000 }),
      // The engine keeps its threads busy: one worker at a time, and room for real training.
      project('torch', ['packages/torch/{src,test}/**/*.test.ts'], {
        pool: 'forks',
        fileParallelism: false,
        env,
        testTimeout: 120_000,
      }),
      project('examples', ['{examples,bench}/**/*.test.ts', 'testing/**/*.test.ts'], {
        pool: 'forks',
        fileParallelism: false,
        env,
        testTimeout: 600_000,
        hookTimeout: 600_000,
      }),
    ],
  },
});
