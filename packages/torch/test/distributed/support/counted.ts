/**
 * Bytes that an update sends over loopback, of all ranks together: `counted.ts RANKS ZERO`. To be run in a network namespace of
 * its own, where nobody else sends. What ranks exchange at the start and the end is in both counts, and falls out.
 */
import { readFileSync } from 'node:fs';
import { runRanks } from './ranks.ts';

const [ranks, zero = ''] = process.argv.slice(2);
const [FEW, MANY] = [2, 12];

/** Column 9 of a device is what it transmitted. */
function sent(): number {
  const columns = /^\s*lo:\s*(.*)$/m.exec(readFileSync('/proc/self/net/dev', 'utf8'))?.[1]?.split(/\s+/);
  return Number(columns?.[8]);
}

async function bytesOf(updates: number) {
  const before = sent();
  const results = await runRanks<{ sizes: number[] }>(Number(ranks), 'updates.ts', [String(updates), zero]);
  return { bytes: sent() - before, sizes: results[0]!.sizes };
}

const few = await bytesOf(FEW);
const many = await bytesOf(MANY);
process.stdout.write(`${JSON.stringify({ sizes: many.sizes, bytes: (many.bytes - few.bytes) / (MANY - FEW) })}\n`);
