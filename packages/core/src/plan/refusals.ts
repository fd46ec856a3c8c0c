/** What building would refuse, found before anything is built: by planning too, and with the same error. */
import type { OptimWrapperConfig } from '../config/config.ts';
import { ConfigError, type ConfigPath, type Issue } from '../config/errors.ts';
import {
  CUSTOM_KEY_FIELDS,
  type CustomKeyConfig,
  MATRIX_FIELDS,
  PARAMWISE_FIELDS,
  type ParamwiseConfig,
} from '../config/paramwise-config.ts';
import { ignoredText, type UnknownField } from '../config/slips.ts';
import { SHARDED } from '../config/type-names.ts';
import type { ParamGroup } from '../groups.ts';
import type { AlgorithmInfo, Settings } from '../optimizers/algorithm.ts';
import {
  checkSettings,
  completeDefaults,
  groupDefaults,
  isKnown,
  refuseUnsavable,
  unknownSettings,
} from '../optimizers/settings.ts';
import { type EngineRegistries, NameCheck, type UnknownNames } from './names.ts';
import type { ParamPlan, PlannedParam } from './param-plan.ts';

/** What a config was found to be about. */
export interface KnownConfig {
  readonly paramwise: ParamwiseConfig;
  /** The optimizer's settings as the config gives them, without those that are null. */
  readonly given: Settings;
  /** The algorithm of the optimizer; `undefined` where its settings are not known. */
  readonly base: AlgorithmInfo | undefined;
  /** The algorithms that groups name. */
  readonly algorithms: ReadonlyMap<string, AlgorithmInfo | undefined>;
  readonly warnings: readonly string[];
}

const OPTIMIZER = ['optim_wrapper', 'optimizer'];

/**
 * Checks names and settings of a config whose shape is right already.
 *
 * @param extraKeyFields fields of custom keys that the constructor at hand reads.
 * @throws ConfigError with every problem found.
 */
export function checkConfig(
  { type, optimizer }: Pick<OptimWrapperConfig, 'type' | 'optimizer'>,
  paramwise: ParamwiseConfig,
  {
    registries,
    unknown = 'refuse',
  }: { readonly registries: EngineRegistries; readonly unknown?: UnknownNames | undefined },
  extraKeyFields: readonly string[],
): KnownConfig {
  const names = new NameCheck(registries, unknown);
  names.wrapper(type, ['optim_wrapper', 'type']);
  const { base, options } = steppedBy(optimizer, names);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));
  if (base !== undefined) names.issues.push(...issuesOf(() => completeDefaults(base, given, OPTIMIZER)));
  const algorithms = namedAlgorithms(paramwise, names);
  const known: KnownConfig = { paramwise, given, base, algorithms, warnings: names.warnings };
  const unread = keyIssues(known, extraKeyFields);
  if (paramwise.strict === false) names.warnings.push(...unread.map(ignoredText));
  else names.issues.push(...unread);
  names.issues.push(...matrixIssues(known));
  if (names.issues.length > 0) throw new ConfigError(names.issues);
  return known;
}

/** What steps, and its settings: of a sharded optimizer those of the algorithm that it names. */
function steppedBy({ type, ...options }: OptimWrapperConfig['optimizer'], names: NameCheck) {
  if (type !== SHARDED) return { base: names.optimizer(type, [...OPTIMIZER, 'type']), options };
  const { optimizer_type, ...settings } = options;
  const path = [...OPTIMIZER, 'optimizer_type'];
  if (typeof optimizer_type === 'string') return { base: names.algorithm(optimizer_type, path), options: settings };
  names.issues.push({ code: 'missing', path, allowed: 'the name of the optimizer that steps, such as "AdamW"' });
  return { base: undefined, options: settings };
}

function namedAlgorithms(
  { custom_keys, matrix_algorithm }: ParamwiseConfig,
  names: NameCheck,
): KnownConfig['algorithms'] {
  const algorithms = new Map<string, AlgorithmInfo | undefined>();
  const add = (name: string, path: ConfigPath) => {
    if (!algorithms.has(name)) algorithms.set(name, names.algorithm(name, path));
  };
  if (matrix_algorithm) add(matrix_algorithm.type, ['paramwise_cfg', 'matrix_algorithm', 'type']);
  for (const [key, { algorithm }] of Object.entries(custom_keys ?? {})) {
    if (algorithm !== undefined) add(algorithm, ['paramwise_cfg', 'custom_keys', key, 'algorithm']);
  }
  return algorithms;
}

/** Fields of custom keys that none of the algorithms reads which could step the key's parameters. */
function keyIssues(known: KnownConfig, extraKeyFields: readonly string[]): UnknownField[] {
  // A field of paramwise_cfg does nothing here and is warned about.
  const own = new Set<string>([...CUSTOM_KEY_FIELDS, ...PARAMWISE_FIELDS, ...extraKeyFields]);
  return Object.entries(known.paramwise.custom_keys ?? {}).flatMap(([key, settings]) => {
    const readers = readersOf(known, settings);
    if (readers.includes(undefined)) return [];
    const infos = readers.filter((info) => info !== undefined);
    const path = ['paramwise_cfg', 'custom_keys', key];
    return Object.keys(settings)
      .filter((field) => !own.has(field) && !infos.some((info) => isKnown(info, field)))
      .map((field): UnknownField => {
        const allowed = new Set([...infos.flatMap((info) => Object.keys(info.defaults)), ...CUSTOM_KEY_FIELDS]);
        return { code: 'unknown_field', path: [...path, field], allowed: [...allowed] };
      });
  });
}

