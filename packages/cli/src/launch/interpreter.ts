/** How a script is run: as Node.js does it, TypeScript by tsx or by Node.js itself. */
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { refuse } from '../refusal.ts';

/**
 * The arguments for Node.js, the script included. TypeScript is run by the tsx of the script's own project, or by that
 * of this command.
 *
 * @throws Refusal where there is no such file, or nothing that runs it
 */
export function nodeArguments(script: string): string[] {
  const path = resolve(script);
  if (!existsSync(path) || !statSync(path).isFile()) refuse(`${script}: no such file`);
  if (/\.(py|sh)$/.test(path))
    refuse(`${script}: launch starts scripts of Node.js; start other programs with torchrun, or set RANK … yourself`);
  if (!/\.[mc]?tsx?$/.test(path)) return [path];
  const tsx = resolved(path) ?? resolved(import.meta.url);
  if (tsx !== undefined) return ['--import', pathToFileURL(tsx).href, path];
  // What Node.js 22.18 and newer say of themselves.
  if (Reflect.get(process.features, 'typescript')) return [path];
  return refuse(`${script}: nothing here runs TypeScript: npm install tsx, compile the script, or use Node.js 22.18`);
}

function resolved(from: string): string | undefined {
  try {
    return createRequire(from).resolve('tsx');
  } catch {
    return undefined;
  }
}
