/** Python with PyTorch, where there is one: `PARAMWISE_PYTHON`, or Debian's. */
import { execFileSync, spawnSync } from 'node:child_process';
import { describe } from 'vitest';

export const pythonProgram = process.env.PARAMWISE_PYTHON ?? '/usr/bin/python3';

/** What a script prints. Throws with its errors where it fails. */
export function python(script: string, folder: string, ...args: string[]): string {
  const environment = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: '1' };
  return execFileSync(pythonProgram, ['-W', 'ignore', '-', ...args], {
    cwd: folder,
    input: script,
    encoding: 'utf8',
    env: environment,
    maxBuffer: 1 << 28,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** `describe` for tests that need a package of Python; where it is missing they are skipped with that reason in their name. */
export function describePython(module: string, name: string, body: () => void): void {
  const found = spawnSync(pythonProgram, [
    '-c',
    `import importlib.util as u, sys; sys.exit(u.find_spec(${JSON.stringify(module)}) is None)`,
  ]);
  if (found.status === 0) describe(name, body);
  else describe.skip(`${name} (skipped: ${pythonProgram} has no ${module}; apt-get install python3-torchvision)`, body);
}
