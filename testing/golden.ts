/**
 * Where the recorded reference results are and how a test reads them.
 *
 * They are not part of the repository: `PARAMWISE_GOLDEN` names the folder, or it lies beside the checkout as
 * `../shared/golden`. Without it the golden suites are skipped with that reason in their name; in CI they fail.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

export const goldenFolder = resolve(process.env.PARAMWISE_GOLDEN ?? join(root, '../shared/golden'));

const present = existsSync(join(goldenFolder, 'README.md'));

function goldenBytes(name: string): Buffer {
  return readFileSync(join(goldenFolder, name));
}

/** Parsed content of a `.json` or `.json.gz` file of the golden folder. */
export function golden<T>(name: string): T {
  const bytes = goldenBytes(name);
  return JSON.parse((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as T;
}

/** `describe` for tests that need the golden folder. */
export function describeGolden(name: string, body: () => void): void {
  if (present || process.env.CI) describe(name, body);
  else describe.skip(`${name} (skipped: no golden data at ${goldenFolder}; set PARAMWISE_GOLDEN)`, body);
}
