/**
 * The shape of `optim_wrapper` and `paramwise_cfg`, with MMEngine's keys. Types are inferred from the schemas.
 *
 * The source of every field is the MMEngine 0.10 documentation of `OptimWrapper`, `AmpOptimWrapper` and
 * `DefaultOptimWrapperConstructor`. `null` stands for Python's `None`: not given.
 */
import * as z from 'zod';
import { check, closed, copyPlain, isMapping, open } from './check.ts';
import { ConfigError, type ConfigPath, describeValue, type Issue, nearestName } from './errors.ts';
import { paramSchedulerSchema } from './scheduler-config.ts';

const number = z.number({ error: 'a finite number' });
const notNegative = number.min(0, { error: 'a number of zero or more' });
const positive = number.positive({ error: 'a number above zero' });
const flag = z.boolean({ error: 'true or false' });
const name = z.string({ error: 'a name' }).min(1, { error: 'a name' });
const multiplier = notNegative.nullish();
const count = z.int({ error: 'a whole number of one or more' }).min(1, { error: 'a whole number of one or more' });

/** `optim_wrapper.optimizer`: `type`, the base `lr` and `weight_decay`, and whatever else the optimizer takes. */
const optimizerSchema = open({ type: name, lr: notNegative.nullish(), weight_decay: notNegative.nullish() });

const clipByNorm = closed({
  type: z.literal('norm').optional(),
  max_norm: notNegative,
  /** Which norm; 2 where not given. */
  norm_type: z
    .union([positive, z.literal('inf'), z.custom<number>((value) => value === Number.POSITIVE_INFINITY)], {
      error: 'a number above zero or "inf"',
    })
    .optional(),
  error_if_nonfinite: flag.optional(),
});
const clipByValue = closed({ type: z.literal('value'), clip_value: notNegative });
const clipGradSchema = z.discriminatedUnion('type', [clipByNorm, clipByValue], {
  error: ({ input }) =>
    isMapping(input) ? '"norm" or "value"' : 'a mapping with max_norm, or with type "value" and clip_value',
});

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
  /** Parts of the paths of matrices that it is not for; embed, token, head and classifier where not given. */
  exclude: z
    .array(z.string({ error: 'part of a parameter path' }).min(1, { error: 'part of a parameter path' }), {
      error: 'a list of parts of parameter paths',
    })
    .nullish(),
});

const paramwiseShape = {
  /** Settings by substring of the parameter path; the longest key that matches decides alone. */
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
  /** The algorithm of the matrices of hidden layers: all else keeps that of the optimizer. */
  matrix_algorithm: matrixAlgorithmSchema.nullish(),
  /** Parameters with equal settings share one named group; false where not given. */
  merge_groups: flag.nullish(),
  /** Refuse a custom key that matches nothing; false where not given. */
  strict: flag.nullish(),
};
const paramwiseSchema = closed(paramwiseShape);

/** What a wrapper does with gradients. */
const settingsShape = {
  /** Backward passes per optimizer step; 1 where not given. */
  accumulative_counts: count.optional(),
  clip_grad: clipGradSchema.nullish(),
};

const wrapperShape = {
  type: name.default('OptimWrapper'),
  constructor: name.default('DefaultOptimWrapperConstructor'),
  optimizer: optimizerSchema,
  /** Checked by the constructor, which may be one with more fields. */
  paramwise_cfg: z.record(z.string(), z.unknown(), { error: 'a mapping' }).nullish(),
  ...settingsShape,
};
const lossScaleSchema = z.union(
  [
    z.literal('dynamic'),
    positive,
    z.strictObject({
      init_scale: positive.optional(),
      growth_factor: positive.optional(),
      backoff_factor: positive.optional(),
      growth_interval: positive.optional(),
      enabled: flag.optional(),
    }),
  ],
  {
    error:
      '"dynamic", a number above zero, or a mapping with init_scale, growth_factor, backoff_factor, growth_interval, enabled',
  },
);
const amp = {
  /** `dynamic` where not given. */
  loss_scale: lossScaleSchema.optional(),
  dtype: z
    .enum(['float16', 'bfloat16', 'float32', 'float64'], { error: '"float16", "bfloat16", "float32" or "float64"' })
    .nullish(),
  use_fsdp: flag.optional(),
};

/** Wrappers whose fields are known; a type that a user registered may have any field beside the common ones. */
const WRAPPER_SCHEMAS = new Map<unknown, z.ZodType>([
  ['OptimWrapper', closed(wrapperShape)],
  ['AmpOptimWrapper', closed({ ...wrapperShape, ...amp })],
]);
const customWrapperSchema = open(wrapperShape);

