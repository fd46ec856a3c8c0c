/** The constructors that a config may name. */
import { FORCE_DEFAULT_NAME, YOLO_NAMES, YOLO_WORLD_NAME } from '../config/constructor-names.ts';
import { Registry } from '../registry.ts';
import {
  type ConstructorBuildConfig,
  DefaultOptimWrapperConstructor,
  LayerDecayOptimWrapperConstructor,
  type OptimWrapperConstructor,
} from './constructor.ts';
import {
  ForceDefaultOptimWrapperConstructor,
  LAYER_DECAY_SPECS,
  layerDecayClass,
  YOLOWv5OptimizerConstructor,
} from './sister-constructors.ts';
import { yoloClass } from './yolo.ts';

type Class = new (optimWrapperCfg: unknown, paramwiseCfg?: unknown) => OptimWrapperConstructor;

const entryOf = ([name, Made]: readonly [string, Class]) =>
  [name, (cfg: ConstructorBuildConfig) => new Made(cfg.optim_wrapper_cfg, cfg.paramwise_cfg)] as const;

const byLayer = LAYER_DECAY_SPECS.map((spec) => [spec.name, layerDecayClass(spec)] as const);
/** Names so well known that errors offer them. */
const isListed = ([name]: readonly [string, Class]) => name.startsWith('LearningRateDecay');

const LISTED: readonly (readonly [string, Class])[] = [
  ['DefaultOptimWrapperConstructor', DefaultOptimWrapperConstructor],
  ['LayerDecayOptimWrapperConstructor', LayerDecayOptimWrapperConstructor],
  ...byLayer.filter(isListed),
];

const UNLISTED: readonly (readonly [string, Class])[] = [
  ...byLayer.filter((entry) => !isListed(entry)),
  [FORCE_DEFAULT_NAME, ForceDefaultOptimWrapperConstructor],
  [YOLO_WORLD_NAME, YOLOWv5OptimizerConstructor],
  ...YOLO_NAMES.map((name) => [name, yoloClass(name)] as const),
];

/** Constructors by the `constructor` of `optim_wrapper`. */
export const OPTIM_WRAPPER_CONSTRUCTORS = new Registry<OptimWrapperConstructor, ConstructorBuildConfig>(
  'OPTIM_WRAPPER_CONSTRUCTORS',
  {
    what: 'optimizer wrapper constructor',
    entries: LISTED.map(entryOf),
    unlisted: UNLISTED.map(entryOf),
  },
);
