/**
 * Constructors of the libraries around MMEngine that decide by the default rules, or by layers, with a twist of their own.
 *
 * Each does what it does there. What one of them does not read is left out with a warning, where it may have been meant.
 */
import { BATCH_FIELDS, readBatch, scaleDecay } from '../config/batch-decay.ts';
import { isMapping } from '../config/check.ts';
import { ConfigError, describeValue } from '../config/errors.ts';
import type { LayerDecayConfig, LayerOf, ParamwiseConfig } from '../config/paramwise-config.ts';
import { parseLayerDecay } from '../config/paramwise-config.ts';
import {
  type Adapted,
  DefaultOptimWrapperConstructor,
  LayerDecayOptimWrapperConstructor,
  type ToAdapt,
} from './constructor.ts';
import type { ConfiguredRule, ParamFacts } from './rules.ts';

/**
 * The default rules, which decide even where a custom key matches if `force_default_settings` says so. A key then decides
 * about what no rule does.
 *
 * Source: MMSegmentation 1's and MMPose 1's constructor of this name.
 */
export class ForceDefaultOptimWrapperConstructor extends DefaultOptimWrapperConstructor {
  static override readonly extraParamwiseFields = ['force_default_settings'];
  protected static override readonly registeredAs = 'ForceDefaultOptimWrapperConstructor';

  protected static override readonly adapt = ({ optimizer, paramwise }: ToAdapt): Adapted => {
    const { force_default_settings: rulesWin = false, ...rest } = paramwise as Forced;
    if (typeof rulesWin === 'boolean') return { optimizer, paramwise: rest, extras: { rulesWin } };
    const path = ['paramwise_cfg', 'force_default_settings'];
    throw new ConfigError([{ code: 'invalid_value', path, found: describeValue(rulesWin), allowed: 'true or false' }]);
  };
}

type Forced = ParamwiseConfig & { readonly force_default_settings?: unknown };

/**
 * The default rules, which decide even where a custom key matches, and a decay that grows with the batch. Multipliers apply
 * to the decay as it is given; what no key or rule decides about has the grown one.
 *
 * `paramwise_cfg` takes `base_total_batch_size` (64) and our own `world_size` (1) beside the default fields.
 *
 * Source: YOLO-World's constructor of this name.
 */
export class YOLOWv5OptimizerConstructor extends DefaultOptimWrapperConstructor {
  static override readonly extraParamwiseFields = BATCH_FIELDS;
  protected static override readonly registeredAs = 'YOLOWv5OptimizerConstructor';

  protected static override readonly adapt = ({ optimizer, paramwise }: ToAdapt): Adapted => {
    const rest = Object.fromEntries(Object.entries(paramwise).filter(([field]) => !BATCH_FIELDS.includes(field)));
    const scaled = scaleDecay(optimizer, readBatch(paramwise));
    const extras = { rulesWin: true, decayNote: scaled.reason };
    return { optimizer: scaled.optimizer, paramwise: rest, extras, warnings: scaled.warnings };
  };
}

/** What a constructor with layer decay does otherwise than ours. */
export interface LayerDecaySpec {
  /** Its name, and whose it is. */
  readonly name: string;
  readonly library: string;
  /** Fields of `paramwise_cfg` that it does not read. */
  readonly unread: readonly string[];
  /** Fields of custom keys that it does not read. */
  readonly unreadInKeys?: readonly string[];
  /** What it takes the decay from without being asked, to follow "it is", and how that is told. */
  readonly exempts?: { readonly is: string; readonly applies: (facts: ParamFacts) => boolean };
  readonly defaultRate?: number;
  /** Where layers go by other names than ours. */
  readonly layerOf?: (numLayers: number) => LayerOf;
}

/** What those that are made after BEiT's read is the rate, the number of layers and what a layer is. */
const BEIT_UNREAD = [
  ...['custom_keys', 'custom_keys_mode', 'custom_keys_match', 'matrix_algorithm'],
  ...[
    'bias_lr_mult',
    'bias_decay_mult',
    'norm_decay_mult',
    'dwconv_decay_mult',
    'dcn_offset_lr_mult',
    'flat_decay_mult',
  ],
];
const isFlatOrBias = ({ name, param }: ParamFacts) => param.shape.length === 1 || name === 'bias';
const FLAT_OR_BIAS = 'one-dimensional or a bias';
const FLAT = {
  is: `${FLAT_OR_BIAS}, or the cls_token or pos_embed of the model itself`,
  applies: (facts: ParamFacts) => isFlatOrBias(facts) || ['cls_token', 'pos_embed'].includes(facts.path),
};