export type OptimizerConfig = z.infer<typeof optimizerSchema>;
export type ClipGradConfig = z.infer<typeof clipGradSchema>;
export type CustomKeyConfig = z.infer<typeof customKeySchema>;
export type MatrixAlgorithmConfig = z.infer<typeof matrixAlgorithmSchema>;
export type ParamwiseConfig = z.infer<typeof paramwiseSchema>;
/** A checked `optim_wrapper`: `type` and `constructor` are filled in. */
export type OptimWrapperConfig = z.infer<typeof customWrapperSchema> & z.infer<z.ZodObject<Partial<typeof amp>>>;

/**
 * A checked copy of an `optim_wrapper` config.
 *
 * Defaults: `type` OptimWrapper, `constructor` DefaultOptimWrapperConstructor. `paramwise_cfg` is passed on unchecked.
 *
 * @throws ConfigError with every problem found.
 */
export function parseOptimWrapper(config: unknown, root: ConfigPath = ['optim_wrapper']): OptimWrapperConfig {
  const copy = copyPlain(config, root);
  if (!isMapping(copy)) return check(customWrapperSchema, copy, root);
  // `constructor` is a field here, and every ordinary object inherits a property of that name.
  const bare: unknown = Object.assign(Object.create(null), copy);
  const schema = WRAPPER_SCHEMAS.get(copy.type ?? 'OptimWrapper') ?? customWrapperSchema;
  return check(schema, bare, root) as OptimWrapperConfig;
}

/** What a wrapper does with gradients, checked and complete. */
export interface WrapperSettings {
  /** Backward passes per optimizer step. */
  readonly accumulative_counts: number;
  /** `undefined`: gradients are not clipped. */
  readonly clip_grad: ClipGradConfig | undefined;
}

const wrapperSettingsSchema = closed(settingsShape);

/**
 * The two settings of an optimizer wrapper, for one that is made in code. Defaults: 1 and no clipping.
 *
 * @param value other fields than these two are refused.
 * @throws ConfigError with every problem found.
 */
export function parseWrapperSettings(
  value: { readonly accumulative_counts?: unknown; readonly clip_grad?: unknown },
  path: ConfigPath = ['optim_wrapper'],
): WrapperSettings {
  const { accumulative_counts = 1, clip_grad } = check(wrapperSettingsSchema, copyPlain(value, path), path);
  return { accumulative_counts, clip_grad: clip_grad ?? undefined };
}

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
  const copy = copyPlain(config, root);
  const extra = Object.fromEntries(extraFields.map((field) => [field, z.unknown()]));
  const parsed = check(extraFields.length > 0 ? closed({ ...extra, ...paramwiseShape }) : paramwiseSchema, copy, root);
  const issues = Object.entries(parsed.custom_keys ?? {}).flatMap(([key, settings]) =>
    customKeyIssues(settings, [...root, 'custom_keys', key]),
  );
  if (issues.length > 0) throw new ConfigError(issues);
  return parsed;
}

const CUSTOM_KEY_FIELDS = ['lr_mult', 'decay_mult', 'weight_decay', 'freeze', 'freeze_until', 'algorithm'] as const;

/** A custom key may name any argument of the optimizer, so only what is nearly one of our own fields is a misspelling. */
function customKeyIssues(settings: CustomKeyConfig, path: ConfigPath): Issue[] {
  const own = new Set<string>([...CUSTOM_KEY_FIELDS, 'lr', ...Object.keys(paramwiseShape)]);
  return Object.keys(settings).flatMap((field): Issue[] => {
    if (field === 'params') {
      const found = describeValue(settings[field]);
      return [{ code: 'invalid_value', path: [...path, field], found, allowed: 'any field but "params"' }];
    }
    if (field === 'freeze_until' && settings.freeze === true) {
      const found = describeValue(settings[field]);
      return [{ code: 'invalid_value', path: [...path, field], found, allowed: 'one of freeze and freeze_until' }];
    }
    if (own.has(field) || nearestName(field, CUSTOM_KEY_FIELDS) === undefined) return [];
    return [
      {
        code: 'unknown_field',
        path: [...path, field],
        allowed: [...CUSTOM_KEY_FIELDS, 'lr', 'arguments of the optimizer'],
      },
    ];
  });
}

/** The fields of `paramwise_cfg` that multiply, for those who look for one in the wrong place. */
export const PARAMWISE_FIELDS: readonly string[] = Object.keys(paramwiseShape);

/** JSON Schema (draft 2020-12) of a config file with `optim_wrapper` and `param_scheduler`, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  const wrapper = { ...wrapperShape, paramwise_cfg: paramwiseSchema.nullish() };
  const custom = name.meta({ not: { enum: [...WRAPPER_SCHEMAS.keys()] } });
  const config = z.object({
    optim_wrapper: z.union([
      closed({ ...wrapper, type: z.literal('OptimWrapper').optional() }),
      closed({ ...wrapper, ...amp, type: z.literal('AmpOptimWrapper') }),
      open({ ...wrapperShape, type: custom }),
    ]),
    param_scheduler: paramSchedulerSchema.optional(),
  });
  return { ...z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' }) };
}
