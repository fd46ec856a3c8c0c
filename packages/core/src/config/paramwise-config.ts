/**
 * The shape of `paramwise_cfg`: MMEngine's fields, our own, and those of layer decay. Types are inferred.
 *
 * Sources: MMEngine 0.10's `DefaultOptimWrapperConstructor`; MMDetection 3's `LearningRateDecayOptimizerConstructor` and
 * MMPretrain 1's `LearningRateDecayOptimWrapperConstructor`. `null` stands for Python's `None`: not given.
 */
import * as z from 'zod';
import type { ParamView } from '../model/model.ts';
import { check, closed, copyPlain, isMapping, open } from './check.ts';
import { ConfigError, type ConfigPath, describeValue, type Issue, nearestName } from './errors.ts';
import { count, flag, name, notNegative, positive } from './fields.ts';
import { keyPatternProblem } from './key-pattern.ts';
import { explainSlips, isSlip, slipText } from './slips.ts';
import { withoutScope } from './type-names.ts';

const multiplier = notNegative.nullish();

const customKeySchema = open({
  lr_mult: notNegative.optional(),
  decay_mult: notNegative.optional(),
  lr: notNegative.optional(),
  weight_decay: notNegative.optional(),
  /** Leave the parameters out of training: no gradient, no group, no optimizer state. */
  freeze: flag.optional(),
  /** Optimizer steps before the parameters are first changed; until then they have no optimizer state. */
  freeze_until: count.optional(),
  /** Type of the algorithm that steps the parameters, where it is not that of the optimizer. */
  algorithm: name.optional(),
});

const matrixAlgorithmSchema = open({
  type: name,
  /** In place of the optimizer's; multipliers apply to it. */
  lr: notNegative.nullish(),
  weight_decay: notNegative.nullish(),
  /**
   * Parts of the paths of more matrices that it is not for, beside embeddings and the output layer; embed, token, head and
   * classifier where not given and types do not tell.
   */
  exclude: z
    .array(z.string({ error: 'part of a parameter path' }).min(1, { error: 'part of a parameter path' }), {
      error: 'a list of parts of parameter paths',
    })
    .nullish(),
});

const paramwiseShape = {
  /** Settings by part of the parameter path; the longest key that matches decides alone. */
  custom_keys: z
    .record(z.string(), customKeySchema, { error: 'a mapping from part of a parameter path to settings' })
    .nullish(),
  bias_lr_mult: multiplier,
  bias_decay_mult: multiplier,
  norm_decay_mult: multiplier,
  dwconv_decay_mult: multiplier,
  dcn_offset_lr_mult: multiplier,
  flat_decay_mult: multiplier,
  /** Leave a parameter out that already has a group; false where not given. */
  bypass_duplicate: flag.nullish(),
  /** `replace`, as in MMEngine: one key decides about everything. `compose`: a key decides about what it sets. */
  custom_keys_mode: z.enum(['replace', 'compose'], { error: '"replace" or "compose"' }).nullish(),
  /**
   * `substring`, as in MMEngine: a key matches wherever it is in a path. `path`: a key is a whole path, of a parameter or of
   * a module, with `*` and `**` for any names, or a regular expression after `re:`.
   */
  custom_keys_match: z.enum(['substring', 'path'], { error: '"substring" or "path"' }).nullish(),
  /** The algorithm of the matrices of hidden layers: all else keeps that of the optimizer. */
  matrix_algorithm: matrixAlgorithmSchema.nullish(),
  /** Parameters with equal settings share one named group; false where not given. */
  merge_groups: flag.nullish(),
  /** Refuse a custom key that matches nothing; false where not given. */
  strict: flag.nullish(),
};
export const paramwiseSchema = closed(paramwiseShape);

const layerDecayShape = {
  /** Factor between the rates of neighbouring layers, as MMDetection spells it. */
  decay_rate: positive.nullish(),
  /** The same, as MMPretrain spells it. */
  layer_decay_rate: positive.nullish(),
  /** What a layer is: a block (`layer_wise`, where not given) or a stage of blocks. */
  decay_type: z.enum(['layer_wise', 'stage_wise'], { error: '"layer_wise" or "stage_wise"' }).nullish(),
  /** Layers between the embeddings and what follows the last block; counted in the model where not given. */
  num_layers: count.nullish(),
  /** Path of the module that is numbered; `backbone` where the model has it, otherwise the model. */
  backbone: z.string({ error: 'the path of a module' }).nullish(),
};
/** In code alone: a file holds no functions. */
const layerOf = {
  layer_of: z
    .custom<LayerOf>((value) => typeof value === 'function', { error: 'a function (path, param) => layer' })
    .nullish(),
};
/** Without `layer_of`, for the JSON Schema. */
export const layerDecaySchema = closed({ ...layerDecayShape, ...paramwiseShape });

/** The layer of a parameter: 0 for embeddings, and up to `num_layers + 1` for what is trained at the full rate. */
export type LayerOf = (path: string, param: ParamView) => number;
export type CustomKeyConfig = z.infer<typeof customKeySchema>;
export type MatrixAlgorithmConfig = z.infer<typeof matrixAlgorithmSchema>;
export type ParamwiseConfig = z.infer<typeof paramwiseSchema>;
type LayerDecayFields = z.infer<z.ZodObject<typeof layerDecayShape & typeof layerOf>>;
export type LayerDecayConfig = ParamwiseConfig & Omit<LayerDecayFields, 'layer_decay_rate'> & { decay_rate: number };

/**
 * A checked copy of a `paramwise_cfg`; `undefined` and `null` give an empty one.
 *
 * @param extraFields more fields that a constructor of the user's reads; they pass unchecked.
 * @throws ConfigError with every problem found, a misspelt field among them.
 */
