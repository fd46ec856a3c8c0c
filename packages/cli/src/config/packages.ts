/** Where the configs of Python packages are, which `pkg::file` and absolute imports name. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { refuse } from '../refusal.ts';

/** Folders of packages by name. */
export type PackageFolders = ReadonlyMap<string, string>;

/** @param given each `NAME=FOLDER`. @throws Refusal for one that is not of that form. */
export function packageFolders(given: readonly string[]): PackageFolders {
  return new Map(
    given.map((text) => {
      const at = text.indexOf('=');
      if (at < 1 || at === text.length - 1) refuse(`--package ${text}: give NAME=FOLDER, as in mmdet=../mmdetection`);
      return [text.slice(0, at), resolve(text.slice(at + 1))];
    }),
  );
}

/**
 * The file of `pkg::file`, which MMEngine looks for among the configs that a package carries. A folder that is given may be the
 * package, or the repository it is in.
 *
 * @returns `undefined` where there is none.
 */
export function packageConfig(name: string, file: string, folders: PackageFolders): string | undefined {
  const folder = folders.get(name);
  if (folder === undefined) return undefined;
  const roots = [folder, join(folder, name)];
  return firstFile(roots.flatMap((root) => ['configs', '.mim/configs', ''].map((inner) => join(root, inner, file))));
}

/**
 * The file of the module `pkg.folder.file`. Without a folder for the package, the folders above the config and the working
 * folder are searched, as those are where Python finds the package of a project.
 */
export function moduleFile(module: string, from: string, folders: PackageFolders): string | undefined {
  const [name, ...rest] = module.split('.');
  const file = `${rest.join('/')}.py`;
  const folder = folders.get(name!);
  if (folder !== undefined) {
    const roots = [folder, join(folder, name!)];
    return firstFile(roots.flatMap((root) => [join(root, file), join(root, '.mim', file)]));
  }
  const above = foldersAbove(dirname(resolve(from)));
  return firstFile([...above, process.cwd()].map((root) => join(root, name!, file)));
}

function foldersAbove(folder: string): string[] {
  const up = dirname(folder);
  return up === folder ? [folder] : [folder, ...foldersAbove(up)];
}

const firstFile = (paths: readonly string[]) => paths.find((path) => existsSync(path));

/** What to do about a package that was not found. */
export function packageHelp(name: string, folders: PackageFolders): string {
  const folder = folders.get(name);
  return folder === undefined
    ? `give the folder of the package: --package ${name}=FOLDER`
    : `it is not among the configs of ${folder}`;
}
