/**
 * The param-wise rules as tables of records. The first record that applies decides, and is itself the reason.
 *
 * Source: MMEngine 0.10's `DefaultOptimWrapperConstructor`.
 */
import type { CustomKeyConfig, OptimizerConfig, ParamwiseConfig } from './config.ts';
import { ConfigError, type Issue } from './errors.ts';
import type { ModuleKind, ParamView } from './model.ts';

/** All that a rule may ask about a parameter. */
export interface ParamFacts {
  readonly name: string;
  /** Path of its module. */
  readonly prefix: string;
  /** What custom keys are looked for in: prefix, dot, name; at the root it begins with the dot. */
  readonly searched: string;
  readonly kind: ModuleKind;
  /** Whether its module sits directly in a deformable convolution. */
  readonly isDcnModule: boolean;
  readonly param: ParamView;
}

interface Conditional {
  readonly applies: (facts: ParamFacts) => boolean;
}

interface Rule extends Conditional {
  readonly field:
    | 'bias_lr_mult'
    | 'dcn_offset_lr_mult'
    | 'norm_decay_mult'
    | 'bias_decay_mult'
    | 'dwconv_decay_mult'
    | 'flat_decay_mult';
  /** Which parameters it is for, to follow "it is". */
  readonly is: string;
}

/** A rule that the config sets. */
export interface ConfiguredRule extends Rule {
  readonly mult: number;
}

/** A custom key, in the order in which keys are tried. */
export interface CustomKey extends Conditional {
  readonly key: string;
  readonly settings: CustomKeyConfig;
}

const isNorm = ({ kind }: ParamFacts) => kind.type === 'norm';

/** Learning rate. The two exclude each other. */
const RATE_RULES: readonly Rule[] = [
  {
    field: 'bias_lr_mult',
    is: 'a bias outside norms and deformable convolutions',
    applies: (facts) => facts.name === 'bias' && !isNorm(facts) && !facts.isDcnModule,
  },
  {
    field: 'dcn_offset_lr_mult',
    is: 'in the offset convolution of a deformable convolution',
    applies: ({ isDcnModule, kind, prefix }) => isDcnModule && kind.type === 'conv2d' && prefix.includes('conv_offset'),
  },
];

/** Weight decay. */
const DECAY_RULES: readonly Rule[] = [
  { field: 'norm_decay_mult', is: 'a parameter of a norm', applies: isNorm },
  {
    field: 'bias_decay_mult',
    is: 'a bias outside deformable convolutions',
    applies: ({ name, isDcnModule }) => name === 'bias' && !isDcnModule,
  },
  {
    field: 'dwconv_decay_mult',
    is: 'in a depth-wise convolution',
    applies: ({ kind }) => kind.type === 'conv2d' && kind.groups === kind.inChannels,
  },
  {
    field: 'flat_decay_mult',
    is: 'one-dimensional and outside deformable convolutions',
    applies: ({ param, isDcnModule }) => param.shape.length === 1 && !isDcnModule,
  },
];

/** The first record that applies, in the order of the table. */
function firstMatch<R extends Conditional>(records: readonly R[], facts: ParamFacts): R | undefined {
  return records.find((record) => record.applies(facts));
}

/** The rules of one config, ready to decide about any parameter. */
export interface Policy {
  readonly baseLr: number | undefined;
  readonly baseDecay: number | undefined;
  readonly keys: readonly CustomKey[];
  /** `RATE_RULES` and `DECAY_RULES` that are configured. */
  readonly rates: readonly ConfiguredRule[];
  readonly decays: readonly ConfiguredRule[];
  /** Whether there is any param-wise setting at all; without one all parameters make one group. */
  readonly isParamwise: boolean;
  readonly bypassDuplicate: boolean;
  /** `flat_decay_mult` without a decay to multiply. */
  readonly idleFlatDecay: boolean;
}

/**
 * The policy of a checked config.
 *
 * @throws ConfigError for a multiplier without its base: any decay multiplier but `flat_decay_mult` without
 * `weight_decay`; a rate multiplier or any custom key without `lr`.
 */
export function makePolicy(optimizer: OptimizerConfig, paramwise: ParamwiseConfig): Policy {
  const issues = missingBases(optimizer, paramwise);
  if (issues.length > 0) throw new ConfigError(issues);
  const baseDecay = optimizer.weight_decay ?? undefined;
  return {
    baseLr: optimizer.lr ?? undefined,
    baseDecay,
    keys: sortedKeys(paramwise.custom_keys ?? {}),
    rates: configured(RATE_RULES, paramwise),
    decays: baseDecay === undefined ? [] : configured(DECAY_RULES, paramwise),
    isParamwise: Object.keys(paramwise).length > 0,
    bypassDuplicate: paramwise.bypass_duplicate ?? false,
    idleFlatDecay: baseDecay === undefined && (paramwise.flat_decay_mult ?? undefined) !== undefined,
  };
}

