/** What building refuses is refused by planning, in the same words; names come from the registries handed in. */
import { describe, expect, it } from 'vitest';
import {
  buildOptimWrapper,
  ConfigError,
  DefaultOptimWrapperConstructor,
  LayerDecayOptimWrapperConstructor,
  type ModuleView,
  OPTIM_WRAPPER_CONSTRUCTORS,
  type OptimWrapperConstructor,
  type ParamGroup,
  type PlannedParam,
  paramGroupsOf,
  parseOptimWrapper,
  parseParamwise,
  planParamGroups,
  publicRegistries,
  type Registries,
  Registry,
} from '../src/index.ts';
import { findAlgorithmInfo, prepare } from '../src/internal.ts';
import { FakeOptimizer, node, other, param, smallModel } from './models.ts';

const optimizer = { type: 'AdamW', lr: 0.1, weight_decay: 0.01 };

/** Registries of an engine that has AdamW, SGD and Muon. */
function makeRegistries(): Registries {
  const entries = ['AdamW', 'SGD', 'Muon'].map((name) => {
    const make = (cfg: ConstructorParameters<typeof FakeOptimizer>[0]) => new FakeOptimizer(cfg);
    return [name, Object.assign(make, { algorithm: findAlgorithmInfo(name)! })] as const;
  });
  return {
    ...publicRegistries,
    optimizers: new Registry('OPTIMIZERS', {
      what: 'optimizer',
      scope: 'fake',
      parent: publicRegistries.optimizers,
      entries,
    }),
    wrappers: new Registry('OPTIM_WRAPPERS', {
      what: 'optimizer wrapper',
      scope: 'fake',
      parent: publicRegistries.wrappers,
      entries: [['OptimWrapper', ({ optimizer: built }) => ({ optimizer: built })]],
    }),
  };
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'nothing was refused';
}

/** The refusal that planning and building share. */
function refusal(cfg: object, model = smallModel()): string {
  const message = messageOf(() => planParamGroups(model, cfg));
  expect(messageOf(() => buildOptimWrapper(model, cfg, { registries: makeRegistries() }))).toBe(message);
  return message;
}

/** The fields of a planned parameter, which it computes when asked. */
const spread = ({ path, param: of, options, decidedBy, reasons }: PlannedParam) => ({
  ...{ path, param: of, options, decidedBy, reasons },
});

const withKey = (settings: object, more: object = {}) => ({
  optimizer,
  paramwise_cfg: { custom_keys: { head: settings }, ...more },
});

