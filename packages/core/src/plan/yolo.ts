/**
 * MMYOLO's constructors: parameters in three groups by what they are, and a decay that grows with the batch.
 *
 * In this order: weights, which alone decay; weights of batch and instance norms (and YOLOv7's implicit knowledge); biases.
 * The last two groups have no decay of their own, so that of the optimizer's class holds: 0 for SGD, 0.01 for AdamW.
 * Parameters of any other name are in no group and are not trained, as there.
 *
 * Source: MMYOLO 0.6's YOLOv5OptimizerConstructor and YOLOv7OptimWrapperConstructor.
 */
import { parseBatch, scaleDecay } from '../config/batch-decay.ts';
import { namesConstructor, type OptimWrapperConfig, parseOptimWrapper } from '../config/config.ts';
import type { YoloName } from '../config/constructor-names.ts';
import { parseLeniently } from '../config/slips.ts';
import type { OptimWrapperLike, ParamGroup } from '../groups.ts';
import { distinctParams, joinPath, type ModuleView, type ParamView, walkModules } from '../model/model.ts';
import { unwrapModel } from '../model/unwrap.ts';
import { findAlgorithmInfo } from '../optimizers/table.ts';
import { formatNumber, listSome } from '../text.ts';
import {
  type BuildOptions,
  buildPrepared,
  type OptimWrapperConstructor,
  type Prepared,
  type PrepareOptions,
  PUBLIC,
} from './constructor.ts';
import type { DuplicateParam, ParamPlan, PlannedParam, SkippedParam } from './param-plan.ts';
import { plannedToJson } from './plan.ts';
import { checkConfig, checkPlan } from './refusals.ts';

type Kind = 'weight' | 'norm' | 'bias';

/** The groups in their order, and which parameters each is for, to follow "it is". */
const GROUPS: readonly (readonly [kind: Kind, is: string])[] = [
  ['weight', 'a weight outside batch and instance norms'],
  ['norm', 'a weight of a batch or instance norm, or implicit knowledge'],
  ['bias', 'a bias'],
];

/** The decay of each group, and of what is known about it. */
interface Decays {
  readonly own: number;
  readonly ownNote: string;
  /** That of the optimizer's class; `undefined` where it is not known. */
  readonly otherwise: number | undefined;
  readonly lr: number | undefined;
}

/** The constructor of this name. */
export function yoloClass(
  name: YoloName,
): new (
  optimWrapperCfg: unknown,
  paramwiseCfg?: unknown,
) => OptimWrapperConstructor {
  return class extends YoloConstructor {
    constructor(optimWrapperCfg: unknown, paramwiseCfg?: unknown) {
      super(name, optimWrapperCfg, paramwiseCfg);
    }
  };
}

/** @throws ConfigError on construction when a config is refused. */
class YoloConstructor implements OptimWrapperConstructor {
  readonly #name: YoloName;
  readonly #config: OptimWrapperConfig;
  readonly #decays: Decays;
  readonly #warnings: readonly string[];

  /** @param name which of the two rules. */
  constructor(name: YoloName, optimWrapperCfg: unknown, paramwiseCfg?: unknown) {
    const config = parseOptimWrapper(optimWrapperCfg, undefined, PUBLIC);
    const given = paramwiseCfg === undefined ? config.paramwise_cfg : paramwiseCfg;
    const batch = parseLeniently(given, (each) => parseBatch(each));
    const scaled = scaleDecay(config.optimizer, batch.config);
    const { weight_decay, ...optimizer } = scaled.optimizer;
    const maker = namesConstructor(optimWrapperCfg) ? config.constructor : name;
    const own = weight_decay ?? 0;
    const byDefault = findAlgorithmInfo(optimizer.type)?.defaults.weight_decay;
    const otherwise = typeof byDefault === 'number' ? byDefault : undefined;
    this.#name = name;
    this.#config = { ...config, constructor: maker, optimizer };
    this.#decays = { own, ownNote: scaled.reason ?? `weight_decay ${own}`, otherwise, lr: optimizer.lr ?? undefined };
    this.#warnings = [...batch.warnings, ...scaled.warnings, ...defaultWarnings(name, optimizer.type, otherwise)];
  }

