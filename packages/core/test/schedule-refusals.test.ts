/** A schedule that is refused, on construction or at a step, has changed nothing. */
import { describe, expect, it } from 'vitest';
import { buildParamScheduler, type GroupSettings, LinearLR, OneCycleLR, PARAM_SCHEDULERS } from '../src/index.ts';

const sgd = (...rates: number[]) => ({ paramGroups: rates.map((lr): GroupSettings => ({ lr })) });
const WARM_UP = { type: 'LinearLR', start_factor: 0.1, end: 5 };

describe('a list of schedules of which a later one is refused', () => {
  it.each([
    ['a window without a step', { type: 'ConstantLR', end: 0.5, convert_to_iter_based: true }, { epochLength: 1 }],
    ['no length of an epoch', { type: 'CosineAnnealingLR', T_max: 5, convert_to_iter_based: true }, {}],
    ['a cycle that divides by zero', { type: 'OneCycleLR', eta_max: 1, total_steps: 2, pct_start: 0.5 }, {}],
    ['a field that no group has', { type: 'StepMomentum', step_size: 1 }, {}],
    ['a list that does not fit', { type: 'ReduceOnPlateauLR', min_value: [0, 0, 0] }, {}],
  ])('%s', (_, second, options) => {
    const optimizer = sgd(1);
    expect(() => buildParamScheduler(optimizer, [WARM_UP, second], options)).toThrow();
    expect(optimizer.paramGroups).toEqual([{ lr: 1 }]);
    buildParamScheduler(optimizer, WARM_UP);
    expect(optimizer.paramGroups).toEqual([{ lr: 0.1, initial_lr: 1 }]);
  });

  it('whose factory a user registered', () => {
    PARAM_SCHEDULERS.register('WritesAndThrowsLR', ({ optimizer }) => {
      new LinearLR(optimizer, { start_factor: 0.5 });
      throw new TypeError('no');
    });
    const optimizer = { ...sgd(1), baseParamSettings: { lr: 1 } };
    expect(() => buildParamScheduler(optimizer, [WARM_UP, { type: 'WritesAndThrowsLR' }])).toThrow('no');
    expect(optimizer).toEqual({ paramGroups: [{ lr: 1 }], baseParamSettings: { lr: 1 } });
  });
});

it('a cycle that is refused writes none of its bounds', () => {
  const optimizer = sgd(1);
  const cycle = { eta_max: 1, total_steps: 2, pct_start: 0.5 };
  expect(() => new OneCycleLR(optimizer, cycle)).toThrow('lr of group 0 would be NaN at step 0');
  expect(optimizer.paramGroups).toEqual([{ lr: 1 }]);
});

it('a schedule of which a later group is refused writes nothing into the first', () => {
  const optimizer = { paramGroups: [{ lr: 1 }, { momentum: 0.9 }] as GroupSettings[] };
  expect(() => new LinearLR(optimizer, { end: 5 })).toThrow('group 1 has no number under "lr"');
  expect(optimizer.paramGroups).toEqual([{ lr: 1 }, { momentum: 0.9 }]);
});

it('a step past the end of a cycle is not counted, however often it is asked for', () => {
  const cycle = new OneCycleLR(sgd(1), { eta_max: 1, total_steps: 2 });
  cycle.step();
  cycle.step();
  const before = cycle.stateDict();
  for (let refusal = 0; refusal < 4; refusal++) {
    expect(() => cycle.step()).toThrow('step 4 is past the end of the cycle: total_steps is 2');
  }
  expect(cycle.stateDict()).toEqual(before);
  expect(before._global_step).toBe(2);
});
