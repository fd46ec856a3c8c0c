/** Builds `limit/limit.c`, which moves the bytes of an optimizer step and does nothing else. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface LimitAddon {
  /** @param averages running averages that the optimizer keeps: 2 is 28 bytes an element, 1 is 20 */
  make(elements: number, averages: number): void;
  move(keep: number, add: number, threads: number): void;
}

const source = join(import.meta.dirname, '../limit/limit.c');
const built = join(import.meta.dirname, '../build/limit.node');

/** @returns path of the addon */
export function buildLimit(): string {
  if (existsSync(built) && statSync(built).mtimeMs > statSync(source).mtimeMs) return built;
  mkdirSync(dirname(built), { recursive: true });
  const { include_dir } = createRequire(import.meta.url)('node-api-headers') as { include_dir: string };
  execFileSync('cc', ['-O3', '-shared', '-fPIC', '-fopenmp', `-I${include_dir}`, '-o', built, source]);
  return built;
}
