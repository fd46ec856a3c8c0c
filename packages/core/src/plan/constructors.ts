/** The constructors that a config may name. */
import { LAYER_DECAY_NAMES } from '../config/paramwise-config.ts';
import { Registry } from '../registry.ts';
import {
  type ConstructorBuildConfig,
  DefaultOptimWrapperConstructor,
  LayerDecayOptimWrapperConstructor,
  type OptimWrapperConstructor,
} from './constructor.ts';

const layerDecay = (cfg: ConstructorBuildConfig) =>
  new LayerDecayOptimWrapperConstructor(cfg.optim_wrapper_cfg, cfg.paramwise_cfg);

/** Constructors by the `constructor` of `optim_wrapper`. */
export const OPTIM_WRAPPER_CONSTRUCTORS = new Registry<OptimWrapperConstructor, ConstructorBuildConfig>(
  'OPTIM_WRAPPER_CONSTRUCTORS',
  {
    what: 'optimizer wrapper constructor',
    entries: [
      [
        'DefaultOptimWrapperConstructor',
        (cfg) => new DefaultOptimWrapperConstructor(cfg.optim_wrapper_cfg, cfg.paramwise_cfg),
      ],
      ...LAYER_DECAY_NAMES.map((name) => [name, layerDecay] as const),
    ],
  },
);
