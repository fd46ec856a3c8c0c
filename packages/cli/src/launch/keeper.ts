/** Ends the ranks where the launcher itself is killed and can do nothing any more. */
import { spawn } from 'node:child_process';

/**
 * Reads process groups from its input. Where that ends without "done", whoever wrote it is gone, by whatever signal: then
 * the groups are told to end, and after a grace killed. A shell, as it is everywhere, small, and starts at once.
 */
const SCRIPT = `
groups=
while read -r group; do
  [ "$group" = done ] && exit 0
  groups="$groups -$group"
done
kill -s TERM -- $groups
sleep "$1"
kill -s KILL -- $groups
`;

export interface Keeper {
  /** @param pid of the process that leads the group */
  watch(pid: number): void;
  /** All groups have ended. */
  done(): void;
}

/** @param grace in seconds */
export function startKeeper(grace: number): Keeper {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'paramwise-launch-keeper', String(grace)], {
    // A session of its own: what the terminal sends to the launcher does not reach it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Ranks are ended without it too, unless the launcher is killed.
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  child.unref();
  return {
    watch: (pid) => void child.stdin.write(`${pid}\n`),
    done: () => void child.stdin.end('done\n'),
  };
}
