/** The groups of processes that train together: joining one, parts of one, leaving it. */
import { describeValue } from '@paramwise/core/internal';
import { encode } from '../codec.ts';
import { native } from '../native.ts';
import { checkOptions } from '../options.ts';
import { reserve, wire } from '../wire.ts';
import { checkedLimit, type Meeting, type ProcessGroupOptions, readMeeting } from './environment.ts';

export type { ProcessGroupOptions } from './environment.ts';

/** Some of the run's processes, or all, in the order of `ranks`. Made by `newGroup`, never by `new`. */
export class ProcessGroup {
  /** The engine's number of it. */
  readonly handle: number;
  /** The members, by their ranks in the whole run. */
  readonly ranks: readonly number[];
  /** This process among the members. */
  readonly rank: number;
  readonly timeoutMs: number;

  constructor(handle: number, ranks: readonly number[], rank: number, timeoutMs: number) {
    this.handle = handle;
    this.ranks = ranks;
    this.rank = rank;
    this.timeoutMs = timeoutMs;
  }

  get size(): number {
    return this.ranks.length;
  }

  /** The member's place in the group. @throws RangeError for a rank of the run that is no member */
  placeOf(rank: number, what: string): number {
    const place = this.ranks.indexOf(rank);
    if (place < 0)
      throw new RangeError(`${what}: rank ${rank} is not in the group (members: ${this.ranks.join(', ')})`);
    return place;
  }
}

interface Run {
  readonly meeting: Meeting;
  readonly whole: ProcessGroup;
  /** Groups made so far, the whole one too: ranks count alike, so that a number is a name. */
  groups: number;
  /** Those that this process is in. */
  readonly parts: Set<ProcessGroup>;
}

let run: Run | undefined;
let isJoining = false;

/** Writes bare numbers, then values with their tags. */
export function write(numbers: readonly number[], ...values: readonly unknown[]): void {
  reserve(0, numbers.length);
  for (const [i, number] of numbers.entries()) wire.words[i] = number;
  let at = numbers.length;
  for (const value of values) at = encode(value, at);
}

const OPTIONS: Required<{ [name in keyof ProcessGroupOptions]: null }> = {
  backend: null,
  rank: null,
  worldSize: null,
  localRank: null,
  masterAddr: null,
  masterPort: null,
  timeoutMs: null,
  joinTimeoutMs: null,
};

/**
 * Joins the run: from here on this process exchanges tensors with the others. Waits until all have come, without blocking
 * the event loop, and not longer than `joinTimeoutMs`.
 *
 * Defaults: what the launcher says (torchrun, `paramwise launch`, Slurm, Open MPI, Kubernetes' training operator) by
 * environment variables; `masterAddr` 127.0.0.1 · `masterPort` 29500 · `timeoutMs` 300,000, also of
 * joining.
 *
 * @throws Error for a missing or impossible number, for a second call, where the others do not come in time, and where the
 * engine was built without Gloo, with what to install
 */
export async function initProcessGroup(options: ProcessGroupOptions = {}): Promise<void> {
  checkOptions('initProcessGroup', OPTIONS, options);
  const backend: unknown = options.backend;
  if (backend !== undefined && backend !== 'gloo')
    throw new Error(`initProcessGroup: there is no backend ${JSON.stringify(backend)} here; gloo is the one`);
  if (run || isJoining) throw new Error('initProcessGroup was called before; destroyProcessGroup comes between');
  const meeting = readMeeting(options);
  // An engine without Gloo refuses at once.
  const joining = join(meeting);
  isJoining = true;
  try {
    const handle = await joining;
    const ranks = Array.from({ length: meeting.worldSize }, (_, rank) => rank);
    run = {
      meeting,
      whole: new ProcessGroup(handle, ranks, meeting.rank, meeting.timeoutMs),
      groups: 1,
      parts: new Set(),
    };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const place = `${meeting.masterAddr}:${meeting.masterPort}`;
    throw new Error(
      `initProcessGroup: rank ${meeting.rank} of ${meeting.worldSize} could not join the others at ${place} within ${meeting.joinTimeoutMs / 1000} s: ${said}`,
      { cause },
    );
  } finally {
    isJoining = false;
  }
}

/** @throws Error at once where the engine was built without Gloo */
function join(meeting: Meeting): Promise<number> {
  const { rank, worldSize, masterPort, timeoutMs, joinTimeoutMs, holder, masterAddr, device, prefix } = meeting;
  const numbers = [rank, worldSize, masterPort, timeoutMs, joinTimeoutMs, holder === rank ? 1 : 0, holder ?? -1];
  write(numbers, masterAddr, device, prefix);
  // Each of its waits has the limit but those for a store that answers no more.
  return limited(native.joinGroup(), joinTimeoutMs + timeoutMs + GRACE_MS);
}

