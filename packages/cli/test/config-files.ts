/** Config files for a test. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { scratchFolder } from './run.ts';

/** Writes files into a folder of their own, and gives the path of each. */
export function configFiles<N extends string>(
  files: Readonly<Record<N, string>>,
): Record<N, string> & { folder: string } {
  const folder = scratchFolder();
  const paths = Object.entries<string>(files).map(([name, text]) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return [name, path];
  });
  return { ...Object.fromEntries(paths), folder };
}
