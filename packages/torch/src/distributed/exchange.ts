/** An exchange between ranks that is under way: waited for without blocking, or, where a result is needed at once, with. */
import { decode } from '../codec.ts';
import { native } from '../native.ts';
import { results } from '../wire.ts';
import { type ProcessGroup, write } from './process-group.ts';

/** An exchange failed: a rank is gone, or did not take part in time. */
export class DistributedError extends Error {
  override readonly name = 'DistributedError';
  /** The ranks that are gone, where that is known. */
  readonly ranks: readonly number[];

  constructor(message: string, ranks: readonly number[], options?: ErrorOptions) {
    super(message, options);
    this.ranks = ranks;
  }
}

/** A moment more than the exchange's own limit, so that its own words are the ones that are heard. */
const GRACE_MS = 1000;

/** Resolves once the exchange is done. @throws DistributedError that names who is gone, where that is known */
export async function settled(what: string, group: ProcessGroup, exchange: number): Promise<void> {
  write([exchange, group.timeoutMs + GRACE_MS]);
  try {
    await native.workPromise();
  } catch (cause) {
    throw failure(what, group, cause);
  }
}

/** Returns once the exchange is done. Blocks, so only for what cannot be a promise. @throws DistributedError as `settled` */
export function waited(what: string, group: ProcessGroup, exchange: number): void {
  attempt(what, group, () => {
    write([exchange, group.timeoutMs + GRACE_MS]);
    native.workWait();
  });
}

/** Runs what blocks. @throws DistributedError in place of what it throws */
export function attempt(what: string, group: ProcessGroup, exchange: () => void): void {
  try {
    exchange();
  } catch (cause) {
    throw failure(what, group, cause);
  }
}

function failure(what: string, group: ProcessGroup, cause: unknown): DistributedError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new DistributedError(`${what}: ${said}`, lostRanks(group), { cause });
}

function lostRanks(group: ProcessGroup): number[] {
  try {
    write([group.handle]);
    native.lostRanks();
    return decode(results())[0] as number[];
  } catch {
    return [];
  }
}