/** The algorithms that may step what a key matches; `undefined` among them where one is not known. */
function readersOf({ paramwise, base, algorithms }: KnownConfig, { algorithm }: CustomKeyConfig) {
  const decidesAlone = paramwise.custom_keys_mode !== 'compose';
  if (algorithm !== undefined && decidesAlone) return [algorithms.get(algorithm)];
  const matrix = paramwise.matrix_algorithm?.type;
  if (decidesAlone) return [base, ...(matrix === undefined ? [] : [algorithms.get(matrix)])];
  return [base, ...algorithms.values()];
}

function matrixIssues({ paramwise: { matrix_algorithm }, algorithms }: KnownConfig): Issue[] {
  const info = matrix_algorithm ? algorithms.get(matrix_algorithm.type) : undefined;
  if (info === undefined) return [];
  const settings = Object.entries(matrix_algorithm ?? {}).filter(([field]) => !MATRIX_FIELDS.includes(field));
  return unknownSettings(info, Object.fromEntries(settings), ['paramwise_cfg', 'matrix_algorithm']);
}

/**
 * Checks the groups of a plan: their settings, and whether their algorithms can step their parameters.
 *
 * @throws ConfigError with every problem found.
 */
export function checkPlan(
  plan: ParamPlan,
  groups: () => readonly ParamGroup[],
  known: KnownConfig,
  shapes: 'real' | 'any' = 'real',
): void {
  const { base, given } = known;
  const defaults = base === undefined ? {} : { ...base.defaults, ...given };
  const issues: Issue[] = [];
  const checked = new Set<unknown>();
  for (const planned of plan.groups) {
    const { options, path, param } = planned;
    const name = typeof options.algorithm === 'string' ? options.algorithm : undefined;
    const info = name === undefined || name === base?.name ? base : known.algorithms.get(name);
    if (info === undefined) continue;
    if (!checked.has(options)) {
      checked.add(options);
      const complete = { ...(info === base ? defaults : groupDefaults(info, given)), ...options };
      const found = [
        ...issuesOf(() => checkSettings(info, complete, [])),
        ...issuesOf(() => refuseUnsavable(options, [])),
      ];
      issues.push(...found.map((issue) => ({ ...issue, path: placeOf(planned, issue.path, known.paramwise) })));
    }
    const refused = shapes === 'real' ? info.refuses?.(param.shape, options) : undefined;
    if (refused === undefined) continue;
    const found = `"${path}" of ${refused.found}`;
    issues.push({
      code: 'invalid_value',
      path: [...OPTIMIZER],
      found,
      allowed: `${info.name} takes ${refused.allowed}`,
    });
  }
  if (base?.together === true) issues.push(...togetherIssues(groups()));
  if (issues.length > 0) throw new ConfigError(issues);
}

function togetherIssues(groups: readonly ParamGroup[]): Issue[] {
  const isBare = groups.every(({ algorithm, freeze_until }) => algorithm === undefined && freeze_until === undefined);
  if (groups.length <= 1 && isBare) return [];
  const found = groups.length > 1 ? `${groups.length} groups` : 'algorithm or freeze_until in a group';
  const allowed = 'one group without them: this optimizer steps all parameters together, with the same settings';
  return [{ code: 'invalid_value', path: [...OPTIMIZER, 'type'], found, allowed }];
}

/** Where in the config a setting of a group was given: by the key that decides, by `matrix_algorithm`, or by code. */
function placeOf(
  { path, decidedBy, options }: PlannedParam,
  [field]: ConfigPath,
  paramwise: ParamwiseConfig,
): ConfigPath {
  const within = (name: string) => (field === undefined ? [name] : [name, field]);
  for (const [key, settings] of Object.entries(paramwise.custom_keys ?? {})) {
    const decides = decidedBy.includes(`custom_keys[${JSON.stringify(key)}]`);
    const isGiven =
      field === undefined ||
      (settings[String(field)] !== undefined && settings[String(field)] === options[String(field)]);
    if (decides && isGiven) return ['paramwise_cfg', 'custom_keys', ...within(key)];
  }
  if (field !== undefined && Object.hasOwn(paramwise.matrix_algorithm ?? {}, field)) {
    return ['paramwise_cfg', ...within('matrix_algorithm')];
  }
  return ['param_groups', ...within(path)];
}

function issuesOf(check: () => unknown): readonly Issue[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
}

/** @throws ConfigError where parameters stand in two groups, which a plan shows and no optimizer takes. */
export function refuseDuplicates({ duplicates }: ParamPlan): void {
  const path = ['optim_wrapper', 'paramwise_cfg', 'bypass_duplicate'];
  const issues = duplicates.map(
    ({ first, path: second }): Issue => ({ code: 'duplicate_parameter', path, first, second }),
  );
  if (issues.length > 0) throw new ConfigError(issues);
}

/** @throws ConfigError where there is nothing to train. */
export function refuseEmpty({ groups, skipped }: Pick<ParamPlan, 'groups' | 'skipped'>): void {
  if (groups.length > 0) return;
  throw new ConfigError([{ code: 'no_parameters', path: ['optim_wrapper'], skipped: skipped.length }]);
}
