/** From config to wrapper, with an engine that only remembers what it was given. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  buildOptimWrapper,
  buildOptimWrappers,
  DefaultOptimWrapperConstructor,
  type ModuleView,
  OPTIM_WRAPPER_CONSTRUCTORS,
  OPTIMIZERS,
  type ParamGroup,
  planOf,
  Registry,
} from '../src/index.ts';
import { FakeOptimizer, type FakeWrapper, node, other, param, registerFakes, smallModel } from './models.ts';

const optimizer = { type: 'SGD', lr: 0.1, momentum: 0.9, weight_decay: 0.01 };

beforeAll(registerFakes);

describe('buildOptimWrapper', () => {
  it('gives each parameter a group, and the wrapper the rest of the config', () => {
    const cfg = { optimizer, accumulative_counts: 4, paramwise_cfg: { norm_decay_mult: 0 } };
    const wrapper = buildOptimWrapper<FakeWrapper>(smallModel(), cfg);
    expect(wrapper.settings).toEqual({ type: 'OptimWrapper', accumulative_counts: 4 });
    expect(wrapper.optimizer.paramGroups).toHaveLength(6);
    expect(wrapper.optimizer.paramGroups[2]).toMatchObject({
      lr: 0.1,
      momentum: 0.9,
      weight_decay: 0,
      paramNames: ['backbone.norm.weight'],
    });
    expect(planOf(wrapper)?.groups[2]?.path).toBe('backbone.norm.weight');
  });

  it('makes one group without paramwise_cfg', () => {
    const { optimizer: built } = buildOptimWrapper(smallModel(), { optimizer });
    expect(built.paramGroups).toHaveLength(1);
    expect(built.paramGroups[0]!.params).toHaveLength(6);
  });

  it('hands over warnings and prints none', () => {
    const warnings: string[] = [];
    const cfg = { optimizer, paramwise_cfg: { custom_keys: { hed: { lr_mult: 2 } } } };
    buildOptimWrapper(smallModel(), cfg, { onWarning: (text) => warnings.push(text) });
    expect(warnings).toEqual(['custom_keys["hed"] matches no parameter; did you mean "head"?']);
  });

  it('refuses a parameter in two groups, naming both places', () => {
    const weight = param();
    const model = node(other, {}, { embed: node(other, { weight }), head: node(other, { weight }) });
    const build = (paramwise_cfg: object) => buildOptimWrapper(model, { optimizer, paramwise_cfg });
    expect(() => build({ bias_lr_mult: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: optim_wrapper.paramwise_cfg.bypass_duplicate: "embed.weight" and "head.weight" are the same parameter, which cannot be in two groups; set bypass_duplicate: true in paramwise_cfg to keep the first]`,
    );
    expect(build({ bias_lr_mult: 1, bypass_duplicate: true }).optimizer.paramGroups).toHaveLength(1);
  });

  it('refuses names that are not registered, and a model with nothing to train', () => {
    expect(() => buildOptimWrapper(smallModel(), { optimizer: { type: 'SDG' } })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: optim_wrapper.optimizer.type: no optimizer is named "SDG"; did you mean "SGD"? (registered: SGD)]`,
    );
    expect(() =>
      buildOptimWrapper(smallModel(), { type: 'OptimWraper', optimizer }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: optim_wrapper.type: no optimizer wrapper is named "OptimWraper"; did you mean "OptimWrapper"? (registered: OptimWrapper)]`,
    );
    expect(() =>
      buildOptimWrapper(smallModel(), { optimizer, constructor: 'Mine' }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: optim_wrapper.constructor: no optimizer wrapper constructor is named "Mine" (registered: DefaultOptimWrapperConstructor, LayerDecayOptimWrapperConstructor, LearningRateDecayOptimWrapperConstructor, LearningRateDecayOptimizerConstructor)]`,
    );
    const frozen = node(other, { a: param([2], false) });
    expect(() =>
      buildOptimWrapper(frozen, { optimizer, paramwise_cfg: { bias_lr_mult: 1 } }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: optim_wrapper: there is no parameter to train (1 left out); give at least one parameter that requires a gradient]`,
    );
  });

  it('leaves the config as it was', () => {
    const cfg = {
      optimizer,
      clip_grad: { type: 'value', clip_value: 1 },
      paramwise_cfg: { custom_keys: { head: { lr_mult: 2 } } },
    };
    const before = structuredClone(cfg);
    buildOptimWrapper(smallModel(), cfg);
    expect(cfg).toEqual(before);
  });
});

/** The head at a rate of its own; all else by the rules. */
class HeadConstructor extends DefaultOptimWrapperConstructor {
  static override readonly extraParamwiseFields = ['head_lr'];

  override addParams(groups: ParamGroup[], module: ModuleView, prefix = '', isDcnModule = false): void {
    const from = groups.length;
    super.addParams(groups, module, prefix, isDcnModule);
    if (prefix !== 'head') return;
    for (const group of groups.slice(from)) group.lr = Reflect.get(this.paramwiseCfg, 'head_lr') as number;
  }
}

