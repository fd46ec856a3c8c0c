/** Names of the constructors that are built in. */

/** Those with a rate a layer: ours, MMPretrain's, MMDetection's and MMSegmentation's, ViT-Adapter's, MMPose's. */
export const LAYER_DECAY_NAMES = [
  'LayerDecayOptimWrapperConstructor',
  'LearningRateDecayOptimWrapperConstructor',
  'LearningRateDecayOptimizerConstructor',
  'LayerDecayOptimizerConstructor',
  'CustomLayerDecayOptimizerConstructor',
  'mmpose.LayerDecayOptimWrapperConstructor',
] as const;

/** MMYOLO's, which sort parameters by what they are and read no other rules. */
export const YOLO_NAMES = ['YOLOv5OptimizerConstructor', 'YOLOv7OptimWrapperConstructor'] as const;

export type YoloName = (typeof YOLO_NAMES)[number];

/** The default rules, with fields of their own besides: YOLO-World's; MMSegmentation's and MMPose's. */
export const YOLO_WORLD_NAME = 'YOLOWv5OptimizerConstructor';
export const FORCE_DEFAULT_NAME = 'ForceDefaultOptimWrapperConstructor';

export const CONSTRUCTOR_NAMES: readonly string[] = [
  'DefaultOptimWrapperConstructor',
  ...LAYER_DECAY_NAMES,
  ...YOLO_NAMES,
  YOLO_WORLD_NAME,
  FORCE_DEFAULT_NAME,
];
