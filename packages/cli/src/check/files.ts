/** Which files are configs: by their names, their text, and what others inherit from. */
import { readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, normalize, resolve } from 'node:path';
import { withFile } from '../files.ts';

const ENDINGS: readonly string[] = ['.py', '.json', '.yaml', '.yml'];
const PASSED_OVER: readonly string[] = ['node_modules', '__pycache__', 'dist', 'build', 'venv', 'site-packages'];

export interface FoundFile {
  readonly path: string;
  /** Whether the user named it, rather than a folder that it is in. */
  readonly isNamed: boolean;
}

/**
 * The files of these names, and those under these folders that can be configs, in order of their names. Hidden folders and
 * those of packages and builds are passed over, and links to folders are not followed.
 *
 * @throws Refusal for a path that is not there.
 */
export function findFiles(paths: readonly string[]): FoundFile[] {
  const found = new Map<string, FoundFile>();
  for (const path of paths) {
    const isFolder = withFile(path, () => statSync(path).isDirectory());
    const files = isFolder ? filesUnder(path) : [normalize(path)];
    for (const file of files) if (!found.has(file)) found.set(file, { path: file, isNamed: !isFolder });
  }
  return [...found.values()];
}

function filesUnder(folder: string): string[] {
  const files: string[] = [];
  const folders = [folder];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    const current = at;
    for (const entry of withFile(current, () => readdirSync(current, { withFileTypes: true }))) {
      const path = join(current, entry.name);
      if (entry.isDirectory() && !entry.name.startsWith('.') && !PASSED_OVER.includes(entry.name)) folders.push(path);
      else if (entry.isFile() && ENDINGS.includes(extname(entry.name))) files.push(path);
    }
  }
  return files.sort();
}

const MARKS: Readonly<Record<string, RegExp>> = {
  '.py':
    /^(?:(?:optim_wrapper|param_scheduler|_base_|lr_config)\b[\w.[\]'"]*\s*[-+*]?=[^=]|(?:optim_wrapper|param_scheduler)\.update\(|_base_\.\w|with read_base\(\))/m,
  '.json': /"(?:optim_wrapper|param_scheduler|_base_)"\s*:/,
  '.yaml': /^["']?(?:optim_wrapper|param_scheduler|_base_)["']?\s*:/m,
};

/** Whether a file that was found in a folder is a config: it sets an optimizer or schedules, or inherits from a file. */
export function looksLikeConfig(path: string, text: string): boolean {
  const ending = extname(path) === '.yml' ? '.yaml' : extname(path);
  return MARKS[ending]?.test(text) ?? false;
}

const NAMED = /(['"])((?:\.{0,2}\/)?[\w./-]+\.(?:py|json|ya?ml))\1/g;
const BARE = /^\s*(?:_base_:|-)\s*([\w./-]+\.(?:py|json|ya?ml))\s*$/gm;
const RELATIVE_IMPORT = /^[ \t]+from[ \t]+(\.+)([\w.]*)[ \t]+import\b/gm;

/** The files that a config's text names as what it inherits from; more than those, where it names other files as well. */
export function basesIn(path: string, text: string): string[] {
  const folder = dirname(resolve(path));
  const quoted = [...text.matchAll(NAMED)].map((match) => resolve(folder, match[2]!));
  const bare = [...text.matchAll(BARE)].map((match) => resolve(folder, match[1]!));
  const imported = [...text.matchAll(RELATIVE_IMPORT)].map(([, dots, module]) => {
    const up = '../'.repeat(dots!.length - 1);
    return resolve(folder, up, `${module!.replaceAll('.', '/')}.py`);
  });
  return [...new Set([...quoted, ...bare, ...imported])];
}
