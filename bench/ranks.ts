/**
 * How long does a training step of two ranks take, against PyTorch's DistributedDataParallel? Both sides exchange gradients by
 * the same c10d and Gloo; each rank has a process and a thread of its own. A step is over when its slower rank is done.
 */
import { freePort } from '../testing/free-port.ts';
import { type Absent, type Findings, interleave, type Rival, ratiosOf, rowsOf } from './lib/harness.ts';
import type { BenchOptions } from './lib/options.ts';
import { PEER_TITLES, type Peer, type PeerName, startPeer } from './lib/peer.ts';
import type { Peers } from './lib/peers.ts';
import { TRAININGS, type Training } from './lib/training.ts';

const RANKS = 2;
const NAMES = ['paramwise', 'pytorch', 'pytorch_our_blas'] as const satisfies readonly PeerName[];

interface Run {
  readonly who: string;
  readonly ranks: readonly Peer[];
}

/** The ranks of one side, or why there are none. Adds their versions. */
async function startRun(name: PeerName, training: Training, versions: Peers['versions']): Promise<Run | string> {
  const started = await Promise.all(Array.from({ length: RANKS }, () => startPeer(name, 1)));
  const ranks = started.filter((peer) => typeof peer !== 'string');
  const missing = started.find((peer) => typeof peer === 'string');
  if (missing !== undefined) {
    await Promise.all(ranks.map((peer) => peer.close()));
    return missing;
  }
  for (const peer of ranks) Object.assign(versions, peer.versions);
  const port = await freePort();
  await Promise.all(ranks.map((peer, rank) => peer.setup('ranks', { ...training, rank, ranks: RANKS, port })));
  return { who: PEER_TITLES[name], ranks };
}

const slowest = async ({ ranks }: Run) => Math.max(...(await Promise.all(ranks.map((peer) => peer.run('train')))));

export async function ranks(peers: Peers, options: BenchOptions): Promise<Findings> {
  const training = TRAININGS.find(({ network }) => network === (options.tiny ? 'mlp' : 'resnet18'))!;
  const work = `${training.title}, on each of ${RANKS} ranks`;
  const runs: Run[] = [];
  const absent: Absent[] = [];
  try {
    for (const name of NAMES) {
      const run = await startRun(name, training, peers.versions);
      if (typeof run === 'string') absent.push({ who: PEER_TITLES[name], note: run });
      else runs.push(run);
    }
    const rivals = runs.map((run): Rival => ({ who: run.who, run: () => slowest(run) }));
    const times = await interleave(rivals, options);
    const others = runs.slice(1).map(({ who }) => who);
    return { rows: rowsOf(work, times, absent), ratios: ratiosOf(work, times, PEER_TITLES.paramwise, others) };
  } finally {
    await Promise.all(runs.flatMap((run) => run.ranks.map((peer) => peer.close())));
  }
}
