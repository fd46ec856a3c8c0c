/** A decision in words. Nothing here decides. */
import type { ConfiguredRule, CustomKey, Decision, ParamFacts, Policy } from './rules.ts';
import { formatNumber } from './text.ts';

/** Why a parameter has its settings, one sentence each: rate, decay, then what else would have applied. */
export function reasonsFor(policy: Policy, facts: ParamFacts, decision: Decision): string[] {
  if (!policy.isParamwise) return ['there is no paramwise_cfg: the settings of the optimizer hold'];
  return decision.key === undefined
    ? ruleReasons(policy, facts, decision)
    : keyReasons(policy, facts, decision, decision.key);
}

function keyReasons(policy: Policy, facts: ParamFacts, { options }: Decision, winner: CustomKey): string[] {
  const { lr_mult, decay_mult, lr, weight_decay, ...copied } = winner.settings;
  const name = keyName(winner);
  const lines = [`${name} is in "${facts.searched}" and decides alone`];
  lines.push(
    lr === undefined
      ? product('lr', policy.baseLr, 'lr_mult', lr_mult ?? 1, options.lr)
      : `lr = ${formatNumber(lr)}, as ${name} gives it`,
  );
  if (weight_decay !== undefined) lines.push(`weight_decay = ${formatNumber(weight_decay)}, as ${name} gives it`);
  else if (policy.baseDecay !== undefined) {
    lines.push(product('weight_decay', policy.baseDecay, 'decay_mult', decay_mult ?? 1, options.weight_decay));
  }
  for (const [field, value] of Object.entries(copied))
    lines.push(`${field} = ${JSON.stringify(value)}, copied from ${name}`);
  for (const key of policy.keys) {
    if (key !== winner && key.applies(facts))
      lines.push(`${keyName(key)} matches too and lost: ${whyLost(key, winner)}`);
  }
  for (const { field, applies } of [...policy.rates, ...policy.decays]) {
    if (applies(facts)) lines.push(`${field} is left out: a custom key decides alone`);
  }
  return lines;
}

function whyLost(key: CustomKey, winner: CustomKey): string {
  return [...key.key].length < [...winner.key].length ? 'it is shorter' : 'it is as long and later in the alphabet';
}

function ruleReasons(policy: Policy, facts: ParamFacts, { rate, decay, options }: Decision): string[] {
  const lines = [
    rate === undefined
      ? `lr: no rule applies, the optimizer's ${formatNumber(policy.baseLr ?? 'default')} holds`
      : `${product('lr', policy.baseLr, rate.field, rate.mult, options.lr)}: it is ${rate.is}`,
    decay === undefined
      ? `weight_decay: no rule applies, the optimizer's ${formatNumber(policy.baseDecay ?? 'default')} holds`
      : `${product('weight_decay', policy.baseDecay, decay.field, decay.mult, options.weight_decay)}: it is ${decay.is}`,
  ];
  return [...lines, ...overruled(policy.rates, rate, facts), ...overruled(policy.decays, decay, facts)];
}

function overruled(rules: readonly ConfiguredRule[], winner: ConfiguredRule | undefined, facts: ParamFacts): string[] {
  if (winner === undefined) return [];
  return rules
    .filter((rule) => rule !== winner && rule.applies(facts))
    .map(({ field }) => `${field} is left out: ${winner.field} comes first`);
}

function product(name: string, base: number | undefined, field: string, mult: number, result: unknown): string {
  return `${name} = ${formatNumber(base)} × ${field} ${formatNumber(mult)} = ${formatNumber(result)}`;
}

function keyName({ key }: CustomKey): string {
  return `custom_keys[${JSON.stringify(key)}]`;
}