  /** @throws ConfigError for all that `build` refuses, but for what the plan shows. */
  prepare(model: ModuleView, { registries = PUBLIC, unknown, shapes }: PrepareOptions = {}): Prepared {
    const known = checkConfig(this.#config, {}, { registries, unknown }, []);
    const { model: root, warnings } = unwrapModel(model);
    const plan = this.#plan(root, [...known.warnings, ...this.#warnings, ...warnings]);
    const groups = GROUPS.flatMap(([kind]) => groupOf(plan.groups.filter(({ decidedBy }) => decidedBy.includes(kind))));
    checkPlan(plan, () => groups, known, shapes);
    return { config: this.#config, plan, groups, unknownNames: known.warnings };
  }

  /** @throws ConfigError when a parameter is in two groups, when there is none to train, or when a type is not registered. */
  build(model: ModuleView, options: BuildOptions = {}): OptimWrapperLike {
    return buildPrepared(this.prepare(model, options), options);
  }

  #plan(root: ModuleView, warnings: readonly string[]): ParamPlan {
    const found = new Map<Kind, PlannedParam[]>();
    const firstPath = new Map<ParamView, string>();
    const skipped: SkippedParam[] = [];
    const duplicates: DuplicateParam[] = [];
    for (const { path, param, kind } of parametersOf(root, this.#name)) {
      const reason = kind === undefined ? `${this.#name} takes weights and biases alone` : 'it requires no gradient';
      if (kind === undefined || !param.requiresGrad) {
        skipped.push({ path, param, reason });
        continue;
      }
      const first = firstPath.get(param);
      if (first === undefined) firstPath.set(param, path);
      else duplicates.push({ path, first, param });
      found.set(kind, [...(found.get(kind) ?? []), plannedOf(path, param, kind, this.#decays)]);
    }
    return {
      groups: GROUPS.flatMap(([kind]) => found.get(kind) ?? []),
      skipped,
      frozen: [],
      duplicates,
      warnings: [...warnings, ...skippedWarnings(this.#name, skipped)],
      singleGroup: false,
      mergeGroups: false,
      base: { lr: this.#decays.lr, weight_decay: this.#decays.otherwise },
    };
  }
}

interface Found {
  readonly path: string;
  readonly param: ParamView;
  readonly kind: Kind | undefined;
}

/** Own parameters of each module once, in the order of the walk. */
function* parametersOf(root: ModuleView, name: YoloName): Generator<Found> {
  const seen = new Set<ModuleView>();
  for (const { module, prefix } of walkModules(root)) {
    if (seen.has(module)) continue;
    seen.add(module);
    for (const [own, param] of distinctParams(module)) {
      yield { path: joinPath(prefix, own), param, kind: kindOf(module, own, name) };
    }
  }
}

function kindOf(module: ModuleView, param: string, name: YoloName): Kind | undefined {
  if (param === 'bias') return 'bias';
  const isImplicit = name === 'YOLOv7OptimWrapperConstructor' && hasType(module, /^Implicit[AM]$/);
  if (isImplicit) return param === 'implicit' ? 'norm' : undefined;
  if (param !== 'weight') return undefined;
  return isBatchNorm(module) ? 'norm' : 'weight';
}

/** Group and layer norms are none: their weights decay. What type a norm has is not always known. */
function isBatchNorm(module: ModuleView): boolean {
  if (module.typeNames === undefined) return module.moduleKind.type === 'norm';
  return hasType(module, /^(?:_NormBase|_?(?:Sync)?BatchNorm(?:\dd)?|_?InstanceNorm(?:\dd)?)$/);
}

function hasType({ typeNames = [] }: ModuleView, type: RegExp): boolean {
  return typeNames.some((each) => type.test(each));
}

function plannedOf(path: string, param: ParamView, kind: Kind, { own, ownNote, otherwise, lr }: Decays): PlannedParam {
  const decay = kind === 'weight' ? own : otherwise;
  const is = GROUPS.find(([each]) => each === kind)?.[1] ?? kind;
  const byClass = `weight_decay: the default of the optimizer's class (${otherwise ?? 'not known here'}) holds, as only weights have another`;
  const entry = {
    path,
    param,
    options: Object.freeze(decay === undefined ? {} : { weight_decay: decay }),
    decidedBy: [kind],
    reasons: [
      `lr: the optimizer's ${formatNumber(lr ?? 'default')} holds`,
      `${kind === 'weight' ? ownNote : byClass}: it is ${is}`,
    ],
  };
  return { ...entry, toJSON: () => plannedToJson(entry) } as PlannedParam;
}

function groupOf(planned: readonly PlannedParam[]): ParamGroup[] {
  if (planned.length === 0) return [];
  const { options } = planned[0]!;
  return [{ ...options, params: planned.map(({ param }) => param), paramNames: planned.map(({ path }) => path) }];
}

function defaultWarnings(name: YoloName, type: string, byDefault: number | undefined): string[] {
  if (byDefault === undefined || byDefault === 0) return [];
  return [
    `norms and biases decay by ${byDefault}, the default of ${type}: ${name} gives the config's weight_decay to weights alone`,
  ];
}

function skippedWarnings(name: YoloName, skipped: readonly SkippedParam[]): string[] {
  const frozen = skipped.filter(({ param }) => !param.requiresGrad).map(({ path }) => path);
  const others = skipped.filter(({ param }) => param.requiresGrad).map(({ path }) => path);
  return [
    ...(frozen.length === 0
      ? []
      : [`${countOf(frozen.length)} left out as requiring no gradient: ${listSome(frozen)}`]),
    ...(others.length === 0
      ? []
      : [`${countOf(others.length)} not trained, as ${name} takes weights and biases alone: ${listSome(others)}`]),
  ];
}

const countOf = (count: number) => (count === 1 ? '1 parameter is' : `${count} parameters are`);
