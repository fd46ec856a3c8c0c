/** Whether all ranks hold the same: what is exchanged goes by order and size. */
import type { Tensor } from '../tensor.ts';
import { broadcastTextNow, maxNow } from './at-once.ts';
import type { ProcessGroup } from './process-group.ts';

type Named = readonly (readonly [string, Tensor])[];

/** What has to be the same on all members. */
export interface Held {
  readonly parameters: Named;
  readonly buffers?: Named;
  /** Settings that exchanges depend on. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Each as text, by what it is. */
interface Lines {
  readonly parameter: readonly string[];
  readonly buffer: readonly string[];
  readonly option: readonly string[];
}

/** @throws Error on every member that names the first that differs from the first member */
export function checkSameParameters(what: string, group: ProcessGroup, held: Held): void {
  if (group.size === 1) return;
  const own = linesOf(held);
  const first = JSON.parse(broadcastTextNow(what, group, JSON.stringify(own))) as Lines;
  const difference = differenceOf(first, own);
  // Counted from the end, as the largest number is what all agree on.
  const found = maxNow(what, group, difference === undefined ? 0 : group.size - group.rank);
  if (found === 0) return;
  const rank = group.ranks[group.size - found] as number;
  const told = rank === group.ranks[group.rank] ? `: ${difference}` : ', which says more';
  throw new Error(`${what}: rank ${rank} does not hold the same parameters as rank ${group.ranks[0]}${told}`);
}

function linesOf({ parameters, buffers = [], options = {} }: Held): Lines {
  const shapeOf = ({ shape, dtype }: Tensor) => `[${shape.join(', ')}] ${dtype}`;
  return {
    parameter: parameters.map(([name, each]) => `${name} ${shapeOf(each)} ${each.requiresGrad ? 'trained' : 'frozen'}`),
    buffer: buffers.map(([name, each]) => `${name} ${shapeOf(each)}`),
    option: Object.entries(options).map(([name, value]) => `${name} ${value}`),
  };
}

function differenceOf(first: Lines, own: Lines): string | undefined {
  for (const kind of ['parameter', 'buffer', 'option'] as const) {
    const [there, here] = [first[kind], own[kind]];
    const at = Array.from({ length: Math.max(there.length, here.length) }, (_, i) => i).find(
      (i) => there[i] !== here[i],
    );
    if (at !== undefined) return `${kind} ${at} is ${here[at] ?? 'missing'} here, ${there[at] ?? 'missing'} there`;
  }
  return undefined;
}
