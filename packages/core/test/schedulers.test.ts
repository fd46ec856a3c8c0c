/** One table over all scheduler classes, then windows, state and refusals. */
import { describe, expect, it } from 'vitest';
import * as core from '../src/index.ts';
import {
  buildParamScheduler,
  LinearLR,
  MultiStepLR,
  PARAM_SCHEDULERS,
  previewSchedule,
  ReduceOnPlateauLR,
  Registry,
  StepMomentum,
} from '../src/index.ts';

const OPTIONS: Record<string, Record<string, unknown>> = {
  Constant: { factor: 0.5, end: 4 },
  Step: { step_size: 2 },
  MultiStep: { milestones: [2, 3] },
  Exponential: { gamma: 0.9 },
  Linear: { start_factor: 0.1, end: 6 },
  CosineAnnealing: { T_max: 4 },
  Poly: { power: 2, end: 9 },
  OneCycle: { eta_max: 0.5, total_steps: 20 },
  CosineRestart: { periods: [4, 8], restart_weights: [1, 0.5] },
  ReduceOnPlateau: { patience: 1 },
};

const sgd = () => ({
  paramGroups: [
    { lr: 0.1, momentum: 0.9 },
    { lr: 0.01, momentum: 0.8 },
  ] as core.GroupSettings[],
});

const table = PARAM_SCHEDULERS.names().map((name) => {
  const kind = name.replace(/(LR|Momentum|ParamScheduler)$/, '');
  return { name, options: { ...OPTIONS[kind], ...(name.endsWith('ParamScheduler') ? { param_name: 'lr' } : {}) } };
});

describe.each(table)('$name', ({ name, options }) => {
  const metrics = { loss: 1 };

  it('is exported under its name', () => {
    expect((Reflect.get(core, name) as { name: string }).name).toBe(name);
  });

  it('continues from its state as if it had never stopped', () => {
    const optimizer = sgd();
    const [scheduler] = buildParamScheduler(optimizer, { type: name, ...options });
    for (let step = 0; step < 3; step++) scheduler!.step(metrics);
    const state: Record<string, unknown> = JSON.parse(JSON.stringify(scheduler!.stateDict()));
    const resumed = { paramGroups: optimizer.paramGroups.map((group) => ({ ...group })) };
    const [second] = buildParamScheduler({ paramGroups: sgd().paramGroups }, { type: name, ...options });
    Object.assign(second!, { groups: resumed.paramGroups });
    second!.loadStateDict(state);
    for (let step = 0; step < 5; step++) {
      scheduler!.step(metrics);
      second!.step(metrics);
      expect(second!.getLastValue()).toEqual(scheduler!.getLastValue());
    }
    expect(second!.lastStep).toBe(scheduler!.lastStep);
  });

  it('is previewed without touching the groups', () => {
    const { paramGroups } = sgd();
    const before = structuredClone(paramGroups);
    const preview = previewSchedule({ type: name, ...options }, paramGroups, 8, {
      metrics: Array.from({ length: 8 }, () => 1),
    });
    expect(paramGroups).toEqual(before);
    const optimizer = sgd();
    const [scheduler] = buildParamScheduler(optimizer, { type: name, ...options });
    for (const values of preview) {
      expect(values.map((group) => group[scheduler!.paramName])).toEqual(scheduler!.getLastValue());
      scheduler!.step(metrics);
    }
  });
});

it('a schedule outside its window leaves the value alone', () => {
  const optimizer = sgd();
  const scheduler = new LinearLR(optimizer, { start_factor: 0.5, begin: 2, end: 4 });
  const seen = Array.from({ length: 5 }, () => {
    const value = optimizer.paramGroups[0]!.lr;
    scheduler.step();
    return value;
  });
  expect(seen).toEqual([0.1, 0.1, 0.05, 0.1, 0.1]);
});

it('momentum of Adam is the first of betas, in a list of its own', () => {
  const betas = [0.9, 0.999];
  const optimizer = { paramGroups: [{ lr: 1, betas }] as core.GroupSettings[] };
  const scheduler = new StepMomentum(optimizer, { step_size: 1, gamma: 0.5 });
  scheduler.step();
  expect(optimizer.paramGroups[0]!.betas).toEqual([0.45, 0.999]);
  expect(betas).toEqual([0.9, 0.999]);
});

