/** The rules of one config, ready to decide about any parameter. */
import type { OptimizerConfig } from '../config/config.ts';
import { ConfigError, type Issue } from '../config/errors.ts';
import { keyPattern } from '../config/key-pattern.ts';
import type { LayerDecayConfig, ParamwiseConfig } from '../config/paramwise-config.ts';
import type { ModuleView } from '../model/model.ts';
import { type LayerDecay, numberLayers } from './layer-decay.ts';
import { type MatrixAlgorithm, matrixAlgorithm } from './matrix.ts';
import { type ConfiguredRule, type CustomKey, DECAY_RULES, RATE_RULES, type Rule } from './rules.ts';

export interface Policy {
  readonly baseLr: number | undefined;
  readonly baseDecay: number | undefined;
  /** The decay that multipliers apply to: that of the optimizer, unless its constructor has changed it since. */
  readonly multipliedDecay: number | undefined;
  /** How the optimizer's decay came about, where its constructor has changed it. */
  readonly decayNote: string | undefined;
  readonly keys: readonly CustomKey[];
  /** Whether a custom key leaves what it does not set to shorter keys and to the rules. */
  readonly composes: boolean;
  /** Whether a rule decides where a custom key would, too. */
  readonly rulesWin: boolean;
  /** Whether a custom key is a pattern of paths, and no part of one. */
  readonly matchesPaths: boolean;
  /** `RATE_RULES` and `DECAY_RULES` that are configured. */
  readonly rates: readonly ConfiguredRule[];
  readonly decays: readonly ConfiguredRule[];
  readonly matrix: MatrixAlgorithm | undefined;
  /** The layers of the model at hand; see `policyFor`. */
  readonly layers: LayerDecay | undefined;
  readonly layerDecay: LayerDecayConfig | undefined;
  /** Whether there is any param-wise setting at all; without one all parameters make one group. */
  readonly isParamwise: boolean;
  readonly bypassDuplicate: boolean;
  readonly mergeGroups: boolean;
  /** Whether a custom key that matches nothing is refused. */
  readonly strict: boolean;
  /** `flat_decay_mult` without a decay to multiply. */
  readonly idleFlatDecay: boolean;
}

/** What a constructor brings to a policy that is in no config. */
export interface PolicyExtras {
  /** Default false. */
  readonly rulesWin?: boolean;
  /** A rule for the decay that comes before the configured ones. */
  readonly exemption?: ConfiguredRule;
  /** The optimizer's config as it is built, where that is another than the one that multipliers apply to. */
  readonly built?: OptimizerConfig;
  /** How the decay of `built` came about. */
  readonly decayNote?: string | undefined;
}

/**
 * The policy of a checked config.
 *
 * @param extras what its constructor adds.
 * @throws ConfigError for a multiplier without its base: any decay multiplier but `flat_decay_mult` without
 * `weight_decay`; a rate multiplier without `lr`; any custom key without `lr`, but one that freezes or composes.
 */
export function makePolicy(
  optimizer: OptimizerConfig,
  paramwise: ParamwiseConfig | LayerDecayConfig,
  { rulesWin = false, exemption, built = optimizer, decayNote }: PolicyExtras = {},
): Policy {
  const issues = missingBases(optimizer, paramwise);
  if (issues.length > 0) throw new ConfigError(issues);
  const multipliedDecay = optimizer.weight_decay ?? undefined;
  const exemptions = exemption === undefined ? [] : [exemption];
  return {
    baseLr: optimizer.lr ?? undefined,
    baseDecay: built.weight_decay ?? undefined,
    multipliedDecay,
    decayNote,
    rulesWin,
    keys: sortedKeys(paramwise),
    composes: composes(paramwise),
    matchesPaths: matchesPaths(paramwise),
    rates: configured(RATE_RULES, paramwise),
    decays: multipliedDecay === undefined ? [] : [...exemptions, ...configured(DECAY_RULES, paramwise)],
    matrix: paramwise.matrix_algorithm ? matrixAlgorithm(paramwise.matrix_algorithm, optimizer.type) : undefined,
    layers: undefined,
    layerDecay: 'decay_rate' in paramwise ? paramwise : undefined,
    isParamwise: Object.keys(paramwise).length > 0,
    bypassDuplicate: paramwise.bypass_duplicate ?? false,
    mergeGroups: paramwise.merge_groups ?? false,
    strict: paramwise.strict ?? false,
    idleFlatDecay: multipliedDecay === undefined && (paramwise.flat_decay_mult ?? undefined) !== undefined,
  };
}

