/** What one rank does for all: the others wait until it is done. */
import { broadcastTextNow } from './at-once.ts';
import { severalRanks } from './process-group.ts';

/**
 * Runs `write` on rank 0 of the run, and returns on every rank once that is done; outside of a run it just runs it.
 *
 * @throws Error on every rank where `write` throws on rank 0; DistributedError where ranks do not come here in time
 */
export function writeOnce(what: string, write: () => void): void {
  const group = severalRanks();
  if (group === undefined) return write();
  let failure: unknown;
  if (group.rank === 0) {
    try {
      write();
    } catch (error) {
      failure = error;
    }
  }
  const own = failure === undefined ? '' : failure instanceof Error ? failure.message : String(failure);
  const said = broadcastTextNow(what, group, JSON.stringify(own));
  if (failure !== undefined) throw failure;
  if (said !== '""') throw new Error(`${what}: rank 0 could not write: ${JSON.parse(said)}`);
}