it('which of momentum and betas is scheduled follows from the optimizer, not from what a custom key put into a group', () => {
  const paramGroups: core.GroupSettings[] = [{ betas: [0.9, 0.99], momentum: 0.5 }, { betas: [0.8, 0.99] }];
  const wrapper = { paramGroups, optimizer: { defaults: { betas: [0.9, 0.99] } } };
  new StepMomentum(wrapper, { step_size: 1, gamma: 0.5 }).step();
  expect(paramGroups.map(({ betas }) => betas)).toEqual([
    [0.45, 0.99],
    [0.4, 0.99],
  ]);
});

it('epochs are converted to iterations', () => {
  const optimizer = sgd();
  const scheduler = MultiStepLR.buildIterFromEpoch(optimizer, { milestones: [1], gamma: 0.5, epoch_length: 3 });
  expect(scheduler.byEpoch).toBe(false);
  const seen = Array.from({ length: 4 }, () => {
    scheduler.step();
    return scheduler.getLastValue()[0];
  });
  expect(seen).toEqual([0.1, 0.1, 0.05, 0.05]);
  const preview = previewSchedule({ type: 'StepLR', step_size: 1, gamma: 0.5 }, [{ lr: 1 }], 4, { epochLength: 2 });
  expect(preview.map(([group]) => group!.lr)).toEqual([1, 1, 0.5, 0.5, 0.25]);
});

describe('refusals', () => {
  it('say what is missing from groups, state and metrics', () => {
    expect(() => new StepMomentum({ paramGroups: [{ lr: 1 }] }, { step_size: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[TypeError: StepMomentum: group 0 has no number under "momentum"; it has lr]`,
    );
    expect(() => new LinearLR(sgd(), { last_step: 3 })).toThrowErrorMatchingInlineSnapshot(
      `[TypeError: LinearLR: last_step 3 resumes a schedule, and group 0 has no "initial_lr"; load the optimizer's state first]`,
    );
    expect(() => new LinearLR(sgd(), {}).loadStateDict({ step: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[TypeError: LinearLR.loadStateDict: last_step, _global_step and base_values are needed; found step]`,
    );
    expect(() => new ReduceOnPlateauLR(sgd(), {}).step({ accuracy: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[TypeError: ReduceOnPlateauLR monitors "loss", which is not among the metrics: accuracy]`,
    );
    expect(() => new ReduceOnPlateauLR(sgd(), { min_value: [0] })).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: ReduceOnPlateauLR: min_value has 1 values for 2 groups; give one a group, or one number for all]`,
    );
    expect(() => LinearLR.buildIterFromEpoch(sgd(), { epoch_length: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: LinearLR: converting to iterations needs epoch_length, the iterations of an epoch; found 0]`,
    );
    expect(() =>
      buildParamScheduler(sgd(), { type: 'ReduceOnPlateauLR', convert_to_iter_based: true }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: param_scheduler.convert_to_iter_based: found true; allowed is false: metrics come once an epoch]`,
    );
  });

  it('leave the groups as they were', () => {
    const optimizer = sgd();
    const scheduler = new core.OneCycleLR(optimizer, { eta_max: 1, total_steps: 2, pct_start: 1 });
    scheduler.step();
    const before = structuredClone(optimizer.paramGroups);
    expect(() => scheduler.step()).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: OneCycleLR: lr of group 0 would be NaN at step 2; check its options]`,
    );
    expect(optimizer.paramGroups).toEqual(before);
  });
});

it('a scheduler of the user’s is registered in a line', () => {
  PARAM_SCHEDULERS.register('HalfLR', ({ optimizer }) => new LinearLR(optimizer, { start_factor: 0.5 }));
  const optimizer = sgd();
  buildParamScheduler(optimizer, { type: 'HalfLR', anything: 1 });
  expect(optimizer.paramGroups[0]!.lr).toBe(0.05);
});

it('are looked up in the registry that is handed in', () => {
  const registry: typeof PARAM_SCHEDULERS = new Registry('MINE', {
    what: 'parameter scheduler',
    parent: PARAM_SCHEDULERS,
  });
  registry.register('OwnLR', ({ optimizer }) => new LinearLR(optimizer, { start_factor: 0.25 }));
  const optimizer = { paramGroups: [{ lr: 1 }] };
  buildParamScheduler(optimizer, [{ type: 'OwnLR' }, { type: 'ConstantLR', factor: 0.5 }], { registry });
  expect(optimizer.paramGroups[0]!.lr).toBe(0.125);
  expect(previewSchedule({ type: 'OwnLR' }, [{ lr: 1 }], 0, { registry })).toEqual([[{ lr: 0.25 }]]);
  expect(() => buildParamScheduler(optimizer, { type: 'OwnLR' })).toThrow('no parameter scheduler is named "OwnLR"');
});
