/** How much memory does training need at most? A fresh process for each network and rival; `VmHWM` after the steps. */
import { type Findings, median, type Row } from './lib/harness.ts';
import type { BenchOptions } from './lib/options.ts';
import { PEER_TITLES, type PeerName } from './lib/peer.ts';
import { Peers } from './lib/peers.ts';
import { TRAININGS, type Training } from './lib/training.ts';

const STEPS = 20;

async function peakOf(all: Peers, name: PeerName, training: Training, steps: number): Promise<Row> {
  const [work, who] = [training.title, PEER_TITLES[name]];
  const peers = new Peers(all.threads);
  await peers.start([name]);
  const peer = peers.of(name);
  if (typeof peer === 'string') return { work, who, median_ms: null, min_ms: null, runs: 0, note: peer };
  try {
    await peer.setup('training', { ...training, cold: true });
    const ms: number[] = [];
    for (let step = 0; step < steps; step++) ms.push(await peer.run('train', 1));
    const peak_mib = await peer.peakMib();
    Object.assign(all.versions, peers.versions);
    return { work, who, median_ms: median(ms), min_ms: Math.min(...ms), runs: steps, peak_mib };
  } finally {
    await peers.close();
  }
}

export async function memory(peers: Peers, { tiny }: BenchOptions): Promise<Findings> {
  const findings: Findings = { rows: [], ratios: [] };
  for (const training of TRAININGS) {
    const isMlp = training.network === 'mlp';
    if (tiny && !isMlp) continue;
    const names: PeerName[] = ['paramwise', 'pytorch', ...(isMlp ? (['tfjs', 'jax'] as const) : [])];
    const [ours, ...others] = await inOrder(names, (name) => peakOf(peers, name, training, tiny ? 2 : STEPS));
    findings.rows.push(ours!, ...others);
    for (const { work, who, peak_mib } of others)
      if (peak_mib !== undefined)
        findings.ratios.push({ work: `peak memory, ${work}`, ours_to: who, ratio: ours!.peak_mib! / peak_mib });
  }
  return findings;
}

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
