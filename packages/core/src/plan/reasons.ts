/** A decision in words. Nothing here decides. */

import { formatNumber } from '../text.ts';
import {
  type Decision,
  decayProduct,
  isDecider,
  type KeyChoice,
  keyName,
  multiply,
  type Product,
  rateProduct,
} from './decision.ts';
import { layerFactor } from './layer-decay.ts';
import type { Policy } from './policy.ts';
import type { ConfiguredRule, CustomKey, ParamFacts } from './rules.ts';

/** Why a parameter has its settings, one sentence each: rate, decay, other fields, then what would have applied. */
export function reasonsFor(policy: Policy, facts: ParamFacts, decision: Decision): string[] {
  if (!policy.isParamwise) return ['there is no paramwise_cfg: the settings of the optimizer hold'];
  const { keys, frozenBy } = decision;
  return [
    ...(keys === undefined ? [] : decidingKeys(policy, facts, keys)),
    ...(frozenBy === undefined ? settingReasons(policy, facts, decision) : [frozenReason(frozenBy)]),
    ...(keys === undefined ? [] : lostKeys(policy, facts, keys)),
    ...overruled('lr', policy, decision.rate, facts, keys),
    ...overruled('weight_decay', policy, decision.decay, facts, keys),
  ];
}

export function frozenReason(key: CustomKey): string {
  return `${keyName(key)} freezes it`;
}

function decidingKeys(policy: Policy, facts: ParamFacts, { matching, deciders }: KeyChoice): string[] {
  const where = policy.matchesPaths ? `matches "${facts.path}"` : `is in "${facts.searched}"`;
  const alone = policy.rulesWin ? 'decides where no rule does' : 'decides alone';
  if (!policy.composes) return matching.map((key) => `${keyName(key)} ${where} and ${alone}`);
  return matching.flatMap((key) => {
    const aspects = [...deciders].filter(([, decider]) => decider === key).map(([aspect]) => aspect);
    return aspects.length === 0 ? [] : [`${keyName(key)} ${where} and decides about ${aspects.join(', ')}`];
  });
}

function settingReasons(policy: Policy, facts: ParamFacts, decision: Decision): string[] {
  const { keys, rate, decay, matrix, layer, options } = decision;
  return [
    ...settingReason('lr', { base: policy.baseLr }, keys, rate, rateProduct(policy, decision)),
    ...layerReason(policy, layer),
    ...settingReason('weight_decay', decayBase(policy), keys, decay, decayProduct(policy, decision)),
    ...(matrix === undefined
      ? leftMatrixReason(policy, facts, keys)
      : [`algorithm = ${matrix.type} by matrix_algorithm: it is ${matrix.is}`]),
    ...(keys === undefined ? [] : copiedFields(keys)),
    ...(options.freeze_until === undefined
      ? []
      : [`its values stay, without optimizer state, for the first ${String(options.freeze_until)} optimizer steps`]),
  ];
}

interface Base {
  readonly base: number | undefined;
  readonly note?: string | undefined;
}

const decayBase = ({ baseDecay, decayNote }: Policy): Base => ({ base: baseDecay, note: decayNote });

function settingReason(
  name: 'lr' | 'weight_decay',
  { base, note }: Base,
  keys: KeyChoice | undefined,
  rule: ConfiguredRule | undefined,
  product: Product | undefined,
): string[] {
  const key = keys?.deciders.get(name);
  const given = keys?.settings[name];
  if (rule === undefined && key !== undefined && given !== undefined)
    return [`${name} = ${formatNumber(given)}, as ${keyName(key)} gives it`];
  if (product !== undefined)
    return [`${name} = ${productText(product)}${rule === undefined ? '' : `: it is ${rule.is}`}`];
  // A key that replaces the rules says nothing about a decay that there is none of.
  if (key !== undefined) return [];
  return [
    `${name}: no rule applies, the optimizer's ${formatNumber(base ?? 'default')} holds${note === undefined ? '' : `: ${note}`}`,
  ];
}

function leftMatrixReason({ matrix }: Policy, facts: ParamFacts, keys: KeyChoice | undefined): string[] {
  const left = matrix?.leaves(facts);
  if (left === undefined || keys?.deciders.has('algorithm') === true) return [];
  return [`algorithm: matrix_algorithm leaves it to ${matrix?.optimizer}, as it is ${left.is}`];
}

function layerReason({ layers }: Policy, layer: number | undefined): string[] {
  if (layers === undefined || layer === undefined) return [];
  const { rate, numLayers } = layers;
  const last = numLayers + 1;
  const power = `decay_rate ${formatNumber(rate)} ** (${last} − ${layer})`;
  return [
    `it is in layer ${layer} of 0 to ${last}: layer_decay = ${power} = ${formatNumber(layerFactor(layers, layer))}`,
  ];
}

function productText(product: Product): string {
  const { base, factors } = product;
  const parts = factors.map(([name, mult]) => ` × ${name} ${formatNumber(mult)}`);
  return `${formatNumber(base)}${parts.join('')}${parts.length === 0 ? ', as matrix_algorithm gives it' : ` = ${formatNumber(multiply(product))}`}`;
}

const OWN_FIELDS = new Set(['lr', 'weight_decay', 'freeze', 'lr_mult', 'decay_mult']);

function copiedFields({ settings, deciders }: KeyChoice): string[] {
  return Object.entries(settings).flatMap(([field, value]) => {
    if (OWN_FIELDS.has(field)) return [];
    const key = deciders.get(field === 'freeze_until' ? 'freeze' : field);
    return key === undefined ? [] : [`${field} = ${JSON.stringify(value)}, copied from ${keyName(key)}`];
  });
}

function lostKeys({ keys, composes }: Policy, facts: ParamFacts, choice: KeyChoice): string[] {
  return keys.flatMap((key) => {
    if (isDecider(choice, key) || !key.applies(facts)) return [];
    if (composes) return [`${keyName(key)} matches too and decides about nothing: longer keys set all that it sets`];
    return [`${keyName(key)} matches too and lost: ${whyLost(key, choice.matching[0]!)}`];
  });
}

function whyLost(key: CustomKey, winner: CustomKey): string {
  return [...key.key].length < [...winner.key].length ? 'it is shorter' : 'it is as long and later in the alphabet';
}

function overruled(
  name: 'lr' | 'weight_decay',
  { rates, decays, composes }: Policy,
  winner: ConfiguredRule | undefined,
  facts: ParamFacts,
  keys: KeyChoice | undefined,
): string[] {
  const hasKey = keys?.deciders.has(name) === true;
  const isByKey = hasKey && winner === undefined;
  if (winner === undefined && !isByKey) return [];
  const why = isByKey ? `a custom key decides${composes ? '' : ' alone'}` : `${winner?.field} comes first`;
  return (name === 'lr' ? rates : decays)
    .filter((rule) => rule !== winner && rule.applies(facts))
    .map(({ field }) => `${field} is left out: ${why}`);
}
