/** What `paramwise launch` was asked for, checked as a whole before anything starts. */
import { type Given, required } from '../command.ts';
import { refuse } from '../refusal.ts';

export interface LaunchSettings {
  readonly script: string;
  /** What the script gets as its own arguments. */
  readonly args: readonly string[];
  /** Ranks of this machine. */
  readonly ranks: number;
  readonly nodes: number;
  /** Number of this machine, from 0. */
  readonly nodeRank: number;
  readonly masterAddress: string;
  /** Undefined where a free one is to be chosen. */
  readonly masterPort: number | undefined;
  readonly maxRestarts: number;
  /** Seconds that ranks have to end by themselves before they are killed. */
  readonly grace: number;
}

const MOST_RANKS = 1024;
const LOOPBACK = '127.0.0.1';
/** What torchrun takes where none is given. */
const USUAL_PORT = 29_500;

/** @throws Refusal that says what to give */
export function readSettings(given: Given, args: readonly string[]): LaunchSettings {
  const nodes = wholeNumber(given, 'nnodes', { least: 1, most: 65_536, preset: 1 });
  return {
    script: required(given, 'script'),
    args,
    ranks: wholeNumber(given, 'nproc-per-node', { least: 1, most: MOST_RANKS, preset: 1 }),
    nodes,
    grace: wholeNumber(given, 'grace', { least: 0, most: 3600, preset: 10 }),
    ...(nodes === 1 ? oneMachine(given) : severalMachines(given, nodes)),
  };
}

function oneMachine(given: Given) {
  wholeNumber(given, 'node-rank', { least: 0, most: 0, preset: 0 });
  return {
    nodeRank: 0,
    masterAddress: textOf(given, 'master-addr') ?? LOOPBACK,
    masterPort: portOf(given),
    maxRestarts: wholeNumber(given, 'max-restarts', { least: 0, most: 1000, preset: 0 }),
  };
}

function severalMachines(given: Given, nodes: number) {
  if (textOf(given, 'node-rank') === undefined)
    refuse(`--nnodes ${nodes}: say which of them this is, with --node-rank 0 to ${nodes - 1}`);
  const masterAddress = textOf(given, 'master-addr');
  if (masterAddress === undefined)
    return refuse(`--nnodes ${nodes}: say where rank 0 is, with --master-addr and the name or address of machine 0`);
  // A restarted rank 0 has to wait for the ranks of all machines, and they cannot know of one another's restarts.
  if (textOf(given, 'max-restarts') !== undefined)
    refuse(
      '--max-restarts: one machine alone cannot restart the ranks of others; let what starts the launchers restart them all (Slurm, Kubernetes), or use torchrun, whose machines agree on a restart',
    );
  return {
    nodeRank: wholeNumber(given, 'node-rank', { least: 0, most: nodes - 1, preset: 0 }),
    masterAddress,
    masterPort: portOf(given) ?? USUAL_PORT,
    maxRestarts: 0,
  };
}

const portOf = (given: Given) =>
  textOf(given, 'master-port') === undefined
    ? undefined
    : wholeNumber(given, 'master-port', { least: 1, most: 65_535, preset: USUAL_PORT });

/** @param name as it is typed, without the dashes */
function textOf(given: Given, name: string): string | undefined {
  const value = given[name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
  return typeof value === 'string' ? value : undefined;
}

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly preset: number;
}

function wholeNumber(given: Given, name: string, { least, most, preset }: Bounds): number {
  const text = textOf(given, name);
  if (text === undefined) return preset;
  if (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  const allowed = least === most ? `${least} here` : `a whole number from ${least} to ${most}`;
  return refuse(`--${name} ${text}: give ${allowed}`);
}
