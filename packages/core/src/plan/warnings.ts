/** What is odd about a plan: settings that do nothing, or not what they seem to. */

import { ConfigError, nearestName } from '../config/errors.ts';
import { keyPattern } from '../config/key-pattern.ts';
import { PARAMWISE_FIELDS } from '../config/paramwise-config.ts';
import { listSome } from '../text.ts';
import { keyName } from './decision.ts';
import { keyNameWarnings } from './key-warnings.ts';
import { matrixWarnings } from './matrix-warnings.ts';
import type { SkippedParam } from './param-plan.ts';
import type { PlanningRecord } from './planning-record.ts';
import type { Policy } from './policy.ts';
import { layerDecayWarnings, notFreezing, ruleWarnings } from './rule-warnings.ts';
import type { CustomKey } from './rules.ts';

const MAX_DUPLICATES = 20;

export function policyWarnings(policy: Policy, record: PlanningRecord): string[] {
  return [
    ...frozenWarnings(record.skipped),
    ...duplicateWarnings(record),
    ...keysWarnings(policy, record),
    ...ruleWarnings(policy, record),
    ...matrixWarnings(policy, record),
    ...layerDecayWarnings(policy),
  ];
}

/** @throws ConfigError in strict mode, for custom keys that match no parameter. */
export function refuseUnmatched(policy: Policy, record: PlanningRecord): void {
  if (!policy.strict) return;
  const unmatched = policy.keys.filter(
    (key) => !record.trained.some(key.applies) && !record.untrained.some(key.applies),
  );
  if (unmatched.length === 0) return;
  const nearest = nearestKey(policy, record);
  throw new ConfigError(
    unmatched.map(({ key }) => {
      const path = ['paramwise_cfg', 'custom_keys', key];
      return { code: 'unmatched_key', path, nearest: nearest(key) };
    }),
  );
}

function frozenWarnings(skipped: readonly SkippedParam[]): string[] {
  const frozen = skipped
    .filter(({ first, frozenBy }) => first === undefined && frozenBy === undefined)
    .map(({ path }) => path);
  return frozen.length === 0
    ? []
    : [`${countOf(frozen.length)} left out as requiring no gradient: ${listSome(frozen)}`];
}

function duplicateWarnings({ skipped, duplicates }: PlanningRecord): string[] {
  const bypassed = skipped.flatMap(({ path, first }) =>
    first === undefined
      ? []
      : [`${path} is left out: it is the same parameter as ${first}, which has a group (bypass_duplicate)`],
  );
  const twice = duplicates.map(
    ({ path, first }) =>
      `${path} is the same parameter as ${first} and stands in two groups, which no optimizer takes; set bypass_duplicate: true in paramwise_cfg`,
  );
  const all = [...bypassed, ...twice];
  if (all.length <= MAX_DUPLICATES) return all;
  return [
    ...all.slice(0, MAX_DUPLICATES),
    `and ${all.length - MAX_DUPLICATES} more parameters that stand in two places`,
  ];
}

function keysWarnings(policy: Policy, record: PlanningRecord): string[] {
  const used = new Set<CustomKey>();
  const nearest = nearestKey(policy, record);
  const nameWarnings = keyNameWarnings(policy, record);
  for (const { keys } of record.decisions) for (const key of keys?.deciders.values() ?? []) used.add(key);
  return policy.keys.flatMap((key) =>
    used.has(key)
      ? [...nameWarnings(key), ...settingWarnings(key)]
      : [`${keyName(key)} ${whyUnused(key, policy, record) ?? matchesNone(nearest(key.key))}`],
  );
}

function whyUnused({ applies }: CustomKey, { composes }: Policy, record: PlanningRecord): string | undefined {
  if (record.trained.some(applies)) {
    if (composes) return 'never decides: wherever it matches, longer keys set all that it sets';
    return 'never decides: wherever it matches, a longer key (or one earlier in the alphabet) does';
  }
  return record.untrained.some(applies) ? 'matches only parameters that are left out' : undefined;
}

function matchesNone(nearest: string | undefined): string {
  return `matches no parameter${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`;
}

function settingWarnings(key: CustomKey): string[] {
  const { settings } = key;
  const at = keyName(key);
  if (settings.freeze === true) {
    const idle = Object.keys(settings).filter((field) => field !== 'freeze');
    return idle.length === 0 ? [] : [`${at}: nothing else takes effect beside freeze: true; remove ${listSome(idle)}`];
  }
  const warnings: string[] = [];
  if (settings.lr !== undefined && settings.lr_mult !== undefined)
    warnings.push(`${at} gives both lr and lr_mult: lr ${settings.lr} wins`);
  if (settings.weight_decay !== undefined && settings.decay_mult !== undefined) {
    warnings.push(`${at} gives both weight_decay and decay_mult: weight_decay ${settings.weight_decay} wins`);
  }
  if (settings.lr_mult === 0 && settings.lr === undefined)
    warnings.push(notFreezing(`${at}.lr_mult`, 'say freeze: true instead'));
  for (const field of Object.keys(settings)) {
    if (PARAMWISE_FIELDS.includes(field))
      warnings.push(`${at}.${field} does nothing: it is a field of paramwise_cfg, not of a custom key`);
  }
  return warnings;
}

/** The key that was probably meant. */
function nearestKey({ matchesPaths }: Policy, record: PlanningRecord): (key: string) => string | undefined {
  const nearest = nearestPart(record);
  if (!matchesPaths) return nearest;
  return (key) => {
    // A name that is not at the root is the likeliest slip.
    const deeper = `**.${key}`;
    const isDeeper = !key.startsWith('re:') && record.trained.map(({ path }) => path).some(keyPattern(deeper));
    return isDeeper ? deeper : nearest(key);
  };
}

/** The name of a module or parameter that a key nearly is. The names are gathered once, and only if one is asked for. */
function nearestPart(record: PlanningRecord): (key: string) => string | undefined {
  let parts: Set<string> | undefined;
  return (key) => {
    parts ??= pathParts(record);
    return nearestName(key, parts);
  };
}

function pathParts({ trained, untrained }: PlanningRecord): Set<string> {
  const parts = new Set<string>();
  let last: string | undefined;
  for (const { prefix, name } of [...trained, ...untrained]) {
    parts.add(name);
    // The parameters of a module follow one another.
    if (prefix !== last) for (const part of prefix.split('.')) parts.add(part);
    last = prefix;
  }
  return parts;
}

function countOf(count: number): string {
  return count === 1 ? '1 parameter is' : `${count} parameters are`;
}
