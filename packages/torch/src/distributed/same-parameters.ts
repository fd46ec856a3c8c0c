/** Whether all ranks hold the same parameters: what is exchanged goes by their order. */
import type { Tensor } from '../tensor.ts';
import { broadcastTextNow, maxNow } from './at-once.ts';
import type { ProcessGroup } from './process-group.ts';

/** @throws Error on every member that names the first whose parameters differ from those of the first member */
export function checkSameParameters(
  what: string,
  group: ProcessGroup,
  named: readonly (readonly [string, Tensor])[],
): void {
  if (group.size === 1) return;
  const own = named.map(([name, { shape, dtype, requiresGrad }]) =>
    [name, `[${shape.join(', ')}]`, dtype, requiresGrad ? 'trained' : 'frozen'].join(' '),
  );
  const first = JSON.parse(broadcastTextNow(what, group, JSON.stringify(own))) as string[];
  const difference = differenceOf(first, own);
  // Counted from the end, as the largest number is what all agree on.
  const found = maxNow(what, group, difference === undefined ? 0 : group.size - group.rank);
  if (found === 0) return;
  const rank = group.ranks[group.size - found] as number;
  const told = rank === group.ranks[group.rank] ? `: ${difference}` : ', which says more';
  throw new Error(`${what}: rank ${rank} does not hold the same parameters as rank ${group.ranks[0]}${told}`);
}

function differenceOf(first: readonly string[], own: readonly string[]): string | undefined {
  const at = Array.from({ length: Math.max(first.length, own.length) }, (_, i) => i).find((i) => first[i] !== own[i]);
  if (at === undefined) return undefined;
  return `parameter ${at} is ${own[at] ?? 'missing'} here, ${first[at] ?? 'missing'} there`;
}
