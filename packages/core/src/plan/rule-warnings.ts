/** What is odd about the multipliers of a plan that act by the kind of a parameter or by its layer. */

import { listSome } from '../text.ts';
import type { PlanningRecord } from './planning-record.ts';
import type { Policy } from './policy.ts';

export function ruleWarnings(policy: Policy, record: PlanningRecord): string[] {
  const { decisions, groups } = record;
  if (groups.length === 0) return [];
  const used = new Set<unknown>();
  for (const { rate, decay } of decisions) used.add(rate).add(decay);
  const warnings = [...policy.rates, ...policy.decays].flatMap((rule) => {
    if (!used.has(rule))
      return [
        `${rule.field} decides about no parameter: none is ${rule.is}, or custom keys and earlier rules decide about all that are`,
      ];
    const isRate = policy.rates.includes(rule);
    return rule.mult === 0 && isRate ? [notFreezing(rule.field, 'freeze by a custom key instead')] : [];
  });
  if (policy.idleFlatDecay)
    warnings.push('flat_decay_mult does nothing: the optimizer has no weight_decay to multiply');
  return policy.decays.some(({ field }) => field === 'dwconv_decay_mult')
    ? [...warnings, ...oneChannelWarnings(record)]
    : warnings;
}

/** Its only group is as large as its input, so the rule for depth-wise convolutions takes it for one. */
function oneChannelWarnings({ groups, trained }: PlanningRecord): string[] {
  const single = trained.filter(({ kind }) => kind.type === 'conv2d' && kind.groups === 1 && kind.inChannels === 1);
  if (single.length === 0) return [];
  const byRule = groups.filter(({ decidedBy }) => decidedBy.includes('dwconv_decay_mult'));
  const paths = new Set(byRule.map(({ path }) => path));
  const modules = new Set(single.filter(({ path }) => paths.has(path)).map(({ prefix }) => prefix || 'the model'));
  if (modules.size === 0) return [];
  const [have, count] = modules.size === 1 ? ['has', 'counts'] : ['have', 'count'];
  return [
    `${listSome([...modules])} ${have} one input channel and therefore ${count} as depth-wise (as in MMEngine): dwconv_decay_mult applies`,
  ];
}

/** MMDetection's constructor of this config exempts norms and biases from decay without being asked to. */
export function layerDecayWarnings({ layerDecay, baseDecay, decays }: Policy): string[] {
  if (layerDecay === undefined || (baseDecay ?? 0) === 0 || decays.length > 0) return [];
  return [
    'weight_decay acts on norms and biases too, which MMDetection’s layer decay exempts; set flat_decay_mult: 0 to exempt them here, 1 to keep it so',
  ];
}

export function notFreezing(field: string, instead: string): string {
  return `${field}: 0 does not freeze: the values stay, but gradients, optimizer state and time are still spent; ${instead}`;
}
