/** What is odd about a plan: settings that do nothing, or not what they seem to. */
import { PARAMWISE_FIELDS } from './config.ts';
import { nearestName } from './errors.ts';
import type { DuplicateParam, PlannedParam, SkippedParam } from './param-plan.ts';
import type { CustomKey, Policy } from './rules.ts';
import { listSome } from './text.ts';

const MAX_DUPLICATES = 20;

export interface PlanningRecord {
  readonly groups: readonly PlannedParam[];
  readonly skipped: readonly SkippedParam[];
  readonly duplicates: readonly DuplicateParam[];
  /** Keys and rules that decided about a parameter. */
  readonly used: ReadonlySet<unknown>;
  /** Keys that matched one while another key decided. */
  readonly matched: ReadonlySet<unknown>;
}

export function policyWarnings(policy: Policy, seen: PlanningRecord): string[] {
  return [
    ...frozenWarnings(seen.skipped),
    ...duplicateWarnings(seen),
    ...policy.keys.flatMap((key) => keyWarnings(key, seen)),
    ...ruleWarnings(policy, seen),
  ];
}

function frozenWarnings(skipped: readonly SkippedParam[]): string[] {
  const frozen = skipped.filter(({ first }) => first === undefined).map(({ path }) => path);
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

function keyWarnings(customKey: CustomKey, seen: PlanningRecord): string[] {
  const { key, settings } = customKey;
  const at = `custom_keys[${JSON.stringify(key)}]`;
  if (!seen.used.has(customKey)) {
    if (seen.matched.has(customKey))
      return [`${at} never decides: wherever it matches, a longer key (or one earlier in the alphabet) does`];
    const nearest = nearestName(key, pathParts(seen));
    return [`${at} matches no parameter${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`];
  }
  const warnings: string[] = [];
  if (settings.lr !== undefined && settings.lr_mult !== undefined)
    warnings.push(`${at} gives both lr and lr_mult: lr ${settings.lr} wins`);
  if (settings.weight_decay !== undefined && settings.decay_mult !== undefined) {
    warnings.push(`${at} gives both weight_decay and decay_mult: weight_decay ${settings.weight_decay} wins`);
  }
  if (settings.lr_mult === 0 && settings.lr === undefined) warnings.push(notFreezing(`${at}.lr_mult`));
  for (const field of Object.keys(settings)) {
    if (PARAMWISE_FIELDS.includes(field))
      warnings.push(`${at}.${field} does nothing: it is a field of paramwise_cfg, not of a custom key`);
  }
  return warnings;
}

function ruleWarnings(policy: Policy, { used, groups }: PlanningRecord): string[] {
  if (groups.length === 0) return [];
  const warnings = [...policy.rates, ...policy.decays].flatMap((rule) => {
    if (!used.has(rule))
      return [
        `${rule.field} decides about no parameter: none is ${rule.is}, or custom keys and earlier rules decide about all that are`,
      ];
    return rule.mult === 0 && policy.rates.includes(rule) ? [notFreezing(rule.field)] : [];
  });
  if (policy.idleFlatDecay)
    warnings.push('flat_decay_mult does nothing: the optimizer has no weight_decay to multiply');
  return warnings;
}

function notFreezing(field: string): string {
  return `${field}: 0 does not freeze: the values stay, but gradients, optimizer state and time are still spent; set the parameters to require no gradient instead`;
}

/** Names of modules and parameters, for a key that is nearly one. */
function pathParts({ groups, skipped }: PlanningRecord): Set<string> {
  const parts = new Set<string>();
  for (const { path } of [...groups, ...skipped]) for (const part of path.split('.')) parts.add(part);
  return parts;
}

function countOf(count: number): string {
  return count === 1 ? '1 parameter is' : `${count} parameters are`;
}
