/** Models and configs for properties of plans: mostly good ones, now and then one with a fault. */
import fc from 'fast-check';
import { ConfigError, nn } from '../../src/index.ts';

export const MODELS = {
  plain: () =>
    new nn.Sequential({
      backbone: new nn.Sequential({ conv: new nn.Conv2d(2, 2, 1, { groups: 2 }), norm: new nn.BatchNorm2d(2) }),
      head: new nn.Linear(2, 3),
    }),
  tied: () => {
    const [embed, head] = [new nn.Embedding(3, 2), new nn.Linear(2, 3)];
    head.weight = embed.weight;
    return new nn.Sequential({ embed, norm: new nn.LayerNorm(2), head });
  },
  vit: () =>
    new nn.Sequential({
      backbone: new nn.Sequential({
        patch_embed: new nn.Linear(2, 2),
        blocks: new nn.Sequential(new nn.Sequential({ attn: new nn.Linear(2, 2), norm1: new nn.LayerNorm(2) })),
      }),
      head: new nn.Linear(2, 2),
    }),
  frozen: () => {
    const net = new nn.Sequential({ head: new nn.Linear(2, 2) });
    for (const param of net.parameters()) param.requiresGrad_(false);
    return net;
  },
};

/** Mostly one of the first, now and then one of the others. */
const mostly = <T>(good: readonly T[], bad: readonly T[]) =>
  fc.oneof({ arbitrary: fc.constantFrom(...good), weight: 30 }, { arbitrary: fc.constantFrom(...bad), weight: 1 });

const optimizers = fc
  .tuple(
    mostly(['AdamW', 'SGD', 'SGD', 'Lion', 'Muon', 'LBFGS'], ['AdmaW', 'Prodigy', 'adamw']),
    mostly<unknown>([0.1, 1, 0], [-1, null, undefined, 'fast']),
    mostly<unknown>([0.05, 0], [-0.1, null, undefined]),
    mostly<object>(
      [{}],
      [
        ...[{ momentum: 0.9 }, { betas: [0.9, 0.95] }, { nesterov: true }, { momentum: -1 }, { betas: [0.9, 1.5] }],
        ...[
          { momentun: 0.9 },
          { weight_decya: 0 },
          { params: [] },
          { paramwise_cfg: {} },
          { eps: null },
          { foreach: 1 },
        ],
      ],
    ),
  )
  .map(([type, lr, weight_decay, more]) => ({ type, lr, weight_decay, ...more }));

const mult = mostly<unknown>([0, 0.1, 1], [-1, 'x']);
const keySettings = fc
  .tuple(
    fc.record({ lr_mult: mult, decay_mult: mult }, { requiredKeys: [] }),
    mostly<object>(
      [{}, {}, { freeze: true }, { algorithm: 'Lion' }, { freeze_until: 3 }, { lr: 0.5 }],
      [
        ...[{ momentum: 0.5 }, { algorithm: 'SGD', momentum: 0.5 }, { algorithm: 'SGD', nesterov: true }, { eps: -1 }],
        ...[{ momentun: 0.5 }, { foo: 1 }, { requires_grad: false }, { param_names: [] }, { algorithm: 'Loin' }],
        ...[{ algorithm: 'Muon' }, { algorithm: 'LBFGS' }, { constructor: 1 }, { betas: [1, 2] }, { weightDecay: 0 }],
      ],
    ),
  )
  .map(([mults, more]) => ({ ...mults, ...more }));
const keys = fc.dictionary(fc.constantFrom('backbone', 'head', 'norm', '.bias', 'nowhere'), keySettings, {
  maxKeys: 2,
});

const paramwise = fc.record(
  {
    custom_keys: keys,
    norm_decay_mult: mult,
    bias_lr_mult: mult,
    flat_decay_mult: mult,
    merge_groups: fc.boolean(),
    bypass_duplicate: fc.boolean(),
    custom_keys_mode: mostly(['replace', 'compose'], ['mix']),
    custom_keys_match: mostly(['substring', 'path'], ['glob']),
    matrix_algorithm: mostly<object>(
      [
        { type: 'Muon', lr: 0.02 },
        { type: 'Lion', betas: [0.9, 0.95] },
      ],
      [
        { type: 'Muno' },
        { type: 'Muon', momentun: 1 },
        { type: 'Muon', momentum: 7 },
        { type: 'Muon', paramNames: [] },
      ],
    ),
    strict: fc.constant(true),
    norm_decay_mul: fc.constant(0),
  },
  { requiredKeys: [] },
);
const seldom = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 1 });

export const configs = fc
  .record({
    optimizer: optimizers,
    paramwise_cfg: fc.oneof(
      fc.constant(undefined),
      paramwise.map(({ strict, norm_decay_mul, ...rest }) => rest),
      paramwise,
    ),
    type: mostly<string | undefined>(
      [undefined, 'OptimWrapper', 'AmpOptimWrapper'],
      ['OptimWraper', 'Apex', 'ApexOptimWrapper'],
    ),
    constructor: mostly<string | undefined>(
      [undefined, undefined, 'LayerDecayOptimWrapperConstructor'],
      ['LearningRateDecayOptimizerConstructor', 'Mine', 'DefaultOptimWrapperConstructr'],
    ),
    decay_rate: mostly<unknown>([0.5], [0, undefined]),
    accumulative_counts: mostly<unknown>([undefined, 2], [0]),
    clip_grad: mostly<unknown>([undefined, { max_norm: 1 }], [{ max_nrm: 1 }]),
    loss_scale: seldom(fc.constantFrom<unknown>('dynamic', 8, 0, { growth_factor: 0.5 }, { backoff_factor: 2 })),
  })
  .map(({ decay_rate, loss_scale, ...config }) => {
    const isDecay = config.constructor?.includes('Decay') === true;
    const paramwise_cfg = isDecay ? { decay_rate, ...config.paramwise_cfg } : config.paramwise_cfg;
    return {
      ...config,
      paramwise_cfg,
      ...(config.type === 'AmpOptimWrapper' && loss_scale !== undefined && { loss_scale }),
    };
  });

export function refusalOr<T>(make: () => T): T | ConfigError {
  try {
    return make();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}