describe('a constructor of the user’s', () => {
  it('is built from what its addParams appends', () => {
    OPTIM_WRAPPER_CONSTRUCTORS.register(
      'HeadConstructor',
      (cfg) => new HeadConstructor(cfg.optim_wrapper_cfg, cfg.paramwise_cfg),
    );
    const cfg = { optimizer, constructor: 'HeadConstructor', paramwise_cfg: { norm_decay_mult: 0, head_lr: 7 } };
    const wrapper = buildOptimWrapper(smallModel(), cfg);
    expect(wrapper.optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.1, 0.1, 0.1, 0.1, 7, 7]);
    const head = planOf(wrapper)!.groups.at(-1)!;
    expect(head.options).toEqual({ lr: 7 });
    expect(head.reasons.at(-1)).toBe('addParams of HeadConstructor then changed the group');
  });

  it('meets frozen parameters nowhere, without paramwise_cfg too', () => {
    class Plain extends DefaultOptimWrapperConstructor {
      override addParams(groups: ParamGroup[], module: ModuleView, prefix = '', isDcnModule = false): void {
        super.addParams(groups, module, prefix, isDcnModule);
      }
    }
    const model = node(other, { frozen: param([2], false), weight: param() });
    const { paramGroups } = new Plain({ optimizer }).build(model).optimizer;
    expect(paramGroups.map(({ paramNames }) => paramNames)).toEqual([['weight']]);
  });

  it('still has its other fields checked', () => {
    const make = () => new HeadConstructor({ optimizer }, { head_lr: 1, norm_decay_mul: 0 });
    expect(make).toThrow('unknown field; did you mean "norm_decay_mult"?');
  });

  it('may append groups of its own, which count as taken', () => {
    class First extends DefaultOptimWrapperConstructor {
      override addParams(groups: ParamGroup[], module: ModuleView, prefix = '', isDcnModule = false): void {
        if (prefix === '') groups.push({ params: [[...shared.ownParams()][0]![1]], paramNames: ['first'], lr: 9 });
        super.addParams(groups, module, prefix, isDcnModule);
      }
    }
    const shared = node(other, { weight: param() });
    const model = node(other, {}, { shared });
    expect(() => new First({ optimizer }, { flat_decay_mult: 0 }).build(model)).toThrow(
      '"first" and "shared.weight" are the same parameter',
    );
    const built = new First({ optimizer }, { bypass_duplicate: true }).build(model);
    expect(built.optimizer.paramGroups.map(({ lr }) => lr)).toEqual([9]);
  });
});

describe('Registry', () => {
  it('looks names up in its parent and by scope', () => {
    const root = new Registry<string>('THINGS', { what: 'thing', scope: 'root', entries: [['A', () => 'root A']] });
    const child = new Registry<string>('THINGS', { what: 'thing', scope: 'mine', parent: root });
    child.register('A', () => 'my A').register('B', ({ size }) => `B of ${size}`);
    expect(child.build({ type: 'A' })).toBe('my A');
    expect(child.build({ type: 'root.A' })).toBe('root A');
    expect(child.build({ type: 'B', size: 3 })).toBe('B of 3');
    expect(root.build({ type: 'mine.A' })).toBe('my A');
    expect(() => root.build({ type: 'B' })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: THINGS.type: no thing is named "B" (registered: A)]`,
    );
  });

  it('takes a name twice only by force', () => {
    const again = () => OPTIMIZERS.register('SGD', (cfg) => new FakeOptimizer(cfg));
    expect(again).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: OPTIMIZERS.SGD: this name is taken in the registry (optimizer); pass { force: true } to replace what it stands for]`,
    );
  });
});

describe('buildOptimWrappers', () => {
  const models = { generator: smallModel(), discriminator: smallModel() };

  it('builds one for each model', () => {
    const slow = { optimizer: { ...optimizer, lr: 0.01 }, accumulative_counts: 2 };
    const wrappers = buildOptimWrappers<FakeWrapper>(models, { discriminator: slow, generator: { optimizer } });
    expect(Object.keys(wrappers)).toEqual(['generator', 'discriminator']);
    expect(wrappers.generator!.optimizer.defaults.lr).toBe(0.1);
    expect(wrappers.discriminator!.optimizer.defaults.lr).toBe(0.01);
    expect(wrappers.discriminator!.settings.accumulative_counts).toBe(2);
  });

  it('refuses with the problems of all configs', () => {
    const cfgs = { generator: { optimizer: { type: 'SGD', lr: -1 } }, discriminater: { optimizer } };
    expect(() => buildOptimWrappers(models, cfgs)).toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: 3 problems:
        optim_wrapper.discriminater: unknown field; did you mean "discriminator"? (allowed: generator, discriminator)
        optim_wrapper.discriminator: missing; give a config for this model
        optim_wrapper.generator.optimizer.lr: found -1; allowed is a number from 0 up]
    `);
    const unbuildable = {
      generator: { optimizer: { type: 'SDG' } },
      discriminator: { optimizer, paramwise_cfg: { x: 1 } },
    };
    expect(() => buildOptimWrappers(models, unbuildable)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: optim_wrapper.discriminator.paramwise_cfg.x: unknown field (allowed: custom_keys, bias_lr_mult, bias_decay_mult, norm_decay_mult, dwconv_decay_mult, dcn_offset_lr_mult, flat_decay_mult, bypass_duplicate, custom_keys_mode, custom_keys_match, matrix_algorithm, merge_groups, strict)]`,
    );
    expect(() =>
      buildOptimWrappers(models, { generator: { optimizer: { type: 'SDG' } }, discriminator: { optimizer } }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: optim_wrapper.generator.optimizer.type: no optimizer is named "SDG"; did you mean "SGD"? (registered: SGD)]`,
    );
  });
});
