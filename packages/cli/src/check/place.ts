/** The line of a file that something said about its config is about. */
import { existsSync } from 'node:fs';

/** A reason whose file and line are told apart from it. */
export interface Placed {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** `base.py:3: …`, as refusals begin, taken apart; one that names no other file is about `path`. */
export function placeOfRefusal(reason: string, path: string): Placed {
  const [, file = '', line, message = ''] = /^(.+?\.(?:py|json|ya?ml))(?::(\d+))?: ([\s\S]*)$/.exec(reason) ?? [];
  if (file === '' || !(file === path || existsSync(file))) return { file: path, line: 1, message: reason };
  const inText = /\bat line (\d+)/.exec(message)?.[1];
  return { file, line: Number(line ?? inText ?? 1), message };
}

/** The line at which a field stands: that of the last of these names that is found, each looked for behind the one before. */
export function lineOf(text: string, names: readonly PropertyKey[]): number {
  let at = 0;
  let found = 0;
  for (const name of names) {
    if (typeof name === 'number') continue;
    const place = placeOf(text, String(name), at);
    if (place < 0) break;
    found = place;
    at = place + String(name).length;
  }
  return text.slice(0, found).split('\n').length;
}

/** Where a whole name is; dots and slashes may be part of it. */
function placeOf(text: string, name: string, from: number): number {
  const isPart = (character: string | undefined) => character !== undefined && /[\w]/.test(character);
  for (let at = text.indexOf(name, from); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!isPart(text[at - 1]) && !isPart(text[at + name.length])) return at;
  }
  return -1;
}

/** The names in a message such as `optim_wrapper.paramwise_cfg.custom_keys["a.b"]: …`; none where it begins with no field. */
export function namesIn(message: string): string[] {
  const path = /^[\w$]+(?:\.[\w$]+|\["(?:[^"\\]|\\.)*"\]|\[\d+\])+/.exec(message)?.[0] ?? '';
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|([A-Za-z_$][\w$]*)/g)].map(([, key, word]) => key ?? word!);
}
