/** All ranks of this machine from their start until the last has ended. */
import type { Terminal } from '../command.ts';
import { type Attempt, globalRank, rankEnvironment } from './environment.ts';
import { type Keeper, startKeeper } from './keeper.ts';
import { type RankEnd, type RankProcess, startRank } from './rank-process.ts';
import type { StopRequests } from './stop-requests.ts';

/**
 * Starts the ranks and waits for them. Once one fails, or the launcher is told to stop, all are: by a signal first, and
 * by SIGKILL after the grace.
 *
 * @param nodeArgs what Node.js gets, the script and its arguments
 * @returns the rank that failed first, if any; one that ended because it was told to stop has not failed
 */
export async function runAttempt(
  attempt: Attempt,
  nodeArgs: readonly string[],
  terminal: Terminal,
  stop: StopRequests,
): Promise<RankEnd | undefined> {
  const { settings } = attempt;
  const keeper = startKeeper(settings.grace);
  const ranks = startAll(attempt, nodeArgs, terminal, keeper);
  const ending = makeEnding(ranks, settings.grace);
  let failed: RankEnd | undefined;
  for (const rank of ranks)
    rank.onEnd((end) => {
      if (end.code === 0 || failed !== undefined || stop.signal !== undefined) return;
      failed = end;
      const others = ranks.length > 1 ? '; ending the others' : '';
      terminal.err(`paramwise launch: ${nameOf(end)} ${end.how}${others}\n`);
      ending.ask('SIGTERM');
    });
  stop.react(ending.ask, ending.insist);
  if (stop.signal !== undefined) ending.ask(stop.signal);
  await Promise.all(ranks.map(({ finished }) => finished));
  ending.over();
  keeper.done();
  return failed;
}

function startAll(
  attempt: Attempt,
  nodeArgs: readonly string[],
  terminal: Terminal,
  keeper: Keeper,
): readonly RankProcess[] {
  const { settings } = attempt;
  const ranks: RankProcess[] = [];
  try {
    for (let localRank = 0; localRank < settings.ranks; localRank++) {
      const environment = rankEnvironment(attempt, localRank);
      const rank = startRank(globalRank(settings, localRank), nodeArgs, environment, terminal);
      ranks.push(rank);
      if (rank.pid !== undefined) keeper.watch(rank.pid);
    }
  } catch (error) {
    // The system would not have one more process: those that run wait for it in vain.
    for (const rank of ranks) rank.signal('SIGKILL');
    keeper.done();
    throw error;
  }
  return ranks;
}

/** `rank 1 (process 4242)` */
export function nameOf({ rank, pid }: RankEnd): string {
  return pid === undefined ? `rank ${rank}` : `rank ${rank} (process ${pid})`;
}

function makeEnding(ranks: readonly RankProcess[], grace: number) {
  let patience: NodeJS.Timeout | undefined;
  const signalAll = (name: NodeJS.Signals) => {
    for (const rank of ranks) rank.signal(name);
  };
  const insist = () => signalAll('SIGKILL');
  return {
    ask(signal: NodeJS.Signals) {
      signalAll(signal);
      patience ??= setTimeout(insist, 1000 * grace);
    },
    insist,
    over: () => clearTimeout(patience),
  };
}
