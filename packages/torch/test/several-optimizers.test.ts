/** A generator and a discriminator, each with an optimizer and a schedule: built from one config, trained, resumed. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../../cli/test/run.ts';
import {
  buildOptimWrappers,
  buildParamScheduler,
  CheckpointError,
  loadCheckpoint,
  manualSeed,
  nn,
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

function setUp(param_scheduler: unknown = schedules) {
  const part = () => new nn.Sequential({ body: new nn.Linear(2, 2), head: new nn.Linear(2, 2) });
  const model = new nn.Sequential({ generator: part(), discriminator: part() });
  const wrapper = buildOptimWrappers(model, config);
  const lists = buildParamScheduler(wrapper, param_scheduler);
  return { model, wrapper, lists, driver: new ScheduleDriver(lists, wrapper) };
}

type Run = ReturnType<typeof setUp>;

function train({ model, wrapper, driver }: Run, from: number, to: number): void {
  for (let iteration = from; iteration < to; iteration++) {
    manualSeed(iteration);
    for (const name of ['discriminator', 'generator'] as const) {
      tidy(() => wrapper.get(name).updateParams(model.get(name).forward(randn([3, 2])).pow(2).mean()));
    }
    driver.afterIteration();
  }
}

const weights = ({ model }: Run) => [...model.stateDict().values()].map((value) => value.toArray());

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
