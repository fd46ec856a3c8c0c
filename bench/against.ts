/**
 * Did a change make anything slower? This checkout and another one take turns, each in a process of its own: one step of
 * every optimizer, tiny calls, whole training steps, and planning. A ratio above 1 means that this one is slower.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { planParamGroups } from '@paramwise/core';
import { type Findings, interleave, type Rival, ratiosOf, rowsOf } from './lib/harness.ts';
import { buildLimit } from './lib/limit.ts';
import type { BenchOptions } from './lib/options.ts';
import { type Peer, startCheckout, startPeer } from './lib/peer.ts';
import type { Peers } from './lib/peers.ts';
import { TRAININGS } from './lib/training.ts';
import { planning } from './plan.ts';
import { STEP_WORKS, shrunk } from './step.ts';

const HERE = 'this checkout';
const THERE = 'the other';

interface Task {
  readonly title: string;
  readonly work: string;
  readonly settings: object;
  readonly variants: readonly string[];
}

function tasks({ tiny }: BenchOptions): Task[] {
  const limit = buildLimit();
  const steps = STEP_WORKS.filter(({ algorithm }) => algorithm !== 'Muon').map(({ work, algorithm, shapes }) => {
    const settings = { algorithm, shapes: tiny ? shrunk(shapes) : shapes, limit };
    return { title: work, work: 'optimizers', settings, variants: ['kernel', 'one', 'clipped'] };
  });
  const trainings = TRAININGS.filter(({ network }) => !tiny || network === 'mlp').map((training) => {
    return { title: training.title, work: 'training', settings: training, variants: ['train'] };
  });
  return [...steps, ...trainings, { title: '1000 calls', work: 'calls', settings: {}, variants: ['add_', 'add'] }];
}

async function measure(peers: readonly (readonly [string, Peer])[], task: Task, options: BenchOptions) {
  for (const [, peer] of peers) await peer.setup(task.work, task.settings);
  const findings: Findings = { rows: [], ratios: [] };
  for (const variant of task.variants) {
    const rivals = peers.map(([who, peer]): Rival => ({ who, run: () => peer.run(variant) }));
    add(findings, `${task.title}, ${variant}`, await interleave(rivals, options));
  }
  return findings;
}

function add(findings: Findings, work: string, times: Awaited<ReturnType<typeof interleave>>): void {
  findings.rows.push(...rowsOf(work, times));
  findings.ratios.push(...ratiosOf(work, times, HERE, [THERE]));
}

async function plans(folder: string, options: BenchOptions, findings: Findings): Promise<void> {
  const door = pathToFileURL(resolve(folder, 'packages/core/src/index.ts')).href;
  const other = (await import(door)) as { planParamGroups: typeof planParamGroups };
  const size = options.tiny ? 100 : 100_000;
  const rivals = [planning(size, planParamGroups, HERE), planning(size, other.planParamGroups, THERE)];
  add(findings, `plan of ${size.toLocaleString('en')} parameters`, await interleave(rivals, options));
}

/** @throws Error where there is no other checkout, or it is not built */
export async function against(_peers: Peers, options: BenchOptions): Promise<Findings> {
  const { checkout, threads } = options;
  if (checkout === undefined) throw new Error('against: give the other checkout, --checkout DIR');
  const folder = resolve(checkout);
  const here = await startPeer('paramwise', threads);
  const there = await startCheckout(folder, threads);
  if (typeof here === 'string' || typeof there === 'string')
    throw new Error(`against: ${[here, there].find((peer) => typeof peer === 'string')}`);
  const findings: Findings = { rows: [], ratios: [] };
  try {
    for (const task of tasks(options)) {
      const { rows, ratios } = await measure(
        [
          [HERE, here],
          [THERE, there],
        ],
        task,
        options,
      );
      findings.rows.push(...rows);
      findings.ratios.push(...ratios);
    }
    await plans(folder, options, findings);
  } finally {
    await Promise.all([here.close(), there.close()]);
  }
  return findings;
}
