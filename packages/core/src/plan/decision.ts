/** Policy and parameter → decision: which records speak about it, and the settings that follow. */

import type { CustomKeyConfig } from '../config/paramwise-config.ts';
import { layerFactor } from './layer-decay.ts';
import type { MatrixAlgorithm } from './matrix.ts';
import type { Policy } from './policy.ts';
import { type ConfiguredRule, type CustomKey, firstMatch, type ParamFacts } from './rules.ts';

/** Settings of a parameter's group. */
export interface ParamOptions {
  readonly lr?: number;
  readonly weight_decay?: number;
  readonly [setting: string]: unknown;
}

/** What a custom key can decide about: the rate, the decay, freezing, or any one other field. */
type Aspect = string;
const ASPECTS = new Map<string, Aspect>([
  ['lr', 'lr'],
  ['lr_mult', 'lr'],
  ['weight_decay', 'weight_decay'],
  ['decay_mult', 'weight_decay'],
  ['freeze', 'freeze'],
  ['freeze_until', 'freeze'],
]);

/** What custom keys say about a parameter. */
export interface KeyChoice {
  /** All that match, in the order in which they are tried. */
  readonly matching: readonly CustomKey[];
  /** The key that decides about each aspect. */
  readonly deciders: ReadonlyMap<Aspect, CustomKey>;
  readonly settings: CustomKeyConfig;
}

/** What was said about a parameter, and what follows. Parameters that the same records decide about share one. */
export interface Decision {
  readonly keys: KeyChoice | undefined;
  readonly rate: ConfiguredRule | undefined;
  readonly decay: ConfiguredRule | undefined;
  readonly matrix: MatrixAlgorithm | undefined;
  /** Where the rate follows from the layer that the parameter is in. */
  readonly layer: number | undefined;
  /** The key that takes the parameter out of training. */
  readonly frozenBy: CustomKey | undefined;
  /** Frozen, and one object for all parameters of this decision. */
  readonly options: ParamOptions;
  /** Names of the keys and rules that set something. */
  readonly decidedBy: readonly string[];
}

/** `custom_keys["backbone"]` */
export function keyName({ key }: CustomKey): string {
  return `custom_keys[${JSON.stringify(key)}]`;
}

/** Decides about parameters, one object for each distinct decision. */
export function makeDecider(policy: Policy): (facts: ParamFacts) => Decision {
  const known = new Map<number, Decision>();
  const chooseKeys = policy.composes ? composingChooser(policy) : replacingChooser(policy);
  const algorithmIsSet = (choice: Choice | undefined) => choice?.keys.deciders.has('algorithm') === true;
  return (facts) => {
    const choice = chooseKeys(facts);
    const isByKey = (aspect: Aspect) => !policy.rulesWin && choice?.keys.deciders.has(aspect) === true;
    const rate = isByKey('lr') ? -1 : firstMatch(policy.rates, facts);
    const decay = isByKey('weight_decay') ? -1 : firstMatch(policy.decays, facts);
    const isMatrix = policy.matrix?.applies(facts) === true && !algorithmIsSet(choice);
    const layer = choice?.keys.settings.lr === undefined ? layerOf(policy, facts) : undefined;
    const id = packed(choice?.id ?? 0, rate + 1, decay + 1, isMatrix ? 1 : 0, layer === undefined ? 0 : layer + 1);
    let decision = known.get(id);
    if (decision === undefined) {
      const matrix = isMatrix ? policy.matrix : undefined;
      const rules = { rate: policy.rates[rate], decay: policy.decays[decay] };
      decision = decide(policy, { keys: choice?.keys, ...rules, matrix, layer });
      known.set(id, decision);
    }
    return decision;
  };
}

function layerOf({ layers }: Policy, { path, param }: ParamFacts): number | undefined {
  return layers?.layerOf(path, param);
}

/** One number for five; there are at most four rules of a kind. */
function packed(choice: number, rate: number, decay: number, matrix: number, layer: number): number {
  return (((layer * 2 + matrix) * 8 + rate) * 8 + decay) * 2 ** 20 + choice;
}

interface Choice {
  /** From 1; 0 is for "no key". */
  readonly id: number;
  readonly keys: KeyChoice;
}

type Chooser = (facts: ParamFacts) => Choice | undefined;

/** The first key that matches decides alone: about rate and decay too, whatever it sets. */
function replacingChooser({ keys }: Policy): Chooser {
  const choices = keys.map((key, index): Choice => {
    const deciders = new Map([['lr', key] as const, ['weight_decay', key] as const, ...aspectsOf(key)]);
    return { id: index + 1, keys: { matching: [key], deciders, settings: key.settings } };
  });
  return (facts) => choices[firstMatch(keys, facts)];
}

