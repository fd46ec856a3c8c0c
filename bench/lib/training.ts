/** What the training benchmark trains: the same for every rival. */

type TrainingName = 'mlp' | 'example' | 'resnet18';

export interface Training {
  title: string;
  network: TrainingName;
  /** Shape of a batch of images, and the number of classes. */
  input: number[];
  classes: number;
  /** `optim_wrapper` of a config. MMEngine makes one group a parameter of it, and so do the rivals. */
  config: {
    optimizer: { type: 'AdamW' | 'SGD'; lr: number; weight_decay: number; momentum?: number };
    paramwise_cfg: { norm_decay_mult: number; bias_decay_mult: number };
  };
}

// Rates so small that a batch seen a hundred times is not learned by heart: gradients near 0 are slow to compute with.
const paramwise = { norm_decay_mult: 0, bias_decay_mult: 0 };
const adamW = { optimizer: { type: 'AdamW', lr: 1e-6, weight_decay: 0.05 }, paramwise_cfg: paramwise } as const;
const sgd = {
  optimizer: { type: 'SGD', lr: 1e-5, weight_decay: 1e-4, momentum: 0.9 },
  paramwise_cfg: paramwise,
} as const;

export const TRAININGS: readonly Training[] = [
  { title: 'MLP 784-1024-1024-10, batch 128, AdamW', network: 'mlp', input: [128, 784], classes: 10, config: adamW },
  {
    title: "the example's network, 28×28, batch 64, AdamW",
    network: 'example',
    input: [64, 1, 28, 28],
    classes: 10,
    config: adamW,
  },
  {
    title: 'ResNet-18, 64×64, batch 16, SGD with momentum',
    network: 'resnet18',
    input: [16, 3, 64, 64],
    classes: 1000,
    config: sgd,
  },
];
