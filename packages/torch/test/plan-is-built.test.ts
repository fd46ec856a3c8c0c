/** A plan is what is built: refused alike, and otherwise the very groups, by the library and by the command. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PlanJson } from '../../cli/src/index.ts';
import { run, scratchFolder } from '../../cli/test/run.ts';
import {
  buildOptimWrapper,
  ConfigError,
  nn,
  type OptimWrapper,
  type ParamPlan,
  paramGroupsOf,
  planOf,
  planParamGroups,
} from '../src/index.ts';
import { modelJson } from './support/model-file.ts';

const RUNS = 1500;

const MODELS = {
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

const configs = fc
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

function refusalOr<T>(make: () => T): T | ConfigError {
  try {
    return make();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

const SHOWN: readonly string[] = ['duplicate_parameter', 'no_parameters'];

/** Plan and wrapper agree: the same refusal, or the same groups. */
function expectAgreement(plan: ParamPlan | ConfigError, built: OptimWrapper | ConfigError): void {
  if (plan instanceof ConfigError) {
    expect(built).toBeInstanceOf(ConfigError);
    expect((built as ConfigError).message).toBe(plan.message);
    return;
  }
  // What a plan shows and does not refuse: MMEngine plans it too.
  const isShown = plan.duplicates.length > 0 || plan.groups.length === 0;
  if (built instanceof ConfigError) {
    expect(isShown, built.message).toBe(true);
    expect(built.issues.filter(({ code }) => !SHOWN.includes(code))).toEqual([]);
    return;
  }
  expect(isShown).toBe(false);
  const planned = paramGroupsOf(plan);
  expect(built.paramGroups.map(({ paramNames }) => paramNames)).toEqual(planned.map(({ paramNames }) => paramNames));
  for (const [index, { params, paramNames: _, ...settings }] of planned.entries()) {
    const group = built.paramGroups[index]!;
    expect(group.params.every((param, i) => param === params[i]) && group.params.length === params.length).toBe(true);
    expect(group).toMatchObject(settings);
  }
  expect(planOf(built)?.warnings).toEqual(plan.warnings);
}

it('for any config, by the library and by the command', async () => {
  const folder = scratchFolder();
  const [model, config] = [join(folder, 'model.json'), join(folder, 'config.json')];
  const counted = { built: 0, refused: 0, warned: 0, shown: 0 };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.values(MODELS)), configs, async (makeNet, cfg) => {
      const net = makeNet();
      writeFileSync(model, JSON.stringify(modelJson(net)));
      writeFileSync(config, JSON.stringify({ optim_wrapper: cfg }));
      const { code, out, err } = await run('plan', model, config, '--json');
      const plan = refusalOr(() => planParamGroups(net, cfg));
      const built = refusalOr(() => buildOptimWrapper(net, cfg, { onWarning: () => {} }));
      expectAgreement(plan, built);
      expect([0, 2]).toContain(code);
      if (code === 2) {
        expect(built).toBeInstanceOf(ConfigError);
        counted.refused++;
        return;
      }
      const { groups, warnings } = JSON.parse(out) as PlanJson;
      if (warnings.some((text) => text.includes('known here'))) {
        expect(String(built)).toMatch(/named|Apex/);
        counted.warned++;
        return;
      }
      expect(plan, `${err}${String(built)}`).not.toBeInstanceOf(ConfigError);
      const expected = (plan as ParamPlan).groups.map(({ path, options }) => ({ path, ...options }));
      expect(groups.map(({ param: _, ...group }) => group)).toEqual(JSON.parse(JSON.stringify(expected)));
      if (built instanceof ConfigError) counted.shown++;
      else counted.built++;
    }),
    { numRuns: RUNS },
  );
  // Neither side is the only one that was tried.
  for (const [name, count] of Object.entries(counted)) expect(count, name).toBeGreaterThan(0);
  expect(Math.min(counted.built, counted.refused)).toBeGreaterThan(RUNS / 20);
});

it('what the command refuses it says in the words of building', async () => {
  const folder = scratchFolder();
  const [model, config] = [join(folder, 'model.json'), join(folder, 'config.json')];
  const net = MODELS.plain();
  writeFileSync(model, JSON.stringify(modelJson(net)));
  for (const cfg of [
    { optimizer: { type: 'AdmaW', lr: 0.1, momentun: 0.9 } },
    { optimizer: { type: 'AdamW', lr: 0.1, momentun: 0.9 } },
    { optimizer: { type: 'AdamW', lr: 0.001, weight_decay: 0.05, paramwise_cfg: { norm_decay_mult: 0 } } },
    { optimizer: { type: 'AdamW', lr: 0.1 }, paramwise_cfg: { custom_keys: { head: { foo: 1 } } } },
  ]) {
    writeFileSync(config, JSON.stringify({ optim_wrapper: cfg }));
    const built = refusalOr(() => buildOptimWrapper(net, cfg));
    const { code, err } = await run('plan', model, config);
    expect(code).toBe(2);
    expect(err).toContain((built as ConfigError).message.split('\n').at(-1));
  }
});
