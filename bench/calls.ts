/** What does it cost to call a tiny operator, from Node.js and from Python? One thread, 1000 calls a run. */
import { type Absent, type Findings, interleave, type Rival, ratiosOf, rowsOf } from './lib/harness.ts';
import type { BenchOptions } from './lib/options.ts';
import { PEER_TITLES } from './lib/peer.ts';
import type { Peers } from './lib/peers.ts';

const WORKS = {
  add_: '1000 × x.add_(y), 1 element',
  add: '1000 × x.add(y), 1 element, result released',
};

export async function calls(peers: Peers, options: BenchOptions): Promise<Findings> {
  const findings: Findings = { rows: [], ratios: [] };
  const names = ['paramwise', 'pytorch'] as const;
  await peers.start(names);
  for (const peer of peers.present()) await peer.setup('calls', {});
  for (const [variant, work] of Object.entries(WORKS)) {
    const rivals: Rival[] = [];
    const absent: Absent[] = [];
    for (const name of names) {
      const [who, peer] = [PEER_TITLES[name], peers.of(name)];
      if (typeof peer === 'string') absent.push({ who, note: peer });
      else rivals.push({ who, run: () => peer.run(variant) });
    }
    const times = await interleave(rivals, { runs: 3 * options.runs, warmup: 5 * options.warmup });
    findings.rows.push(...rowsOf(work, times, absent));
    findings.ratios.push(...ratiosOf(work, times, PEER_TITLES.paramwise, [PEER_TITLES.pytorch]));
  }
  return findings;
}
