/**
 * The shape of `optim_wrapper`, with MMEngine's keys, and of the file that it stands in. Types are inferred.
 *
 * The source of every field is the MMEngine 0.10 documentation of `OptimWrapper` and `AmpOptimWrapper`. `null` stands for Python's `None`: not given.
 */
import * as z from 'zod';
import { check, closed, copyPlain, isMapping, open } from './check.ts';
import { ConfigError, type ConfigPath, type Issue } from './errors.ts';
import { count, flag, name, notNegative, number, positive } from './fields.ts';
import { reservedIssues } from './paramwise-config.ts';
import { type RegisteredNames, readWrapperNames } from './type-names.ts';

/** `optim_wrapper.optimizer`: `type`, the base `lr` and `weight_decay`, and whatever else the optimizer takes. */
export const optimizerSchema = open({ type: name, lr: notNegative.nullish(), weight_decay: notNegative.nullish() });

const clipByNorm = closed({
  type: z.literal('norm').optional(),
  max_norm: notNegative,
  /** Which norm; 2 where not given. */
  norm_type: z
    .union([positive, z.literal('inf'), z.custom<number>((value) => value === Number.POSITIVE_INFINITY)], {
      error: 'a number above 0 or "inf"',
    })
    .optional(),
  error_if_nonfinite: flag.optional(),
});
const clipByValue = closed({ type: z.literal('value'), clip_value: notNegative });
const clipGradSchema = z.discriminatedUnion('type', [clipByNorm, clipByValue], {
  error: ({ input }) =>
    isMapping(input) ? '"norm" or "value"' : 'a mapping with max_norm, or with type "value" and clip_value',
});

/** What a wrapper does with gradients. */
const settingsShape = {
  /** Backward passes per optimizer step; 1 where not given. */
  accumulative_counts: count.optional(),
  clip_grad: clipGradSchema.nullish(),
  /** What becomes of a step whose gradients hold an infinity or NaN; `step` where not given. */
  on_non_finite: z.enum(['step', 'skip', 'throw'], { error: '"step", "skip" or "throw"' }).optional(),
};

export const wrapperShape = {
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
    closed({
      init_scale: positive.optional(),
      growth_factor: number.gt(1, { error: 'a number above 1' }).optional(),
      backoff_factor: positive.lt(1, { error: 'a number between 0 and 1' }).optional(),
      growth_interval: count.optional(),
      enabled: flag.optional(),
    }),
  ],
  {
    error:
      '"dynamic", a number above 0, or a mapping with init_scale, growth_factor (above 1), backoff_factor (between 0 and 1), growth_interval, enabled',
  },
);
/** What AmpOptimWrapper has more. */
export const amp = {
  /** `dynamic` where not given. */
  loss_scale: lossScaleSchema.optional(),
  dtype: z
    .enum(['float16', 'bfloat16', 'float32', 'float64'], { error: '"float16", "bfloat16", "float32" or "float64"' })
    .nullish(),
  use_fsdp: z
    .literal(false, { error: 'false: it has no effect here, where a process holds the whole model' })
    .optional(),
};

/** Wrappers whose fields are known; a type that a user registered may have any field beside the common ones. */
const WRAPPER_SCHEMAS = new Map<unknown, z.ZodType>([
  ['OptimWrapper', closed(wrapperShape)],
  ['AmpOptimWrapper', closed({ ...wrapperShape, ...amp })],
]);
const customWrapperSchema = open(wrapperShape);

export type OptimizerConfig = z.infer<typeof optimizerSchema>;
export type ClipGradConfig = z.infer<typeof clipGradSchema>;
export type LossScaleConfig = z.infer<typeof lossScaleSchema>;
/**
 * What becomes of a step whose gradients hold an infinity or NaN: it is taken all the same, as in MMEngine; it is left out;
 * or an error names the first such parameter.
 */
export type OnNonFinite = 'step' | 'skip' | 'throw';
/** A checked `optim_wrapper`: `type` and `constructor` are filled in. */
export type OptimWrapperConfig = z.infer<typeof customWrapperSchema> & z.infer<z.ZodObject<Partial<typeof amp>>>;