describe('planning and building refuse alike', () => {
  it('settings of the optimizer: unknown, misspelt, out of range', () => {
    expect(refusal({ optimizer: { ...optimizer, momentun: 0.9 } })).toContain(
      'optim_wrapper.optimizer.momentun: unknown',
    );
    expect(refusal({ optimizer: { type: 'SGD', lr: 0.1, momentun: 0.9, weight_decya: 0 } })).toMatchInlineSnapshot(`
      "2 problems:
        optim_wrapper.optimizer.momentun: unknown field; did you mean "momentum"? (allowed: lr, momentum, dampening, weight_decay, nesterov, maximize, foreach, differentiable, fused)
        optim_wrapper.optimizer.weight_decya: unknown field; did you mean "weight_decay"? (allowed: lr, momentum, dampening, weight_decay, nesterov, maximize, foreach, differentiable, fused)"
    `);
    expect(refusal({ optimizer: { ...optimizer, betas: [0.9, 2] } })).toMatchInlineSnapshot(
      `"optim_wrapper.optimizer.betas: found a list of 2; allowed is two numbers from 0 up to, not including, 1"`,
    );
  });

  it('paramwise_cfg inside optimizer, where nothing reads it', () => {
    const inside = { ...optimizer, paramwise_cfg: { norm_decay_mult: 0 } };
    expect(refusal({ optimizer: inside })).toMatchInlineSnapshot(
      `"optim_wrapper.optimizer.paramwise_cfg: nothing reads it here; it belongs beside "optimizer": move it to optim_wrapper.paramwise_cfg"`,
    );
  });

  it('a field of a custom key that no algorithm reads', () => {
    expect(refusal(withKey({ momentun: 0.5 }))).toContain('custom_keys.head.momentun: unknown field');
    expect(refusal(withKey({ foo: 1 }))).toContain('custom_keys.head.foo: unknown field');
    expect(refusal(withKey({ weightDecay: 0 }))).toContain('did you mean "weight_decay"?');
    expect(refusal(withKey({ requires_grad: false }))).toMatchInlineSnapshot(
      `"paramwise_cfg.custom_keys.head.requires_grad: found false; allowed is freeze: true, which leaves parameters out of training"`,
    );
    expect(refusal(withKey({ constructor: 1 }))).toContain('custom_keys.head.constructor: unknown field');
  });

  it('but not one that the algorithm of the key, or of the matrices, reads', () => {
    expect(refusal(withKey({ algorithm: 'SGD', momentum: 0.5 }))).toBe('nothing was refused');
    expect(refusal(withKey({ algorithm: 'SGD', betas: [0.5, 0.9] }))).toContain('head.betas: unknown field');
    expect(refusal(withKey({ momentum: 0.5 }))).toContain('head.momentum: unknown field');
    expect(refusal(withKey({ momentum: 0.5 }, { matrix_algorithm: { type: 'Muon' } }))).toBe('nothing was refused');
    expect(refusal(withKey({ algorithm: 'SGD' }, { custom_keys_mode: 'compose' }))).toBe('nothing was refused');
  });

  it('settings of matrix_algorithm and names of algorithms', () => {
    const muon = (fields: object) => ({ optimizer, paramwise_cfg: { matrix_algorithm: { type: 'Muon', ...fields } } });
    expect(refusal(muon({ momentun: 0.5 }))).toContain(
      'matrix_algorithm.momentun: unknown field; did you mean "momentum"?',
    );
    expect(refusal(muon({ momentum: 1.5 }))).toContain('matrix_algorithm.momentum: found 1.5');
    expect(refusal(muon({ type: 'Muno' }))).toContain('no algorithm is named "Muno"; did you mean "Muon"?');
    expect(refusal(withKey({ algorithm: 'LBFGS' }))).toContain(
      'custom_keys.head.algorithm: no algorithm is named "LBFGS"',
    );
  });

  it('settings of groups out of range, at the key that gives them', () => {
    expect(refusal(withKey({ name: () => 1 }))).toContain(
      'custom_keys.head.name: found a function; allowed is plain data',
    );
    expect(refusal(withKey({ eps: -1 }))).toMatchInlineSnapshot(
      `"paramwise_cfg.custom_keys.head.eps: found -1; allowed is a number from 0 up"`,
    );
    expect(refusal(withKey({ algorithm: 'SGD', nesterov: true }))).toMatchInlineSnapshot(
      `"paramwise_cfg.custom_keys.head: found settings that exclude each other; allowed is a combination in which nesterov needs a momentum above 0 and a dampening of 0"`,
    );
  });

  it('a parameter that the algorithm cannot step', () => {
    expect(refusal({ optimizer: { type: 'Muon', lr: 0.1 } })).toContain('"backbone.conv.bias" of shape [2]');
  });

  it('names of constructors and wrappers', () => {
    expect(refusal({ optimizer, constructor: 'Mine' })).toContain('no optimizer wrapper constructor is named "Mine"');
    expect(refusal({ optimizer, type: 'ApexOptimWrapper' })).toContain('use AmpOptimWrapper');
    expect(messageOf(() => planParamGroups(smallModel(), { optimizer, type: 'OptimWraper' }))).toContain(
      'did you mean "OptimWrapper"?',
    );
    expect(messageOf(() => planParamGroups(smallModel(), { optimizer: { type: 'AdmaW', lr: 0.1 } }))).toContain(
      'did you mean "AdamW"?',
    );
  });
});

describe('fields that are no settings', () => {
  it.each(['params', 'paramNames', 'param_names'])('%s is refused wherever it would become one', (field) => {
    const allowed = 'allowed is any field but params, paramNames, param_names';
    const refused = (run: () => unknown) =>
      expect(messageOf(run)).toContain(`.${field}: found an empty list; ${allowed}`);
    refused(() => parseParamwise({ custom_keys: { head: { [field]: [] } } }));
    refused(() => parseParamwise({ matrix_algorithm: { type: 'Muon', [field]: [] } }));
    refused(() => parseOptimWrapper({ optimizer: { ...optimizer, [field]: [] } }));
  });

  it('never take the place of parameters or their names in a group', () => {
    const [planned] = planParamGroups(smallModel(), { optimizer }, { bias_lr_mult: 2 }).groups;
    const forged = { ...spread(planned!), options: { paramNames: ['x'], params: [] } };
    const plan = { ...planParamGroups(smallModel(), { optimizer }, { bias_lr_mult: 2 }), groups: [forged] };
    expect(paramGroupsOf(plan)[0]).toMatchObject({ params: [planned!.param], paramNames: [planned!.path] });
  });
});