function configured(rules: readonly Rule[], paramwise: ParamwiseConfig): ConfiguredRule[] {
  return rules.flatMap((rule) => {
    const mult = paramwise[rule.field] ?? undefined;
    return mult === undefined ? [] : [{ ...rule, mult }];
  });
}

/** Longest first, ties alphabetical. Python counts and orders by code point, so this does too. */
function sortedKeys(customKeys: Readonly<Record<string, CustomKeyConfig>>): CustomKey[] {
  const entries = Object.entries(customKeys).map(([key, settings]) => ({ key, settings, points: [...key] }));
  entries.sort((a, b) => b.points.length - a.points.length || comparePoints(a.points, b.points));
  return entries.map(({ key, settings }) => ({ key, settings, applies: ({ searched }) => searched.includes(key) }));
}

function comparePoints(a: readonly string[], b: readonly string[]): number {
  const index = a.findIndex((point, i) => point !== b[i]);
  return index < 0 ? 0 : a[index]!.codePointAt(0)! - (b[index]?.codePointAt(0) ?? -1);
}

/** `flat_decay_mult` is not here: without a base decay it does nothing, as in MMEngine, and the plan warns. */
const NEED_DECAY = ['bias_decay_mult', 'norm_decay_mult', 'dwconv_decay_mult'] as const;
const NEED_RATE = ['bias_lr_mult', 'dcn_offset_lr_mult'] as const;

function missingBases(optimizer: OptimizerConfig, paramwise: ParamwiseConfig): Issue[] {
  const issues: Issue[] = [];
  const need = (base: 'lr' | 'weight_decay', ...path: string[]) => {
    if ((optimizer[base] ?? undefined) !== undefined) return;
    issues.push({ code: 'missing_base', path: ['paramwise_cfg', ...path], base });
  };
  const isSet = (field: keyof ParamwiseConfig) => (paramwise[field] ?? undefined) !== undefined;
  for (const field of NEED_DECAY.filter(isSet)) need('weight_decay', field);
  for (const field of NEED_RATE.filter(isSet)) need('lr', field);
  for (const [key, settings] of Object.entries(paramwise.custom_keys ?? {})) {
    need('lr', 'custom_keys', key);
    if ('decay_mult' in settings) need('weight_decay', 'custom_keys', key, 'decay_mult');
  }
  return issues;
}

/** Settings of a parameter's group. */
export interface ParamOptions {
  readonly lr?: number;
  readonly weight_decay?: number;
  readonly [setting: string]: unknown;
}

/** What the rules said, and what follows from it. Parameters that the same records decide about share one decision. */
export interface Decision {
  readonly key: CustomKey | undefined;
  readonly rate: ConfiguredRule | undefined;
  readonly decay: ConfiguredRule | undefined;
  /** Frozen, and one object for all parameters of this decision. */
  readonly options: ParamOptions;
  /** Names of the key, or of the rules, that set something. */
  readonly decidedBy: readonly string[];
}

/** Decides about parameters, one object for each distinct decision. */
export function makeDecider(policy: Policy): (facts: ParamFacts) => Decision {
  const known = new Map<unknown, Map<unknown, Decision>>();
  const remember = (first: unknown, second: unknown, make: () => Decision): Decision => {
    const inner = known.get(first) ?? new Map<unknown, Decision>();
    const decision = inner.get(second) ?? make();
    known.set(first, inner.set(second, decision));
    return decision;
  };
  return (facts) => {
    const key = firstMatch(policy.keys, facts);
    if (key !== undefined) return remember(key, key, () => byKey(policy, key));
    const rate = firstMatch(policy.rates, facts);
    const decay = firstMatch(policy.decays, facts);
    return remember(rate, decay, () => byRules(policy, rate, decay));
  };
}

function byKey({ baseLr, baseDecay }: Policy, key: CustomKey): Decision {
  if (baseLr === undefined) throw new Error('internal: a custom key without a base lr passed the check');
  const { lr_mult, decay_mult } = key.settings;
  const options = {
    lr: baseLr * (lr_mult ?? 1),
    ...(baseDecay === undefined ? {} : { weight_decay: baseDecay * (decay_mult ?? 1) }),
    // Every field as it stands, lr_mult among them: so it is in MMEngine's groups and checkpoints.
    ...key.settings,
  };
  const decidedBy = [`custom_keys[${JSON.stringify(key.key)}]`];
  return { key, rate: undefined, decay: undefined, options: Object.freeze(options) as ParamOptions, decidedBy };
}

function byRules(policy: Policy, rate: ConfiguredRule | undefined, decay: ConfiguredRule | undefined): Decision {
  const options = {
    ...(rate && { lr: policy.baseLr! * rate.mult }),
    ...(decay && { weight_decay: policy.baseDecay! * decay.mult }),
  };
  const decidedBy = [rate, decay].flatMap((rule) => rule?.field ?? []);
  return { key: undefined, rate, decay, options: Object.freeze(options), decidedBy };
}
