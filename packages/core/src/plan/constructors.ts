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
import { YoloConstructor } from './yolo.ts';

const CLASSES: readonly (readonly [string, typeof DefaultOptimWrapperConstructor])[] = [
  ['DefaultOptimWrapperConstructor', DefaultOptimWrapperConstructor],
  ['LayerDecayOptimWrapperConstructor', LayerDecayOptimWrapperConstructor],
  ...LAYER_DECAY_SPECS.map((spec) => [spec.name, layerDecayClass(spec)] as const),
  [FORCE_DEFAULT_NAME, ForceDefaultOptimWrapperConstructor],
  [YOLO_WORLD_NAME, YOLOWv5OptimizerConstructor],
];

/** Constructors by the `constructor` of `optim_wrapper`. */
export const OPTIM_WRAPPER_CONSTRUCTORS = new Registry<OptimWrapperConstructor, ConstructorBuildConfig>(
  'OPTIM_WRAPPER_CONSTRUCTORS',
  {
    what: 'optimizer wrapper constructor',
    entries: [
      ...CLASSES.map(
        ([name, Class]) =>
          [name, (cfg: ConstructorBuildConfig) => new Class(cfg.optim_wrapper_cfg, cfg.paramwise_cfg)] as const,
      ),
      ...YOLO_NAMES.map(
        (name) =>
          [
            name,
            (cfg: ConstructorBuildConfig) => new YoloConstructor(name, cfg.optim_wrapper_cfg, cfg.paramwise_cfg),
          ] as const,
      ),
    ],
  },
);
