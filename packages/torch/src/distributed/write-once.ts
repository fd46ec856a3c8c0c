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
  let failure: unknown;
  if (group === undefined || group.rank === 0) {
    try {
      write();
    } catch (error) {
      failure = error;
    }
  }
  if (group !== undefined) {
    const own =
      failure === undefined ? '' : String(failure instanceof Error ? failure.message : failure) || 'no reason';
    const said = broadcastTextNow(what, group, own);
    if (group.rank !== 0 && said !== '') throw new Error(`${what}: rank 0 could not write: ${said}`);
  }
  if (failure !== undefined) throw failure;
}
