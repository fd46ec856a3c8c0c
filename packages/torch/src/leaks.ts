/** One warning when very many tensors are alive that no scope will release. */
import { native } from './native.ts';

const LIMIT = 10_000;
/** Even near the limit the engine is asked once in so many tensors. */
const PAUSE = 100;

/** Tensors ever made outside of scopes, or handed out of the last one. */
let made = 0;
/** The value of `made` at which there may be `LIMIT` of them alive. */
let due = LIMIT;
/** Tensors that are meant to stay, and are alive. */
let kept = 0;

/** A tensor more that no scope will release. Costs a sum and a comparison. */
export function countUnscoped(): void {
  if (++made >= due) look();
}

/** `keep` was called (1), or what was kept is gone (-1). */
export function countKept(change: 1 | -1): void {
  kept += change;
}

/** Runs where no scope is open: all that is alive and was not kept stays so. */
function look(): void {
  const alive = native.liveCount() - kept;
  due = made + Math.max(LIMIT - alive, PAUSE);
  if (alive < LIMIT) return;
  due = Number.POSITIVE_INFINITY;
  process.emitWarning(
    `${LIMIT.toLocaleString('en')} tensors are alive that no tidy() scope will release; put each step of a loop into ` +
      'tidy(() => …), call dispose() on what is done with, and keep() on what is to stay',
    { type: 'ParamwiseWarning', code: 'PARAMWISE_LEAK' },
  );
}