/**
 * A checked copy of an `optim_wrapper` config.
 *
 * Defaults: `type` OptimWrapper, `constructor` DefaultOptimWrapperConstructor. `paramwise_cfg` is passed on unchecked. Scopes
 * and paths of names are looked through, `_scope_` is left out.
 *
 * @param registered names that users registered, which come before those that are built in.
 * @throws ConfigError with every problem found.
 */
export function parseOptimWrapper(
  config: unknown,
  root: ConfigPath = ['optim_wrapper'],
  registered: RegisteredNames = {},
): OptimWrapperConfig {
  const copy = copyPlain(config, root);
  if (!isMapping(copy)) return check(customWrapperSchema, copy, root);
  const named = readWrapperNames(copy, registered);
  // `constructor` is a field here, and every ordinary object inherits a property of that name.
  const bare: unknown = Object.assign(Object.create(null), named);
  const schema = WRAPPER_SCHEMAS.get(named.type ?? 'OptimWrapper') ?? customWrapperSchema;
  const parsed = checkWrapper(schema, bare, root);
  const issues = strayFields(parsed.optimizer, root);
  if (issues.length > 0) throw new ConfigError(issues);
  return parsed;
}

const OF_A_MEMBER =
  'MMagic\'s choice of modules is read in a member: constructor: "MultiOptimWrapperConstructor", NAME: { modules, optimizer }';

function checkWrapper(schema: z.ZodType, config: unknown, root: ConfigPath): OptimWrapperConfig {
  try {
    return check(schema, config, root) as OptimWrapperConfig;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const issues = error.issues.map((issue): Issue => {
      const isChoice = issue.code === 'unknown_field' && issue.path.at(-1) === 'modules';
      return isChoice && issue.path.length === root.length + 1 ? { ...issue, meant: OF_A_MEMBER } : issue;
    });
    throw new ConfigError(issues);
  }
}

/** A copy of a config without its `paramwise_cfg`, which whoever gets it may change: it is checked when it is used. */
export function withoutParamwise({ paramwise_cfg: _, ...config }: OptimWrapperConfig): OptimWrapperConfig {
  return copyPlain(config, ['optim_wrapper']) as OptimWrapperConfig;
}

/** Whether a config names its constructor itself. */
export function namesConstructor(config: unknown): boolean {
  return isMapping(config) && Object.hasOwn(config, 'constructor') && config.constructor !== undefined;
}

/** Fields of `optimizer` that belong elsewhere. */
function strayFields(optimizer: OptimizerConfig, root: ConfigPath): Issue[] {
  const path = [...root, 'optimizer'];
  const issues = reservedIssues(optimizer, path);
  if (!Object.hasOwn(optimizer, 'paramwise_cfg')) return issues;
  const belongs = [...root, 'paramwise_cfg'];
  return [...issues, { code: 'misplaced_field', path: [...path, 'paramwise_cfg'], beside: 'optimizer', belongs }];
}

/** What a wrapper does with gradients, checked and complete. */
export interface WrapperSettings {
  /** Backward passes per optimizer step. */
  readonly accumulative_counts: number;
  /** `undefined`: gradients are not clipped. */
  readonly clip_grad: ClipGradConfig | undefined;
  readonly on_non_finite: OnNonFinite;
}

const wrapperSettingsSchema = closed(settingsShape);

/**
 * The settings of an optimizer wrapper, for one that is made in code. Defaults: 1, no clipping and `step`.
 *
 * @param value other fields than these are refused.
 * @throws ConfigError with every problem found.
 */
export function parseWrapperSettings(
  value: { readonly accumulative_counts?: unknown; readonly clip_grad?: unknown; readonly on_non_finite?: unknown },
  path: ConfigPath = ['optim_wrapper'],
): WrapperSettings {
  const settings = check(wrapperSettingsSchema, copyPlain(value, path), path);
  const { accumulative_counts = 1, clip_grad, on_non_finite = 'step' } = settings;
  return { accumulative_counts, clip_grad: clip_grad ?? undefined, on_non_finite };
}

/** A checked `loss_scale`. @throws ConfigError with every problem found. */
export function parseLossScale(value: unknown, path: ConfigPath = ['optim_wrapper', 'loss_scale']): LossScaleConfig {
  return check(lossScaleSchema, copyPlain(value, path), path);
}