describe('merge_groups', () => {
  it('keeps apart settings that are no plain data, each equal to itself alone', () => {
    const [a, b] = [new Map([[1, 2]]), new Map([[3, 4]])];
    const plan = planParamGroups(smallModel(), { optimizer }, { norm_decay_mult: 0, merge_groups: true });
    const groups = plan.groups.map((planned, index) => ({
      ...spread(planned),
      options: { table: [a, b, a][index % 3] },
    }));
    expect(paramGroupsOf({ ...plan, groups }).map(({ table, params }) => [table, params.length])).toEqual([
      [a, 4],
      [b, 2],
    ]);
    const dates = groups.map((planned) => ({ ...spread(planned), options: { date: new Date(0) } }));
    expect(paramGroupsOf({ ...plan, groups: dates })).toHaveLength(6);
  });
});

describe('registries', () => {
  it('of an engine know what is registered publicly, and leave that alone', () => {
    const registries = makeRegistries();
    expect(publicRegistries.optimizers.has('AdamW')).toBe(false);
    const built = buildOptimWrapper(smallModel(), { optimizer }, { registries });
    expect(built.optimizer).toBeInstanceOf(FakeOptimizer);
    class Own extends FakeOptimizer {}
    publicRegistries.optimizers.register('OwnOptimizer', (cfg) => new Own(cfg));
    const own = {
      optimizer: { type: 'OwnOptimizer', lr: 1, whatever: 2 },
      paramwise_cfg: { custom_keys: { head: { sway: 1 } } },
    };
    expect(buildOptimWrapper(smallModel(), own, { registries }).optimizer).toBeInstanceOf(Own);
    expect(planParamGroups(smallModel(), own).groups.at(-1)?.options.sway).toBe(1);
  });

  it('give planParamGroups the groups of a constructor of the user’s', () => {
    class NoDecay extends DefaultOptimWrapperConstructor {
      static override readonly extraKeyFields = ['note'];
      override addParams(groups: ParamGroup[], module: ModuleView, prefix = '', isDcnModule = false): void {
        super.addParams(groups, module, prefix, isDcnModule);
        if (prefix === '') for (const group of groups) group.weight_decay = 0;
      }
    }
    OPTIM_WRAPPER_CONSTRUCTORS.register('NoDecay', (cfg) => new NoDecay(cfg.optim_wrapper_cfg, cfg.paramwise_cfg));
    const cfg = { constructor: 'NoDecay', optimizer, paramwise_cfg: { custom_keys: { head: { note: 'x' } } } };
    const plan = planParamGroups(smallModel(), cfg);
    expect(plan.groups.map(({ options }) => options.weight_decay)).toEqual([0, 0, 0, 0, 0, 0]);
    const { paramGroups } = buildOptimWrapper(smallModel(), cfg, { registries: makeRegistries() }).optimizer;
    expect(paramGroups.map(({ weight_decay }) => weight_decay)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('refuse to plan for a constructor that only builds', () => {
    const blind: OptimWrapperConstructor = { build: () => ({ optimizer: { paramGroups: [], defaults: {} } }) };
    OPTIM_WRAPPER_CONSTRUCTORS.register('Blind', () => blind);
    expect(messageOf(() => planParamGroups(smallModel(), { optimizer, constructor: 'Blind' }))).toContain(
      'found "Blind"; allowed is a constructor with a method prepare',
    );
  });
});

describe('names that may be registered elsewhere', () => {
  const planned = (cfg: object) => prepare(smallModel(), cfg, undefined, { unknown: 'warn' }).plan;

  it('are warned of where asked to, and planned by the default rules', () => {
    expect(planned({ optimizer: { type: 'Prodigy', lr: 1, d0: 1 } }).warnings).toMatchInlineSnapshot(`
      [
        "no optimizer named "Prodigy" is known here; planned by the default rules, with its settings unchecked",
      ]
    `);
    const own = {
      constructor: 'MyOptimWrapperConstructor',
      optimizer,
      paramwise_cfg: { stem_lr: 0.1, norm_decay_mult: 0 },
    };
    expect(planned(own).warnings).toMatchInlineSnapshot(`
      [
        "planned by the default rules, constructor "MyOptimWrapperConstructor" is not known here",
        "left out of paramwise_cfg, as only that constructor may read it: stem_lr",
      ]
    `);
    expect(planned(own).groups[2]?.options).toEqual({ weight_decay: 0 });
    expect(planned({ optimizer, type: 'MyOptimWrapper', more: 1 }).warnings).toMatchInlineSnapshot(`
      [
        "no optimizer wrapper named "MyOptimWrapper" is known here; its groups are planned all the same",
      ]
    `);
  });

  it('but refused where they are nearly known names', () => {
    for (const type of ['AdmaW', 'SDG', 'adamw', 'Muno']) {
      expect(messageOf(() => planned({ optimizer: { type, lr: 0.1 } }))).toContain('did you mean');
    }
    for (const type of ['MyAdamW', 'Adan', 'AdamP', 'Prodigy', 'DAdaptAdam', 'TorchAdafactor']) {
      expect(messageOf(() => planned({ optimizer: { type, lr: 0.1 } }))).toBe('nothing was refused');
    }
    expect(messageOf(() => planned({ optimizer, constructor: 'DefaultOptimWraperConstructor' }))).toContain(
      'did you mean',
    );
  });
});

describe('layer decay', () => {
  const linear = () => node(other, { weight: param() });
  const backbone = () =>
    node(other, {}, { patch_embed: linear(), blocks: node(other, {}, { '0': node(other, {}, { attn: linear() }) }) });
  const whole = (head = linear()) => node(other, {}, { backbone: backbone(), head });
  const cfg = { optimizer: { type: 'SGD', lr: 1 }, paramwise_cfg: { decay_rate: 0.25 } };
  const make = (more: object = {}) =>
    new LayerDecayOptimWrapperConstructor({ ...cfg, paramwise_cfg: { ...cfg.paramwise_cfg, ...more } });
  const ratesOf = (groups: readonly ParamGroup[]) =>
    Object.fromEntries(groups.map(({ paramNames, lr }) => [paramNames![0], lr]));
  const expected = { 'backbone.patch_embed.weight': 0.0625, 'backbone.blocks.0.attn.weight': 0.25 };

  it('of a part of a model is numbered by its prefix', () => {
    const groups: ParamGroup[] = [];
    const maker = make({ backbone: 'backbone' });
    maker.addParams(groups, backbone(), 'backbone');
    expect(ratesOf(groups)).toEqual(expected);
    maker.addParams(groups, linear(), 'head');
    expect(ratesOf(groups)).toEqual({ ...expected, 'head.weight': 1 });
    expect(
      ratesOf(
        make()
          .plan(whole())
          .groups.map(({ path, options }) => ({ params: [], paramNames: [path], ...options })),
      ),
    ).toEqual({
      ...expected,
      'head.weight': 1,
    });
  });

  it('is refused where a part does not tell the layers', () => {
    const add = (prefix: string, part: ModuleView, more = {}) =>
      messageOf(() => make(more).addParams([], part, prefix));
    expect(add('head', linear())).toContain('the parameters of head are not named as those of a ViT');
    expect(add('backbone.blocks', node(other, {}, { '0': node(other, {}, { attn: linear() }) }))).toContain(
      'only "backbone.blocks" is at hand',
    );
    expect(add('backbone', backbone(), { layer_of: () => 0 })).toContain('num_layers: missing');
    expect(add('backbone', backbone(), { layer_of: () => 0, num_layers: 1 })).toBe('nothing was refused');
  });

  it('of a second model in the same list is numbered anew', () => {
    const deep = node(
      other,
      {},
      {
        blocks: node(other, {}, { '0': node(other, {}, { attn: linear() }), '1': node(other, {}, { attn: linear() }) }),
      },
    );
    const groups: ParamGroup[] = [];
    const maker = make();
    maker.addParams(groups, whole());
    maker.addParams(groups, deep);
    expect(groups.slice(3).map(({ lr }) => lr)).toEqual([0.0625, 0.25]);
  });

  it('keeps the name of its constructor', () => {
    const name = 'LearningRateDecayOptimizerConstructor';
    let seen: unknown;
    const constructors = new Registry('OPTIM_WRAPPER_CONSTRUCTORS', {
      parent: OPTIM_WRAPPER_CONSTRUCTORS,
      scope: 'test',
      entries: [
        [
          name,
          (config) => {
            const made = new LayerDecayOptimWrapperConstructor(config.optim_wrapper_cfg, config.paramwise_cfg);
            seen = made.optimWrapperCfg.constructor;
            return made;
          },
        ],
      ],
    });
    prepare(whole(), { ...cfg, constructor: name }, { ...publicRegistries, constructors });
    expect(seen).toBe(name);
    expect(make().optimWrapperCfg.constructor).toBe('LayerDecayOptimWrapperConstructor');
  });
});

it('a config is read once on its way to groups', () => {
  let reads = 0;
  const counted = new Proxy(
    { ...optimizer },
    {
      ownKeys: (target) => {
        reads++;
        return Reflect.ownKeys(target);
      },
    },
  );
  buildOptimWrapper(smallModel(), { optimizer: counted }, { registries: makeRegistries() });
  expect(reads).toBe(1);
});