/**
 * The policy for this model, or for the part of one that stands at `prefix`: with its layers numbered, where there is layer decay, and with its embeddings and its output
 * layer known, where there is an algorithm for matrices.
 *
 * @throws ConfigError where layers cannot be numbered.
 */
export function policyFor(policy: Policy, root: ModuleView, prefix = ''): Policy {
  const { layerDecay, matrix } = policy;
  if (layerDecay === undefined && matrix === undefined) return policy;
  const layers = layerDecay === undefined ? undefined : numberLayers(root, layerDecay, prefix);
  return { ...policy, layers, matrix: matrix?.forModel(root) };
}

const composes = ({ custom_keys_mode }: ParamwiseConfig) => custom_keys_mode === 'compose';
const matchesPaths = ({ custom_keys_match }: ParamwiseConfig) => custom_keys_match === 'path';

function configured(rules: readonly Rule[], paramwise: ParamwiseConfig): ConfiguredRule[] {
  return rules.flatMap((rule) => {
    const mult = paramwise[rule.field] ?? undefined;
    return mult === undefined ? [] : [{ ...rule, mult }];
  });
}

/** Longest first, ties alphabetical. Python counts and orders by code point, so this does too. */
function sortedKeys(paramwise: ParamwiseConfig): CustomKey[] {
  const entries = Object.entries(paramwise.custom_keys ?? {}).map(([key, settings]) => ({
    key,
    settings,
    points: [...key],
  }));
  entries.sort((a, b) => b.points.length - a.points.length || comparePoints(a.points, b.points));
  const matcher = matchesPaths(paramwise) ? pathMatcher : substringMatcher;
  return entries.map(({ key, settings }) => ({ key, settings, applies: matcher(key) }));
}

function substringMatcher(key: string): CustomKey['applies'] {
  return ({ searched }) => searched.includes(key);
}

function pathMatcher(key: string): CustomKey['applies'] {
  const matches = keyPattern(key);
  return ({ path }) => matches(path);
}

function comparePoints(a: readonly string[], b: readonly string[]): number {
  const index = a.findIndex((point, i) => point !== b[i]);
  return index < 0 ? 0 : a[index]!.codePointAt(0)! - (b[index]?.codePointAt(0) ?? -1);
}

/** `flat_decay_mult` is not here: without a base decay it does nothing, as in MMEngine, and the plan warns. */
const NEED_DECAY = ['bias_decay_mult', 'norm_decay_mult', 'dwconv_decay_mult'] as const;
const NEED_RATE = ['bias_lr_mult', 'dcn_offset_lr_mult'] as const;

function missingBases(optimizer: OptimizerConfig, paramwise: ParamwiseConfig | LayerDecayConfig): Issue[] {
  const issues: Issue[] = [];
  const need = (base: 'lr' | 'weight_decay', ...path: string[]) => {
    if ((optimizer[base] ?? undefined) !== undefined) return;
    issues.push({ code: 'missing_base', path: ['paramwise_cfg', ...path], base });
  };
  const isSet = (field: keyof ParamwiseConfig) => (paramwise[field] ?? undefined) !== undefined;
  for (const field of NEED_DECAY.filter(isSet)) need('weight_decay', field);
  for (const field of NEED_RATE.filter(isSet)) need('lr', field);
  if ('decay_rate' in paramwise) need('lr', 'decay_rate');
  for (const [key, settings] of Object.entries(paramwise.custom_keys ?? {})) {
    if (composes(paramwise)) {
      if ('lr_mult' in settings) need('lr', 'custom_keys', key, 'lr_mult');
    } else if (settings.freeze !== true) need('lr', 'custom_keys', key);
    if ('decay_mult' in settings) need('weight_decay', 'custom_keys', key, 'decay_mult');
  }
  return issues;
}
