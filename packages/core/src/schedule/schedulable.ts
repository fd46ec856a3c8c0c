/** What a schedule acts on: groups of settings, and one field of each. */
import { describeValue } from '../config/errors.ts';
import type { GroupSettings } from '../groups.ts';
import { findAlgorithmInfo } from '../optimizers/table.ts';

/** What is scheduled: an optimizer or an optimizer wrapper. */
export interface Schedulable {
  readonly paramGroups: readonly GroupSettings[];
  /** What the optimizer's groups have without settings of their own; a wrapper may show them through `optimizer`. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly optimizer?: { readonly defaults: Readonly<Record<string, unknown>> };
  /** Settings that no rule has touched, scheduled along as if they were one more group. */
  readonly baseParamSettings?: GroupSettings | null;
}

/** @throws TypeError for what has no groups to schedule. */
export function checkSchedulable(who: string, optimizer: unknown): void {
  const { paramGroups } = Object(optimizer) as Partial<Schedulable>;
  if (Array.isArray(paramGroups) && paramGroups.every((group) => Object(group) === group)) return;
  throw new TypeError(
    `${who} schedules an optimizer or an optimizer wrapper, which has paramGroups; found ${describeValue(optimizer)}`,
  );
}

/** The groups that a schedule moves: those of the optimizer, and the settings that no rule has touched. */
export function scheduledGroups({ paramGroups, baseParamSettings }: Schedulable): readonly GroupSettings[] {
  const base = baseParamSettings ?? undefined;
  return base === undefined || paramGroups.includes(base) ? paramGroups : [...paramGroups, base];
}

/** Does `work`; where that throws, every group has the settings that it had before. */
export function orUnchanged<T>(groups: readonly GroupSettings[], work: () => T): T {
  const before = groups.map((group) => ({ ...group }));
  try {
    return work();
  } catch (error) {
    for (const [index, group] of groups.entries()) {
      for (const key of Object.keys(group)) if (!Object.hasOwn(before[index]!, key)) delete group[key];
      Object.assign(group, before[index]);
    }
    throw error;
  }
}

/** Reads and writes the scheduled field of a group. */
export interface Field {
  readonly name: string;
  readonly read: (group: GroupSettings) => unknown;
  readonly write: (group: GroupSettings, value: number) => void;
}

export function fieldOf(name: string, { defaults, optimizer, paramGroups }: Schedulable): Field {
  // Not the groups, if it can be helped: a custom key may have put a momentum into one that has betas.
  const known = defaults ?? optimizer?.defaults ?? paramGroups[0] ?? {};
  const plain: Field = {
    name,
    read: (group) => group[name],
    write: (group, value) => {
      group[name] = value;
    },
  };
  if (name !== 'momentum') return plain;
  // A group may have an algorithm of its own: matrices by Muon among AdamW's.
  const fieldIn = ({ algorithm }: GroupSettings): Field => {
    const own = typeof algorithm === 'string' ? findAlgorithmInfo(algorithm)?.defaults : undefined;
    return hasBetasAlone(own ?? known) ? firstBeta : plain;
  };
  return {
    name,
    read: (group) => fieldIn(group).read(group),
    write: (group, value) => fieldIn(group).write(group, value),
  };
}

const hasBetasAlone = (settings: Readonly<Record<string, unknown>>): boolean =>
  !('momentum' in settings) && 'betas' in settings;

/** Adam and its kin have no `momentum`: there it is the first of `betas`. The list may be shared, so it is replaced. */
const firstBeta: Field = {
  name: 'momentum',
  read: ({ betas }) => (betas as readonly number[] | undefined)?.[0],
  write: (group, value) => {
    group.betas = [value, ...(group.betas as readonly number[]).slice(1)];
    if ('momentum' in group) group.momentum = value;
  },
};
