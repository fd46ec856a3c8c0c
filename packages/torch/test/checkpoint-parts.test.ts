/** The parts of a checkpoint: none is dropped without a word. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  buildOptimWrapper,
  buildParamScheduler,
  type CheckpointParts,
  full,
  loadCheckpoint,
  nn,
  OptimWrapperDict,
  optim,
  ScheduleDriver,
  saveCheckpoint,
  type Tensor,
  tensor,
  zeros,
} from '../src/index.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramwise-'));
  file = join(folder, 'run.safetensors');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const numbers = (values: Tensor | undefined) => values?.toArray();

function make() {
  const model = new nn.Linear(3, 2);
  const optimizer = new optim.AdamW(model.parameters(), { lr: 0.1 });
  return { model, optimizer };
}

function train({ model, optimizer }: { model: nn.Module; optimizer: optim.Optimizer }, steps = 3): void {
  for (let i = 0; i < steps; i++) {
    for (const param of model.parameters()) param.grad = full(param.shape, 1 + i);
    optimizer.step();
  }
}

describe('a part of an unknown name', () => {
  const refused: readonly (readonly [parts: object, message: string])[] = [
    [
      { ema: new nn.Linear(1, 1) },
      'there is no part "ema" (allowed: model, wrapper, optimizer, schedulers, extra); other state goes under extra: { ema: … }',
    ],
    [{ optimiser: make().optimizer }, 'there is no part "optimiser"; did you mean "optimizer"?'],
    [{ scheduler: [] }, 'there is no part "scheduler"; did you mean "schedulers"?'],
  ];
  for (const [more, message] of refused)
    it(`is refused: ${Object.keys(more)[0]}`, () => {
      const parts = { ...make(), ...more };
      expect(() => saveCheckpoint(file, parts)).toThrow(`saveCheckpoint: ${message}`);
      expect(existsSync(file)).toBe(false);
      saveCheckpoint(file, make());
      expect(() => loadCheckpoint(file, parts)).toThrow(`loadCheckpoint: ${message}`);
    });

  it('is refused among the options too', () => {
    const parts = make();
    expect(() => saveCheckpoint(file, parts, { metadata: 1 } as object)).toThrow(
      'saveCheckpoint: there is no option "metadata" (allowed: meta)',
    );
    saveCheckpoint(file, parts);
    expect(() => loadCheckpoint(file, parts, { strct: false } as object)).toThrow(
      'loadCheckpoint: there is no option "strct"; did you mean "strict"?',
    );
  });
});

describe('a part of another type', () => {
  const { model, optimizer } = make();
  const refused: readonly (readonly [parts: unknown, message: string])[] = [
    [{ model: { weight: 1 } }, 'model must be a Module; found a mapping with weight'],
    [{ model: undefined }, 'model must be a Module; found undefined'],
    [
      { model, wrapper: {} },
      'wrapper must be an OptimWrapper, an OptimWrapperDict or an Optimizer; found an empty mapping',
    ],
    [{ model, optimizer: model }, 'found an object of class Linear'],
    [{ model, optimizer, wrapper: optimizer }, 'wrapper and optimizer are two names for one part'],
    [{ model, schedulers: [{}] }, 'schedulers must be a ScheduleDriver, or a list of schedulers; found a list of 1'],
    [{ model, extra: model }, 'extra must be a mapping of names to modules and tensors'],
    [{ model, extra: { ema: 3 } }, 'extra.ema must be a Module or a Tensor; found 3'],
    [{ model, extra: { 'a/b': tensor(1) } }, 'extra has the name "a/b"'],
    [model, 'the parts are a mapping such as { model, wrapper }; found an object of class Linear'],
    [null, 'the parts are a mapping'],
  ];
  for (const [parts, message] of refused)
    it(`is refused: ${message}`, () => {
      expect(() => saveCheckpoint(file, parts as CheckpointParts)).toThrow(message);
      expect(existsSync(file)).toBe(false);
    });
});

describe('an optimizer without a wrapper', () => {
  for (const part of ['optimizer', 'wrapper'])
    it(`is saved and loaded as ${part}`, () => {
      const first = make();
      train(first);
      saveCheckpoint(file, { model: first.model, [part]: first.optimizer });
      const second = make();
      expect(loadCheckpoint(file, second)).toMatchObject({ missing: [], unexpected: [], differing: [] });
      expect(second.optimizer.stepCount).toBe(3);
      for (const each of [first, second]) train(each, 2);
      expect(numbers(second.model.weight)).toEqual(numbers(first.model.weight));
    });

  it('does not pass for a wrapper, whose counters it lacks', () => {
    const { model, optimizer } = make();
    saveCheckpoint(file, { model, optimizer });
    const wrapper = buildOptimWrapper(model, { optimizer: { type: 'AdamW', lr: 0.1 } });
    expect(() => loadCheckpoint(file, { model, wrapper })).toThrow('unexpected: wrapper: Optimizer, not OptimWrapper');
    expect(loadCheckpoint(file, { model, wrapper }, { strict: false }).missing).toEqual([]);
  });

  it('is not taken for one named after what every object has', () => {
    const { model, optimizer } = make();
    saveCheckpoint(file, { model, optimizer });
    const inner = buildOptimWrapper(model, { optimizer: { type: 'AdamW', lr: 0.1 } });
    const wrapper = new OptimWrapperDict({ constructor: inner } as never);
    expect(() => loadCheckpoint(file, { model, wrapper })).toThrow('missing: optimizer/constructor');
  });
});

describe('extra state', () => {
  it('comes back: modules and tensors by their names', () => {
    const { model } = make();
    const ema = new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2));
    saveCheckpoint(file, { model, extra: { ema, centre: tensor([1, 2, 3]) } });
    const extra = { ema: new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2)), centre: zeros([3]) };
    expect(loadCheckpoint(file, { model, extra })).toMatchObject({ missing: [], unexpected: [], reshaped: [] });
    for (const [name, values] of ema.stateDict())
      expect(numbers(extra.ema.stateDict().get(name))).toEqual(numbers(values));
    expect(numbers(extra.centre)).toEqual([1, 2, 3]);
    expect(extra.ema.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
    // Who does not ask for it is told nothing of it.
    expect(loadCheckpoint(file, { model })).toMatchObject({ unexpected: [] });
  });

  it('is reported where it does not fit, and left as it was', () => {
    const { model } = make();
    saveCheckpoint(file, { model, extra: { ema: new nn.Linear(3, 2), old: tensor(1), size: zeros([3]) } });
    const extra = { ema: new nn.Linear(3, 2, { bias: false }), fresh: tensor(5), size: full([2], 7) };
    const before = numbers(extra.ema.weight);
    expect(() => loadCheckpoint(file, { model, extra })).toThrow('missing: extra/fresh');
    expect(numbers(extra.ema.weight)).toEqual(before);
    expect(loadCheckpoint(file, { model, extra }, { strict: false })).toMatchObject({
      missing: ['extra/fresh'],
      unexpected: ['extra/ema/bias', 'extra/old'],
      reshaped: ['extra/size'],
    });
    expect([numbers(extra.fresh), numbers(extra.size)]).toEqual([5, [7, 7]]);
    expect(numbers(extra.ema.weight)).not.toEqual(before);
  });
});

describe('a driver made before the load', () => {
  const run = () => {
    const model = new nn.Linear(2, 1);
    const wrapper = buildOptimWrapper(model, { optimizer: { type: 'SGD', lr: 0.1 } });
    const schedules = buildParamScheduler(wrapper, { type: 'CosineAnnealingLR', T_max: 40, by_epoch: false });
    const driver = new ScheduleDriver(schedules, wrapper);
    const iterate = () => {
      wrapper.updateParams(model.forward(full([1, 2], 1)).mean());
      driver.afterIteration();
    };
    return { model, wrapper, schedules, driver, iterate };
  };
  const rate = ({ wrapper }: ReturnType<typeof run>) => wrapper.getLr().lr;

  it('goes on at the rate of the run that did not stop, or refuses to: no 20 steps at once', () => {
    const first = run();
    for (let i = 0; i < 20; i++) first.iterate();
    const { model, wrapper, schedules } = first;
    saveCheckpoint(file, { model, wrapper, schedulers: schedules });
    first.iterate();

    const forgotten = run();
    loadCheckpoint(file, { model: forgotten.model, wrapper: forgotten.wrapper, schedulers: forgotten.schedules });
    const loaded = rate(forgotten);
    expect(forgotten.iterate).toThrow('21 updates since the last call: counters loaded by themselves: pass the driver');
    expect(rate(forgotten)).toEqual(loaded);

    const given = run();
    const report = loadCheckpoint(file, { model: given.model, wrapper: given.wrapper, schedulers: given.driver });
    expect(report).toMatchObject({ missing: [], unexpected: [], differing: [] });
    given.iterate();
    expect(rate(given)).toEqual(rate(first));
    expect(given.driver.stateDict()).toEqual({ update_count: 21 });
  });
});