export function parseParamwise(
  config: unknown,
  extraFields: readonly string[] = [],
  root: ConfigPath = ['paramwise_cfg'],
): ParamwiseConfig {
  if (config === undefined || config === null) return {};
  return parse(config, extraFields, {}, root);
}

/**
 * A checked copy of the `paramwise_cfg` of a constructor with layer decay. `layer_decay_rate` becomes `decay_rate`.
 *
 * @throws ConfigError with every problem found; `decay_rate` is required.
 */
export function parseLayerDecay(
  config: unknown,
  extraFields: readonly string[] = [],
  root: ConfigPath = ['paramwise_cfg'],
): LayerDecayConfig {
  const fields = { ...layerDecayShape, ...layerOf };
  const { layer_decay_rate, ...rest } = parse(config ?? {}, extraFields, fields, root) as LayerDecayFields;
  const decay_rate = rest.decay_rate ?? layer_decay_rate ?? undefined;
  const path = [...root, 'decay_rate'];
  if (decay_rate === undefined) throw new ConfigError([{ code: 'missing', path, allowed: 'a number above 0' }]);
  if ((rest.decay_rate ?? layer_decay_rate) !== (layer_decay_rate ?? rest.decay_rate)) {
    const allowed = 'one of decay_rate and layer_decay_rate';
    throw new ConfigError([{ code: 'invalid_value', path, found: describeValue(rest.decay_rate), allowed }]);
  }
  return { ...rest, decay_rate };
}

function parse(
  config: unknown,
  extraFields: readonly string[],
  moreFields: z.ZodRawShape,
  root: ConfigPath,
): ParamwiseConfig {
  const copy = withoutScopes(copyPlain(config, root));
  const extra = Object.fromEntries(extraFields.map((field) => [field, z.unknown().optional()]));
  const schema = closed({ ...extra, ...moreFields, ...paramwiseShape });
  const parsed: ParamwiseConfig = explained(() => check(schema, copy, root));
  const matchesPaths = parsed.custom_keys_match === 'path';
  const issues = Object.entries(parsed.custom_keys ?? {}).flatMap(([key, settings]): Issue[] => {
    const path = [...root, 'custom_keys', key];
    const problem = matchesPaths ? keyPatternProblem(key) : undefined;
    const found = [...reservedIssues(settings, path), ...customKeyIssues(settings, path)];
    return problem === undefined ? found : [{ code: 'invalid_value', path, ...problem }, ...found];
  });
  issues.push(...reservedIssues(parsed.matrix_algorithm ?? {}, [...root, 'matrix_algorithm']));
  if (issues.length > 0) throw new ConfigError(issues);
  return parsed;
}

function explained<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(explainSlips(error.issues)) : error;
  }
}

/** Without what MMEngine notes beside a type. */
function withoutScopes(config: unknown): unknown {
  if (!isMapping(config)) return config;
  const { fields } = withoutScope(config);
  const { matrix_algorithm } = fields;
  return isMapping(matrix_algorithm) ? { ...fields, matrix_algorithm: withoutScope(matrix_algorithm).fields } : fields;
}

/** What a group is made of beside its settings; no mapping that becomes settings may name it. */
const RESERVED_FIELDS: readonly string[] = ['params', 'paramNames', 'param_names'];

/** An issue for each field of a mapping of group settings that would replace the group's parameters or their names. */
export function reservedIssues(settings: Readonly<Record<string, unknown>>, path: ConfigPath): Issue[] {
  const allowed = `any field but ${RESERVED_FIELDS.join(', ')}`;
  return RESERVED_FIELDS.filter((field) => Object.hasOwn(settings, field)).map((field) => {
    return { code: 'invalid_value', path: [...path, field], found: describeValue(settings[field]), allowed };
  });
}

/** Fields of a custom key that are our own. */
export const CUSTOM_KEY_FIELDS: readonly string[] = Object.keys(customKeySchema.shape);
/** Fields of `matrix_algorithm` that are no argument of the algorithm. */
export const MATRIX_FIELDS: readonly string[] = Object.keys(matrixAlgorithmSchema.shape);

/** A custom key may name any argument of the optimizer, so only what is nearly one of our own fields is a misspelling. */
function customKeyIssues(settings: CustomKeyConfig, path: ConfigPath): Issue[] {
  const own = new Set<string>([...CUSTOM_KEY_FIELDS, ...PARAMWISE_FIELDS]);
  const spelled = CUSTOM_KEY_FIELDS.filter((field) => field !== 'lr');
  return Object.keys(settings).flatMap((field): Issue[] => {
    if (RESERVED_FIELDS.includes(field)) return [];
    if (field === 'requires_grad') {
      const found = describeValue(settings[field]);
      const allowed = 'freeze: true, which leaves parameters out of training';
      return [{ code: 'invalid_value', path: [...path, field], found, allowed }];
    }
    if (field === 'freeze_until' && settings.freeze === true) {
      const found = describeValue(settings[field]);
      return [{ code: 'invalid_value', path: [...path, field], found, allowed: 'one of freeze and freeze_until' }];
    }
    if (own.has(field) || (nearestName(field, spelled) === undefined && !isSlip(field))) return [];
    return [
      {
        code: 'unknown_field',
        path: [...path, field],
        allowed: [...spelled, 'lr', 'arguments of the optimizer'],
        meant: slipText(field),
      },
    ];
  });
}

/** The fields of `paramwise_cfg` that multiply, for those who look for one in the wrong place. */
export const PARAMWISE_FIELDS: readonly string[] = Object.keys(paramwiseShape);
