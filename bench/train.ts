/** How long does one training step take: forward, backward, and the optimizer with param-wise settings? */
import { type Absent, type Findings, interleave, type Rival, ratiosOf, rowsOf } from './lib/harness.ts';
import type { BenchOptions } from './lib/options.ts';
import { PEER_TITLES, type Peer, type PeerName } from './lib/peer.ts';
import type { Peers } from './lib/peers.ts';
import { TRAININGS, type Training } from './lib/training.ts';

/** Who takes part, as what, and for which network. */
interface Entrant {
  peer: PeerName;
  variant: string;
  who: string;
  onlyMlp?: boolean;
}

const ENTRANTS: readonly Entrant[] = [
  { peer: 'paramwise', variant: 'train', who: PEER_TITLES.paramwise },
  { peer: 'paramwise', variant: 'train_zeros', who: 'Paramwise, gradients filled with zeros' },
  { peer: 'pytorch', variant: 'train', who: 'PyTorch, a group each' },
  { peer: 'pytorch', variant: 'train_foreach', who: 'PyTorch, a group each, foreach' },
  { peer: 'pytorch_our_blas', variant: 'train', who: 'PyTorch, a group each, on our OpenBLAS' },
  { peer: 'tfjs', variant: 'train', who: PEER_TITLES.tfjs, onlyMlp: true },
  { peer: 'jax', variant: 'train', who: PEER_TITLES.jax, onlyMlp: true },
];

const OF_TINY = new Set(['mlp']);

/** Our loss and PyTorch's, from the same seed, must be one number: else the two do not train the same network. */
async function setUp(peers: Peers, training: Training, names: readonly PeerName[]): Promise<void> {
  const losses = new Map<PeerName, number>();
  for (const name of names) {
    const peer = peers.of(name);
    if (typeof peer !== 'string') losses.set(name, Number((await peer.setup('training', training)).loss));
  }
  const [ours, theirs] = [losses.get('paramwise')!, losses.get('pytorch')];
  if (theirs !== undefined && Math.abs(ours - theirs) > 1e-4 * Math.abs(theirs))
    throw new Error(`${training.title}: our first loss is ${ours}, PyTorch's ${theirs}`);
}

async function measure(peers: Peers, training: Training, options: BenchOptions): Promise<Findings> {
  const work = training.title;
  const entrants = ENTRANTS.filter(({ onlyMlp }) => !onlyMlp || training.network === 'mlp');
  await setUp(peers, training, [...new Set(entrants.map(({ peer }) => peer))]);
  const rivals: Rival[] = [];
  const absent: Absent[] = [];
  for (const { peer: name, variant, who } of entrants) {
    const peer: Peer | string = peers.of(name);
    if (typeof peer === 'string') absent.push({ who, note: peer });
    else rivals.push({ who, run: () => peer.run(variant) });
  }
  const times = await interleave(rivals, options);
  const others = rivals.slice(1).map(({ who }) => who);
  return { rows: rowsOf(work, times, absent), ratios: ratiosOf(work, times, PEER_TITLES.paramwise, others) };
}

export async function train(peers: Peers, options: BenchOptions): Promise<Findings> {
  await peers.start(['paramwise', 'pytorch', 'pytorch_our_blas', 'tfjs', 'jax']);
  const findings: Findings = { rows: [], ratios: [] };
  for (const training of TRAININGS) {
    if (options.tiny && !OF_TINY.has(training.network)) continue;
    const { rows, ratios } = await measure(peers, training, options);
    findings.rows.push(...rows);
    findings.ratios.push(...ratios);
  }
  return findings;
}
