/** On what a benchmark ran. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

export interface Machine {
  cpu: string;
  cores: number;
  memory_gib: number;
  os: string;
  /** Threads that every rival was given. */
  threads: number;
  /** Runnable processes in the minute before: 0 on a quiet machine. */
  load_before: number;
  date: string;
  /** Variables that change how threads wait, where somebody set them. */
  environment?: Record<string, string>;
}

export function describeMachine(threads: number): Machine {
  const [first] = cpus();
  return {
    cpu: cpuModel() ?? first?.model ?? 'unknown',
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    os: `${process.platform} ${release()}`,
    threads,
    load_before: Number(loadavg()[0]!.toFixed(2)),
    date: new Date().toISOString().slice(0, 10),
    ...threadSettings(),
  };
}

function threadSettings(): Pick<Machine, 'environment'> {
  const set = Object.entries(process.env).filter(([name]) => /^(OMP|GOMP|OPENBLAS)_/.test(name));
  return set.length > 0 ? { environment: Object.fromEntries(set) as Record<string, string> } : {};
}

/** The processor's name, with family and model where the name alone says little (virtual machines). */
function cpuModel(): string | undefined {
  try {
    const info = readFileSync('/proc/cpuinfo', 'utf8');
    const field = (name: string) => new RegExp(`^${name}\\s*: (.+)$`, 'm').exec(info)?.[1];
    return `${field('model name')}, family ${field('cpu family')} model ${field('model')}`;
  } catch {
    return undefined;
  }
}

export function ownVersions(): Record<string, string> {
  const manifest = join(import.meta.dirname, '../../packages/torch/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return { paramwise: version, node: process.versions.node };
}
