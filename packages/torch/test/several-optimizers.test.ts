/** A generator and a discriminator, each with an optimizer and a schedule: built from one config, trained, resumed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../../cli/test/run.ts';
import {
  arange,
  buildOptimWrappers,
  buildParamScheduler,
  CheckpointError,
  loadCheckpoint,
  manualSeed,
  nn,
  noGrad,
  OptimWrapperDict,
  paramGroupsOf,
  planOptimWrappers,
  randn,
  ScheduleDriver,
  saveCheckpoint,
  tidy,
} from '../src/index.ts';

const config = {
  constructor: 'MultiOptimWrapperConstructor',
  generator: {
    type: 'OptimWrapper',
    optimizer: { type: 'Adam', lr: 0.01, betas: [0.5, 0.999] },
    paramwise_cfg: { custom_keys: { head: { lr_mult: 0.1 } } },
  },
  discriminator: { optimizer: { type: 'SGD', lr: 0.1, momentum: 0.9 }, accumulative_counts: 2 },
};
const schedules = {
  generator: [{ type: 'LinearLR', start_factor: 0.1, by_epoch: false, end: 4 }],
  discriminator: { type: 'StepLR', step_size: 2, by_epoch: false },
};

function setUp(param_scheduler: unknown = schedules, optim_wrapper: unknown = config) {
  const part = () => new nn.Sequential({ body: new nn.Linear(2, 2), head: new nn.Linear(2, 2) });
  const parts = { generator: part(), discriminator: part() };
  const model = new nn.Sequential(parts);
  const wrapper = buildOptimWrappers(model, optim_wrapper);
  const lists = buildParamScheduler(wrapper, param_scheduler);
  return { model, parts, wrapper, lists, driver: new ScheduleDriver(lists, wrapper) };
}

type Run = ReturnType<typeof setUp>;

function train({ parts, wrapper, driver }: Run, from: number, to: number): void {
  for (let iteration = from; iteration < to; iteration++) {
    manualSeed(iteration);
    for (const name of ['discriminator', 'generator'] as const) {
      tidy(() =>
        wrapper.get(name).updateParams(
          parts[name]
            .forward(randn([3, 2]))
            .pow(2)
            .mean(),
        ),
      );
    }
    driver.afterIteration();
  }
}

const weights = ({ model }: Run) => [...model.stateDict().values()].map((value) => value.toArray());

/** As MMEngine 0.10 trained it: an OptimWrapperDict, schedules for each member or one for all. */
const recorded: Record<string, { lrs: Record<string, number[]>[]; weights: Record<string, number[][]> }> = JSON.parse(
  readFileSync(new URL('data/two-optimizers.json', import.meta.url), 'utf8'),
);
const recordedConfig = {
  generator: config.generator,
  discriminator: {
    type: 'OptimWrapper',
    optimizer: { type: 'SGD', lr: 0.1, momentum: 0.9, weight_decay: 0.01 },
    paramwise_cfg: { bias_decay_mult: 0 },
  },
};

describe('several optimizers as MMEngine trains them', () => {
  it.each([
    ['own', schedules],
    ['all', [schedules.discriminator]],
  ])('with schedules: %s', (which, param_scheduler) => {
    const { lrs, weights: expected } = recorded[which]!;
    const { parts, wrapper, driver } = setUp(param_scheduler, recordedConfig);
    for (const part of Object.values(parts)) {
      for (const [index, param] of part.parameters().entries()) {
        tidy(() =>
          noGrad(() =>
            param.copy_(
              arange(
                0,
                param.shape.reduce((product, size) => product * size, 1),
              )
                .reshape(param.shape)
                .div(10)
                .add(index),
            ),
          ),
        );
      }
    }
    const rates = [wrapper.getLr()];
    for (let iteration = 0; iteration < 5; iteration++) {
      for (const [name, part] of Object.entries(parts)) {
        tidy(() => {
          const [first, ...rest] = part.parameters().map((param) => param.pow(2).sum());
          return wrapper.get(name).updateParams(rest.reduce((sum, each) => sum.add(each), first!));
        });
      }
      driver.afterIteration();
      rates.push(wrapper.getLr());
    }
    for (const [index, rate] of rates.entries()) {
      expect(Object.keys(rate).sort()).toEqual(Object.keys(lrs[index]!).sort());
      for (const [name, values] of Object.entries(rate))
        expect(values).toEqual(lrs[index]![name]!.map((lr) => expect.closeTo(lr, 12)));
    }
    for (const [name, part] of Object.entries(parts)) {
      const found = part.parameters().map((param) => param.flatten().toArray());
      expect(found).toEqual(expected[name]!.map((values) => values.map((value) => expect.closeTo(value, 6))));
    }
  });
});

describe('several optimizers', () => {
  it('are built as they are planned, in one dict', () => {
    const { model, wrapper } = setUp();
    expect(wrapper).toBeInstanceOf(OptimWrapperDict);
    expect([...wrapper.keys()]).toEqual(['generator', 'discriminator']);
    for (const [name, plan] of Object.entries(planOptimWrappers(model, config))) {
      const names = wrapper.get(name).paramGroups.map(({ paramNames }) => paramNames);
      expect(names).toEqual(paramGroupsOf(plan).map(({ paramNames }) => paramNames));
    }
  });

  it('follow their own schedules, by their own updates', () => {
    const run = setUp();
    train(run, 0, 4);
    const { 'generator.lr': generator, 'discriminator.lr': discriminator } = run.wrapper.getLr();
    expect(generator).toEqual([0.01, 0.01, 0.001, 0.001].map((lr) => expect.closeTo(lr, 12)));
    // Four passes are two updates of the discriminator.
    expect(discriminator).toEqual([expect.closeTo(0.01, 12)]);
  });

  it('go on from a checkpoint as if they had not stopped', () => {
    const file = join(scratchFolder(), 'gan.safetensors');
    const whole = setUp();
    train(whole, 0, 3);
    saveCheckpoint(file, { model: whole.model, wrapper: whole.wrapper, schedulers: whole.driver });
    train(whole, 3, 7);
    const resumed = setUp();
    const report = loadCheckpoint(file, {
      model: resumed.model,
      wrapper: resumed.wrapper,
      schedulers: resumed.driver,
    });
    expect(report).toMatchObject({ missing: [], unexpected: [], differing: [] });
    train(resumed, 3, 7);
    expect(weights(resumed)).toEqual(weights(whole));
    expect(resumed.wrapper.getLr()).toEqual(whole.wrapper.getLr());
  });

  it('find their schedules by name, and say which are missing', () => {
    const file = join(scratchFolder(), 'gan.safetensors');
    const { model, wrapper, lists } = setUp();
    saveCheckpoint(file, { model, wrapper, schedulers: lists });
    const turned = { discriminator: lists.discriminator!, generator: lists.generator! };
    expect(loadCheckpoint(file, { model, wrapper, schedulers: turned }).unexpected).toEqual([]);
    const single = () => loadCheckpoint(file, { model, wrapper, schedulers: lists.generator! });
    expect(single).toThrow(CheckpointError);
    expect(single).toThrow(/schedulers\/generator\/0/);
  });
});