/** For what comes between the waits that have limits of their own. */
const GRACE_MS = 5000;
const LONGEST_MS = 2 ** 31 - 1;

async function limited<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the store does not answer any more, after ${ms / 1000} s`)),
      Math.min(ms, LONGEST_MS),
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function theRun(what: string): Run {
  if (run) return run;
  throw new Error(`${what}: this process is in no run; call \`await distributed.initProcessGroup()\` first`);
}

/** The group that a call is about: the one given, or the whole run. @throws TypeError for what is no group */
export function groupFor(what: string, group?: ProcessGroup): ProcessGroup {
  if (group === undefined) return theRun(what).whole;
  if (group instanceof ProcessGroup) return group;
  // Not the whole run: ranks outside of the group would take part in what is not theirs.
  if (group === null)
    throw new TypeError(`${what}: the group is null, as newGroup gives it to ranks that are not in it`);
  throw new TypeError(`${what}: ${describeValue(group)} is no group; take one that newGroup has made`);
}

/** The whole run where it has more than one rank; undefined for a process on its own. */
export function severalRanks(): ProcessGroup | undefined {
  return run !== undefined && run.whole.size > 1 ? run.whole : undefined;
}

/**
 * A group of some ranks. Every rank of the run has to call it, with the same ranks and in the same order.
 *
 * @param options `timeoutMs` of waits in it. Default: as the run's
 * @returns the group; null where this rank is not in it
 * @throws TypeError for what is no list; RangeError for ranks that are no ranks of the run, or stand twice, and for an
 * impossible limit; Error where the members do not come in time
 */
export async function newGroup(
  ranks: readonly number[],
  options: { timeoutMs?: number } = {},
): Promise<ProcessGroup | null> {
  checkOptions('newGroup', { timeoutMs: null }, options);
  const found = theRun('newGroup');
  const { whole, meeting } = found;
  const timeoutMs = checkedLimit('newGroup', 'timeoutMs', options.timeoutMs ?? meeting.timeoutMs);
  if (!Array.isArray(ranks)) throw new TypeError(`newGroup: ranks are a list of numbers, not ${describeValue(ranks)}`);
  const members = [...(ranks as readonly number[])].sort((a, b) => a - b);
  for (const [i, rank] of members.entries()) {
    whole.placeOf(rank, 'newGroup');
    if (rank === members[i - 1]) throw new RangeError(`newGroup: rank ${rank} stands twice`);
  }
  if (members.length === 0) throw new RangeError('newGroup: a group has at least one rank');
  const place = members.indexOf(whole.rank);
  const number = found.groups++;
  write([whole.handle, timeoutMs, number, members.length, place], meeting.device);
  const handle = await limited(native.splitGroup(), timeoutMs + GRACE_MS);
  if (place < 0) return null;
  const part = new ProcessGroup(handle, members, place, timeoutMs);
  found.parts.add(part);
  return part;
}

/**
 * Leaves a group, or the whole run with all groups in it, which the others then see. Reducers of `DistributedDataParallel` go with it. A process
 * that ends without leaving is taken for lost by those that wait for it.
 *
 * @param group default: the whole run
 * @throws Error outside of a run; TypeError for what is no group
 */
export async function destroyProcessGroup(group?: ProcessGroup): Promise<void> {
  const { whole, parts } = theRun('destroyProcessGroup');
  const left = groupFor('destroyProcessGroup', group);
  const isWhole = left === whole;
  if (isWhole) run = undefined;
  else parts.delete(left);
  for (const part of isWhole ? parts : []) await leave(part);
  await leave(left, isWhole);
}

async function leave(group: ProcessGroup, isWhole = false): Promise<void> {
  write([group.handle, isWhole ? 1 : 0]);
  await native.leaveGroup();
}

/** Whether this process is in a run: between `initProcessGroup` and `destroyProcessGroup`. */
export function isInitialized(): boolean {
  return run !== undefined;
}

/** This process's number, from 0: in the run, or in a group. @throws Error outside of a run */
export function getRank(group?: ProcessGroup): number {
  return groupFor('getRank', group).rank;
}

/** This process's number among those of its machine. @throws Error outside of a run */
export function getLocalRank(): number {
  return theRun('getLocalRank').meeting.localRank;
}

/** How many processes there are: in the run, or in a group. @throws Error outside of a run */
export function getWorldSize(group?: ProcessGroup): number {
  return groupFor('getWorldSize', group).size;
}
