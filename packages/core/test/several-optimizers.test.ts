/** A mapping of members: a plan, a wrapper and schedules for each. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  buildOptimWrapper,
  buildOptimWrappers,
  buildParamScheduler,
  paramGroupsOf,
  planOf,
  planOptimWrappers,
  planParamGroups,
  ScheduleDriver,
} from '../src/index.ts';
import { type FakeWrapper, node, other, registerFakes, smallModel } from './models.ts';

beforeAll(registerFakes);

const optimizer = (lr: number) => ({ type: 'SGD', lr, momentum: 0.9, weight_decay: 0.01 });
const gan = () => node(other, {}, { generator: smallModel(), discriminator: smallModel() });
const config = {
  constructor: 'MultiOptimWrapperConstructor',
  generator: { optimizer: optimizer(0.1), paramwise_cfg: { custom_keys: { head: { lr_mult: 0.5 } } } },
  discriminator: { optimizer: optimizer(0.2) },
};

describe('members of an optim_wrapper', () => {
  it('train the module of their name, with paths in it', () => {
    const plans = planOptimWrappers(gan(), config);
    expect(Object.keys(plans)).toEqual(['generator', 'discriminator']);
    const alone = planParamGroups(smallModel(), config.generator);
    expect(plans.generator!.groups.map(({ path, options }) => ({ path, options }))).toEqual(
      alone.groups.map(({ path, options }) => ({ path, options })),
    );
  });

  it('are built as they are planned', () => {
    const model = gan();
    const plans = planOptimWrappers(model, config);
    const built = buildOptimWrappers<FakeWrapper>(model, config);
    for (const [name, wrapper] of Object.entries(built)) {
      const names = wrapper.optimizer.paramGroups.map(({ paramNames }) => paramNames);
      expect(names).toEqual(paramGroupsOf(plans[name]!).map(({ paramNames }) => paramNames));
      expect(planOf(wrapper)!.warnings).toEqual(plans[name]!.warnings);
    }
  });

  it('train the modules that they name, by path or by a regular expression', () => {
    const model = node(other, {}, { gan: gan(), critic: smallModel() });
    const plans = planOptimWrappers(model, {
      both: { modules: ['gan.generator', 'critic'], optimizer: optimizer(0.1), paramwise_cfg: {} },
      one: { modules: 'gan.discriminator', optimizer: optimizer(0.1), paramwise_cfg: {} },
      '.*norm': { optimizer: optimizer(0.1), paramwise_cfg: {} },
    });
    const first = (name: string) => plans[name]!.groups.map(({ path }) => path.split('.').slice(0, 2).join('.'));
    expect(new Set(first('both'))).toEqual(new Set(['gan.generator', 'critic.backbone', 'critic.head']));
    expect(new Set(first('one'))).toEqual(new Set(['backbone.conv', 'backbone.norm', 'head.weight', 'head.bias']));
    expect(plans['.*norm']!.groups.map(({ path }) => path)).toContain('gan.generator.backbone.norm.weight');
  });

  it('tell of parameters of two members and of none', () => {
    const model = node(other, {}, { generator: smallModel(), discriminator: smallModel(), loss: smallModel() });
    const warnings: string[] = [];
    const both = { ...config, discriminator: { ...config.discriminator, modules: ['generator', 'discriminator'] } };
    buildOptimWrappers(model, both, { onWarning: (text) => warnings.push(text) });
    expect(warnings).toContainEqual(
      expect.stringMatching(/^trained by generator and discriminator, each .*generator\./),
    );
    expect(warnings).toContainEqual(expect.stringMatching(/^trained by no member: loss\./));
  });

  it('begin their warnings with their name', () => {
    const warnings: string[] = [];
    const odd = { ...config, generator: { optimizer: optimizer(1), paramwise_cfg: { custom_keys: { hed: {} } } } };
    buildOptimWrappers(gan(), odd, { onWarning: (text) => warnings.push(text) });
    expect(warnings[0]).toMatch(/^generator: custom_keys\["hed"\] matches no parameter/);
  });

  it.each<[string, unknown, RegExp]>([
    [
      'a rate',
      { ...config, generator: { optimizer: optimizer(-1) } },
      /^optim_wrapper\.generator\.optimizer\.lr: found -1/,
    ],
    [
      'a module',
      { ...config, generater: config.generator },
      /optim_wrapper\.generater: found no module .*did you mean "generator"/,
    ],
    [
      'modules',
      { ...config, x: { ...config.generator, modules: ['y'] } },
      /optim_wrapper\.x\.modules: found no module "y"/,
    ],
    [
      'a list',
      { ...config, x: { ...config.generator, modules: [] } },
      /optim_wrapper\.x\.modules: found an empty list/,
    ],
    [
      'a field of a member',
      { ...config, clip_grad: { max_norm: 1 } },
      /optim_wrapper\.clip_grad: nothing reads it here/,
    ],
    ['a number', { ...config, x: 3 }, /optim_wrapper\.x: found 3; allowed is a mapping with an optimizer/],
    ['no member', { constructor: 'MultiOptimWrapperConstructor' }, /optim_wrapper: missing; give a member/],
    ['one optimizer', { optimizer: optimizer(1) }, /found a config of one optimizer/],
    ['nothing', undefined, /optim_wrapper: found undefined/],
    [
      'a constructor',
      { ...config, constructor: 'PGGANOptimWrapperConstructor' },
      /optim_wrapper\.constructor: no .* named/,
    ],
    [
      'one of ours',
      { ...config, constructor: 'LayerDecayOptimWrapperConstructor' },
      /stands in it, as in optim_wrapper\.generator/,
    ],
  ])('refuse %s, with the path', (_, cfg, message) => {
    expect(() => buildOptimWrappers(gan(), cfg)).toThrow(message);
    expect(() => planOptimWrappers(gan(), cfg)).toThrow(message);
  });

  it('are named where one optimizer is wanted', () => {
    const message = /optim_wrapper: found several optimizers \(generator, discriminator\).*buildOptimWrappers/;
    expect(() => buildOptimWrapper(gan(), config)).toThrow(message);
    expect(() => planParamGroups(gan(), config)).toThrow(message);
  });
});

const groups = (lr: number) => ({ paramGroups: [{ lr, momentum: 0.9 }], updateCount: 0 });
const optimizers = () =>
  new Map([
    ['generator', groups(0.1)],
    ['discriminator', groups(0.2)],
  ] as const);
const step = { type: 'StepLR', step_size: 2, by_epoch: false };

describe('schedules of several optimizers', () => {
  it('stand under the names of the members, or hold for all', () => {
    const own = buildParamScheduler(optimizers(), { generator: step, discriminator: [] });
    expect(own.generator).toHaveLength(1);
    expect(own.discriminator).toEqual([]);
    const all = buildParamScheduler(optimizers(), [step]);
    expect(Object.values(all).map((list) => list.length)).toEqual([1, 1]);
    expect(all.discriminator![0]).not.toBe(all.generator![0]);
  });

  it.each<[unknown, RegExp]>([
    [{ generator: step }, /^param_scheduler\.discriminator: missing; give the schedules of this member; \[\] for none/],
    [{ generator: step, discriminator: [], critic: [] }, /^param_scheduler\.critic: unknown field/],
    [
      { generator: [step, { ...step, step_size: 0 }], discriminator: [] },
      /^param_scheduler\.generator\[1\]\.step_size/,
    ],
    [[{ ...step, step_size: 0 }], /^param_scheduler\[0\]\.step_size/],
  ])('are refused with the path: %j', (cfg, message) => {
    expect(() => buildParamScheduler(optimizers(), cfg)).toThrow(message);
  });

  it('change no group of any member where one refuses', () => {
    const own = optimizers();
    const odd = {
      generator: { type: 'ConstantLR', factor: 0.5 },
      discriminator: { type: 'StepParamScheduler', param_name: 'beta', step_size: 1 },
    };
    expect(() => buildParamScheduler(own, odd)).toThrow(/^discriminator: StepParamScheduler: group 0 has no number/);
    expect(own).toEqual(optimizers());
  });

  it('move with the updates of their member', () => {
    const own = optimizers();
    const driver = new ScheduleDriver(buildParamScheduler(own, step), own);
    for (let iteration = 0; iteration < 4; iteration++) {
      own.get('discriminator')!.updateCount += 1;
      if (iteration % 2 === 1) own.get('generator')!.updateCount += 1;
      driver.afterIteration();
    }
    expect(own.get('generator')!.paramGroups[0]!.lr).toBeCloseTo(0.01);
    expect(own.get('discriminator')!.paramGroups[0]!.lr).toBeCloseTo(0.002);
    expect(driver.stateDict()).toEqual({ update_count: { generator: 2, discriminator: 4 } });
    driver.loadStateDict({ update_count: { generator: 1, discriminator: 4 } });
    expect(() => driver.loadStateDict({ update_count: 3 })).toThrow(/update_count of generator is needed/);
    own.get('discriminator')!.updateCount += 5;
    expect(() => driver.afterIteration()).toThrow(/^ScheduleDriver: discriminator: 5 updates since/);
    driver.sync();
    expect(driver.stateDict()).toEqual({ update_count: { generator: 2, discriminator: 9 } });
  });

  it('need the optimizers under the same names', () => {
    const own = optimizers();
    const lists = buildParamScheduler(own, step);
    expect(() => new ScheduleDriver({ critic: lists.generator! }, own)).toThrow('there is no optimizer "critic", only');
    expect(() => new ScheduleDriver(lists as never, own.get('generator')!)).toThrow(/such as an OptimWrapperDict/);
    expect(() => new ScheduleDriver([] as never, own)).toThrow(/under their names/);
  });
});
