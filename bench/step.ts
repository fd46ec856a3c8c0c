/**
 * How long does one optimizer step take, when every parameter has settings of its own?
 *
 * Rivals: a loop that only moves the bytes; our operator path; PyTorch with one group a parameter, as MMEngine makes
 * them, and with one group for all.
 */
import {
  type Absent,
  type Effort,
  type Findings,
  interleave,
  type Ratio,
  type Rival,
  ratioOf,
  ratiosOf,
  rowsOf,
} from './lib/harness.ts';
import { buildLimit } from './lib/limit.ts';
import type { BenchOptions } from './lib/options.ts';
import type { Peers } from './lib/peers.ts';
import { type NamedShape, resNet50, swinT, vitB16 } from './lib/shapes.ts';

interface StepWork {
  work: string;
  algorithm: 'AdamW' | 'SGD' | 'Muon';
  shapes: NamedShape[];
}

export const STEP_WORKS: readonly StepWork[] = [
  { work: 'ViT-B/16, AdamW', algorithm: 'AdamW', shapes: vitB16() },
  { work: 'ResNet-50, SGD with momentum', algorithm: 'SGD', shapes: resNet50() },
  { work: 'Swin-T, Muon and AdamW', algorithm: 'Muon', shapes: swinT() },
];

/** Small enough for a test: the same parameters, each with a few elements. */
export const shrunk = (shapes: readonly NamedShape[]): NamedShape[] =>
  shapes.map(([name, shape]) => [name, shape.map((size) => Math.min(size, 4))]);

const OURS = 'Paramwise';
const ONE = 'Paramwise, one setting for all';
const CLIPPING = 'clipping by norm';
const CLIPPED = `${OURS}, ${CLIPPING}`;
const OPERATORS = 'Paramwise, operator path';

/** What each variant of a peer is called in the results. */
const TITLES = {
  paramwise: {
    kernel: OURS,
    one: ONE,
    clipped: CLIPPED,
    limit: 'memory limit',
    products: 'the matrix products alone',
    operators: OPERATORS,
  },
  pytorch: {
    groups: 'PyTorch, a group each',
    groups_foreach: 'PyTorch, a group each, foreach',
    groups_foreach_clipped: `PyTorch, a group each, foreach, ${CLIPPING}`,
    // From PyTorch 2.4 on, and for AdamW.
    groups_fused: 'PyTorch, a group each, fused',
    groups_fused_clipped: `PyTorch, a group each, fused, ${CLIPPING}`,
    one: 'PyTorch, one group',
    one_foreach: 'PyTorch, one group, foreach',
    one_fused: 'PyTorch, one group, fused',
  },
  pytorch_our_blas: { groups: 'PyTorch, a group each, on our OpenBLAS' },
} as const;

type StepPeer = keyof typeof TITLES;

/**
 * Every variant that a peer offers for this work, and why the others are not there.
 *
 * @param isMuon its matrix products take seconds, and make it matter which BLAS a peer has
 */
async function rivalsOf(
  peers: Peers,
  settings: object,
  isMuon: boolean,
): Promise<{ rivals: Rival[]; absent: Absent[] }> {
  const rivals: Rival[] = [];
  const absent: Absent[] = [];
  for (const name of Object.keys(TITLES) as StepPeer[]) {
    if (name === 'pytorch_our_blas' && !isMuon) continue;
    const peer = peers.of(name);
    const offered = typeof peer === 'string' ? undefined : (await peer.setup('optimizers', settings)).variants;
    for (const [variant, who] of Object.entries(TITLES[name])) {
      if (typeof peer === 'string') absent.push({ who, note: peer });
      else if (offered?.includes(variant)) rivals.push({ who, run: () => peer.run(variant, isMuon ? 1 : 3) });
    }
  }
  return { rivals, absent };
}

/** Muon's matrix products take seconds. */
const fewer = ({ runs, warmup }: Effort): Effort => ({ runs: Math.min(runs, 5), warmup: Math.min(warmup, 1) });

async function measure(peers: Peers, { work, algorithm, shapes }: StepWork, options: BenchOptions): Promise<Findings> {
  const settings = { algorithm, shapes: options.tiny ? shrunk(shapes) : shapes, limit: buildLimit() };
  const isMuon = algorithm === 'Muon';
  const { rivals, absent } = await rivalsOf(peers, settings, isMuon);
  const times = await interleave(rivals, isMuon ? fewer(options) : options);
  const others = rivals.map(({ who }) => who).filter((who) => who !== OURS && !who.endsWith(CLIPPING));
  const clipping = ratioOf(times, CLIPPED, OURS)!;
  const clipped: Ratio[] = [
    { work: `${work}, ${CLIPPING}`, ours_to: `${OURS}, without clipping`, ratio: clipping },
    ...ratiosOf(`${work}, ${CLIPPING}`, times, CLIPPED, [
      TITLES.pytorch.groups_foreach_clipped,
      TITLES.pytorch.groups_fused_clipped,
    ]),
  ];
  return { rows: rowsOf(work, times, absent), ratios: [...ratiosOf(work, times, OURS, others), ...clipped] };
}

export async function step(peers: Peers, options: BenchOptions): Promise<Findings> {
  const findings: Findings = { rows: [], ratios: [] };
  await peers.start(['paramwise', 'pytorch', 'pytorch_our_blas']);
  for (const work of STEP_WORKS) {
    const { rows, ratios } = await measure(peers, work, options);
    findings.rows.push(...rows);
    findings.ratios.push(...ratios);
  }
  return findings;
}