/** About each aspect the first key that sets it decides. */
function composingChooser({ keys }: Policy): Chooser {
  const known = new Map<string, Choice>();
  return (facts) => {
    const matching = keys.filter((key) => key.applies(facts));
    if (matching.length === 0) return undefined;
    const id = matching.map((key) => keys.indexOf(key)).join();
    const choice = known.get(id) ?? { id: known.size + 1, keys: compose(matching) };
    known.set(id, choice);
    return choice;
  };
}

function compose(matching: readonly CustomKey[]): KeyChoice {
  const deciders = new Map<Aspect, CustomKey>();
  for (const [aspect, key] of matching.flatMap(aspectsOf)) if (!deciders.has(aspect)) deciders.set(aspect, key);
  const decided = matching.flatMap((key) =>
    Object.entries(key.settings).filter(([field]) => deciders.get(aspectOf(field)) === key),
  );
  return { matching, deciders, settings: Object.fromEntries(decided) };
}

const aspectOf = (field: string): Aspect => ASPECTS.get(field) ?? field;

function aspectsOf(key: CustomKey): (readonly [Aspect, CustomKey])[] {
  return Object.keys(key.settings).map((field) => [aspectOf(field), key] as const);
}

function decide(policy: Policy, said: Said): Decision {
  const { keys, rate, decay, matrix, layer } = said;
  const names = [
    ...new Set([...(keys?.matching ?? [])].filter((key) => isDecider(keys!, key)).map(keyName)),
    ...[rate, decay].flatMap((rule) => rule?.field ?? []),
    ...(matrix === undefined ? [] : ['matrix_algorithm']),
    ...(layer === undefined ? [] : [`layer ${layer}`]),
  ];
  return {
    ...said,
    frozenBy: keys?.settings.freeze === true ? keys.deciders.get('freeze') : undefined,
    options: Object.freeze(optionsOf(policy, said)),
    decidedBy: names,
  };
}

export function isDecider({ deciders }: KeyChoice, key: CustomKey): boolean {
  return [...deciders.values()].includes(key);
}

type Said = Pick<Decision, 'keys' | 'rate' | 'decay' | 'matrix' | 'layer'>;

/** `base × mult …`, as text and as a number; `undefined` where nothing is said and the optimizer's setting holds. */
export interface Product {
  readonly base: number;
  readonly factors: readonly (readonly [name: string, mult: number])[];
}

export function rateProduct(policy: Policy, { keys, rate, matrix, layer }: Said): Product | undefined {
  const key = keys?.deciders.get('lr');
  const factors: [string, number][] = [];
  if (rate !== undefined) factors.push([rate.field, rate.mult]);
  else if (key !== undefined) factors.push(['lr_mult', keys?.settings.lr_mult ?? 1]);
  if (layer !== undefined && policy.layers !== undefined) {
    factors.push(['layer_decay', layerFactor(policy.layers, layer)]);
  }
  const base = matrix?.lr ?? policy.baseLr;
  if (base === undefined || (factors.length === 0 && matrix?.lr === undefined)) return undefined;
  return { base, factors };
}

export function decayProduct(policy: Policy, { keys, decay, matrix }: Said): Product | undefined {
  const key = keys?.deciders.get('weight_decay');
  const factors: [string, number][] = [];
  if (decay !== undefined) factors.push([decay.field, decay.mult]);
  else if (key !== undefined) factors.push(['decay_mult', keys?.settings.decay_mult ?? 1]);
  const base = matrix?.weightDecay ?? policy.multipliedDecay;
  if (base === undefined || (factors.length === 0 && matrix?.weightDecay === undefined)) return undefined;
  return { base, factors };
}

export function multiply({ base, factors }: Product): number {
  return factors.reduce((value, [, mult]) => value * mult, base);
}

function optionsOf(policy: Policy, said: Said): ParamOptions {
  const rate = rateProduct(policy, said);
  const decay = decayProduct(policy, said);
  const { matrix } = said;
  // `freeze` is no argument of an optimizer. Every other field stays as it stands, lr_mult among them: so it is in
  // MMEngine's groups and checkpoints.
  const { freeze: _, ...settings } = said.keys?.settings ?? {};
  return {
    ...(rate && { lr: multiply(rate) }),
    ...(decay && { weight_decay: multiply(decay) }),
    ...(matrix && { ...matrix.settings, algorithm: matrix.type }),
    ...settings,
    // A rule decides beside a key only where rules win.
    ...(rate && said.rate && { lr: multiply(rate) }),
    ...(decay && said.decay && { weight_decay: multiply(decay) }),
  };
}
