/**
 * The benchmarks: `npm run bench -- NAME…`, all without a name. Each prints its medians and ratios and writes
 * `bench/results/NAME.json`; `plots` draws the plots and tables of `docs/benchmarks.md` from what is there.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { against } from './against.ts';
import { calls } from './calls.ts';
import type { Findings } from './lib/harness.ts';
import { describeMachine, ownVersions } from './lib/machine.ts';
import type { BenchOptions } from './lib/options.ts';
import { Peers } from './lib/peers.ts';
import { resultText, writeResult } from './lib/report.ts';
import { memory } from './memory.ts';
import { plan } from './plan.ts';
import { plots } from './plots.ts';
import { ranks } from './ranks.ts';
import { step } from './step.ts';
import { train } from './train.ts';

type Bench = (peers: Peers, options: BenchOptions) => Promise<Findings>;

const BENCHES: Readonly<Record<string, { bench: Bench; threads?: number }>> = {
  step: { bench: step },
  plan: { bench: plan },
  calls: { bench: calls, threads: 1 },
  train: { bench: train },
  memory: { bench: memory },
  ranks: { bench: ranks, threads: 1 },
  against: { bench: against },
};

/** Not among those that run without a name: it needs another checkout. */
const ASKED_FOR = new Set(['against']);

const USAGE = `npm run bench -- [${Object.keys(BENCHES).join(' | ')} | plots]… [options]
  --runs N      timed rounds (default 15)
  --warmup N    rounds before them (default 3)
  --threads N   threads of every rival (default: all cores)
  --out DIR     where results go (default bench/results)
  --checkout DIR  another checkout, set up and built, that "against" compares with
  --tiny        sizes of a test; the times mean nothing`;

function readArguments() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    runs: text,
    warmup: text,
    threads: text,
    out: text,
    checkout: text,
    tiny: flag,
    help: flag,
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const count = (value: string | undefined, preset: number) => {
    const number = Number(value ?? preset);
    if (!Number.isInteger(number) || number < 0) throw new Error(`expected a whole number, found ${value}`);
    return number;
  };
  const unknown = positionals.find((name) => name !== 'plots' && !(name in BENCHES));
  if (unknown !== undefined) throw new Error(`there is no benchmark "${unknown}"`);
  return {
    names:
      positionals.length > 0 ? positionals : [...Object.keys(BENCHES).filter((name) => !ASKED_FOR.has(name)), 'plots'],
    out: values.out ?? join(import.meta.dirname, 'results'),
    runs: Math.max(1, count(values.runs, 15)),
    warmup: count(values.warmup, 3),
    threads: Math.max(1, count(values.threads, availableParallelism())),
    tiny: values.tiny ?? false,
    checkout: values.checkout,
    help: values.help ?? false,
  };
}

async function runBench(name: string, out: string, given: BenchOptions): Promise<void> {
  const { bench, threads = given.threads } = BENCHES[name]!;
  const machine = describeMachine(threads);
  const peers = new Peers(threads);
  try {
    const findings = await bench(peers, { ...given, threads });
    const result = { machine, versions: { ...ownVersions(), ...peers.versions }, ...findings };
    process.stdout.write(`${resultText(name, result)}\n`);
    writeResult(out, name, result);
  } finally {
    await peers.close();
  }
}

try {
  const { names, out, help, ...options } = readArguments();
  if (help) process.stdout.write(`${USAGE}\n`);
  for (const name of help ? [] : names) {
    if (name === 'plots') plots(out);
    else await runBench(name, out, options);
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`);
  process.exitCode = 1;
}