export const LAYER_DECAY_SPECS: readonly LayerDecaySpec[] = [
  {
    name: 'LearningRateDecayOptimWrapperConstructor',
    library: 'MMPretrain',
    unread: ['bias_lr_mult', 'dwconv_decay_mult', 'dcn_offset_lr_mult', 'bypass_duplicate'],
    unreadInKeys: ['lr', 'lr_mult'],
    defaultRate: 1,
  },
  {
    name: 'LearningRateDecayOptimizerConstructor',
    library: 'MMDetection and MMSegmentation',
    unread: BEIT_UNREAD,
    exempts: FLAT,
  },
  {
    name: 'LayerDecayOptimizerConstructor',
    library: 'MMSegmentation',
    unread: [...BEIT_UNREAD, 'decay_type'],
    exempts: FLAT,
  },
  {
    name: 'mmpose.LayerDecayOptimWrapperConstructor',
    library: 'MMPose',
    unread: [...BEIT_UNREAD, 'decay_type'],
    exempts: {
      is: `${FLAT_OR_BIAS}, or a pos_embed`,
      applies: (facts) => isFlatOrBias(facts) || facts.path.includes('pos_embed'),
    },
  },
  {
    name: 'CustomLayerDecayOptimizerConstructor',
    library: 'ViT-Adapter',
    unread: [...BEIT_UNREAD, 'decay_type'],
    exempts: {
      is: `${FLAT_OR_BIAS}, or the cls_token, pos_embed or visual_embed of the model itself`,
      applies: (facts) => FLAT.applies(facts) || facts.path === 'visual_embed',
    },
    layerOf: adapterLayers,
  },
];

/** The names that ViT-Adapter's constructor numbers by: the queries of a mask decoder are among the embeddings. */
const ADAPTER_STEM =
  /^(?:backbone\.(?:(?:cls_token|mask_token|pos_embed)$|patch_embed|visual_embed)|decode_head\.(?:mask_embed|cls_embed|level_embed|query_embed|query_feat))/;
const ADAPTER_BLOCK = /^backbone\.(?:blocks|layers)\.(\d+)\./;

function adapterLayers(numLayers: number): LayerOf {
  return (path) => {
    if (ADAPTER_STEM.test(path)) return 0;
    const block = ADAPTER_BLOCK.exec(path)?.[1];
    return block === undefined ? numLayers + 1 : Number(block) + 1;
  };
}

/** The constructor of another library that decays rates by layer. */
export function layerDecayClass(spec: LayerDecaySpec): typeof LayerDecayOptimWrapperConstructor {
  return class extends LayerDecayOptimWrapperConstructor {
    protected static override readonly registeredAs = spec.name;

    protected static override readonly parse = (config: unknown, extraFields: readonly string[]) => {
      const rate = spec.defaultRate === undefined ? {} : { layer_decay_rate: spec.defaultRate };
      const isRateGiven =
        isMapping(config) && (config.decay_rate ?? config.layer_decay_rate ?? undefined) !== undefined;
      const read = readBy(spec, config ?? {});
      return parseLayerDecay(isRateGiven || !isMapping(read) ? read : { ...read, ...rate }, extraFields);
    };

    protected static override readonly adapt = ({ optimizer, paramwise, given }: ToAdapt): Adapted => {
      const warnings = unreadWarnings(spec, given);
      const config = withLayers(spec, paramwise as LayerDecayConfig);
      if (spec.exempts === undefined) return { optimizer, paramwise: config, warnings };
      const exemption: ConfiguredRule = { field: 'decay_exemption', mult: 0, ...spec.exempts };
      return { optimizer, paramwise: config, extras: { exemption }, warnings };
    };
  };
}

function withLayers({ layerOf, name }: LayerDecaySpec, config: LayerDecayConfig): LayerDecayConfig {
  if (layerOf === undefined || config.layer_of) return config;
  const { num_layers } = config;
  if (num_layers) return { ...config, layer_of: layerOf(num_layers) };
  const allowed = `the blocks of the backbone, which ${name} does not count`;
  throw new ConfigError([{ code: 'missing', path: ['paramwise_cfg', 'num_layers'], allowed }]);
}

/** What of a `paramwise_cfg` the constructor reads. */
function readBy({ unread, unreadInKeys = [] }: LayerDecaySpec, config: unknown): unknown {
  if (!isMapping(config)) return config;
  const without = (mapping: Record<string, unknown>, fields: readonly string[]) =>
    Object.fromEntries(Object.entries(mapping).filter(([field]) => !fields.includes(field)));
  const read = without(config, unread);
  if (unreadInKeys.length === 0 || !isMapping(read.custom_keys)) return read;
  const keys = Object.entries(read.custom_keys).map(
    ([key, settings]) => [key, isMapping(settings) ? without(settings, unreadInKeys) : settings] as const,
  );
  return { ...read, custom_keys: Object.fromEntries(keys) };
}

function unreadWarnings({ name, library, unread, unreadInKeys = [] }: LayerDecaySpec, config: unknown): string[] {
  if (!isMapping(config)) return [];
  const isGiven = (mapping: unknown, field: string) =>
    isMapping(mapping) && mapping[field] !== undefined && mapping[field] !== null;
  const found = unread.filter((field) => isGiven(config, field));
  const keys = Object.entries(isMapping(config.custom_keys) ? config.custom_keys : {});
  const inKeys = unread.includes('custom_keys')
    ? []
    : keys.flatMap(([key, settings]) =>
        unreadInKeys
          .filter((field) => isGiven(settings, field))
          .map((field) => `custom_keys[${JSON.stringify(key)}].${field}`),
      );
  const all = [...found, ...inKeys];
  if (all.length === 0) return [];
  return [
    `${name} of ${library} does not read ${all.join(', ')}, so nothing here does; LayerDecayOptimWrapperConstructor does`,
  ];
}
