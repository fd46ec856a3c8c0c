/** What of a checkpoint is no tensor: JSON in the metadata of the file. */
import type { SavedSparse } from './gradients.ts';
import type { SavedOptimizer } from './optimizer.ts';

const FORMAT = 'paramwise-checkpoint/1';

export interface SavedWrapper {
  /** Name of its class; `Optimizer` for an optimizer without a wrapper. */
  type: string;
  optimizer: SavedOptimizer;
  rest: Record<string, unknown>;
}

export interface Saved {
  wrappers: Record<string, SavedWrapper>;
  schedulers: Record<string, unknown>[];
  /** What each of the schedules is called; not there where that is its place in the list. */
  scheduleNames?: string[];
  driver: Record<string, unknown> | null;
  sparse?: SavedSparse;
  meta: unknown;
}

export function writeSaved(saved: Saved): string {
  return JSON.stringify({ format: FORMAT, ...saved }, encodeNumber);
}

/**
 * @param path of the file, for messages
 * @throws Error for metadata that is not of a checkpoint, or of one of another format
 */
export function parseSaved(path: string, text: string | undefined): Saved {
  if (text === undefined) throw new Error(`${path} holds tensors but is no checkpoint: read it with loadSafetensors`);
  const saved = JSON.parse(text, decodeNumber) as Saved & { format: unknown };
  if (saved.format !== FORMAT)
    throw new Error(`${path} is a checkpoint of format ${saved.format}; this version reads ${FORMAT}`);
  return saved;
}

/** JSON has no infinities; rates and limits do. Keys that begin with `$` get another, so that they stay what they are. */
function encodeNumber(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
  return renameKeys(value, '$', (key) => `$${key}`);
}

function decodeNumber(_key: string, value: unknown): unknown {
  const text = typeof value === 'object' && value !== null && '$number' in value ? value.$number : undefined;
  return typeof text === 'string' ? Number(text) : renameKeys(value, '$$', (key) => key.slice(1));
}

function renameKeys(value: unknown, prefix: string, rename: (key: string) => string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  if (!entries.some(([key]) => key.startsWith(prefix))) return value;
  return Object.fromEntries(entries.map(([key, each]) => [key.startsWith(prefix) ? rename(key) : key, each]));
}
