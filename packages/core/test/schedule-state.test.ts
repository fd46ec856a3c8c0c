/** What a schedule's state holds: read strictly, and compared with the schedule that loads it. */
import { describe, expect, it } from 'vitest';
import { buildParamScheduler, type GroupSettings } from '../src/index.ts';

const sgd = () => ({ paramGroups: [{ lr: 0.1 }, { lr: 0.01 }] as GroupSettings[] });
const made = (config: object) => buildParamScheduler(sgd(), config)[0]!;
const stateOf = (config: object): Record<string, unknown> => JSON.parse(JSON.stringify(made(config).stateDict()));

const COSINE = { type: 'CosineAnnealingLR', T_max: 10, end: 10 };

describe('differences', () => {
  it.each([
    [COSINE, { type: 'StepLR', step_size: 7 }, ['CosineAnnealingLR T_max 10, here StepLR']],
    [COSINE, COSINE, []],
    [{ type: 'CosineAnnealingLR', end: 10 }, COSINE, []],
    [COSINE, { ...COSINE, T_max: 20 }, ['CosineAnnealingLR T_max 10, here 20']],
    [
      { type: 'MultiStepLR', milestones: [8, 11], end: 12 },
      { type: 'MultiStepLR', milestones: [8, 10], by_epoch: false },
      [
        'MultiStepLR milestones [8, 11], here [8, 10]',
        'MultiStepLR end 12, here never',
        'MultiStepLR by_epoch true, here false',
      ],
    ],
    [{ type: 'PolyLR', end: 5 }, { type: 'PolyParamScheduler', param_name: 'lr', end: 5 }, []],
    [{ type: 'ReduceOnPlateauLR', min_value: [0, 0] }, { type: 'ReduceOnPlateauLR' }, []],
    [
      { type: 'OneCycleLR', eta_max: 1, epochs: 2, steps_per_epoch: 5 },
      { type: 'OneCycleLR', eta_max: 1, total_steps: 10 },
      [],
    ],
    [
      { type: 'ExponentialLR', gamma: 0.9, by_epoch: false },
      { type: 'ExponentialLR', gamma: 0.9, by_epoch: false, counts: 'iterations' },
      ['ExponentialLR counts updates, here iterations'],
    ],
  ])('between %j and %j', (saved, here, expected) => {
    expect(made(here).differences(stateOf(saved))).toEqual(expected);
  });

  it('tell the kind of a state of MMEngine’s, which has no type, by its options', () => {
    const progress = { base_values: [0.1, 0.01], last_step: 3, _global_step: 3, _last_value: [0.1, 0.01] };
    const common = { param_name: 'lr', begin: 0, end: 10, by_epoch: true, verbose: false, ...progress };
    const cosine = { ...common, T_max: 10, eta_min: 0, eta_min_ratio: null };
    expect(made(COSINE).differences(cosine)).toEqual([]);
    expect(made({ type: 'StepLR', step_size: 7 }).differences(cosine)).toEqual([
      'CosineAnnealingLR T_max 10, here StepLR',
    ]);
    expect(made({ ...COSINE, eta_min_ratio: 0.1 }).differences(cosine)).toEqual([
      'CosineAnnealingLR eta_min 0, here none',
      'CosineAnnealingLR eta_min_ratio none, here 0.1',
    ]);
    const steps = { ...common, milestones: { 8: 1, 11: 1 }, gamma: 0.1 };
    expect(made({ type: 'MultiStepLR', milestones: [3], end: 10 }).differences(steps)).toEqual([]);
  });
});

describe('loading', () => {
  const plateau = { type: 'ReduceOnPlateauLR', patience: 2 };

  it.each([
    [COSINE, { last_step: Number.NaN }, 'last_step must be a whole number from -1 up; found NaN'],
    [COSINE, { last_step: 1.5 }, 'last_step must be a whole number from -1 up; found 1.5'],
    [COSINE, { _global_step: -7 }, '_global_step must be a whole number from -1 up; found -7'],
    [COSINE, { _global_step: Number.POSITIVE_INFINITY }, '_global_step must be a whole number'],
    [COSINE, { base_values: [Number.NaN, 1] }, 'base_values must be a list of finite numbers; found NaN,1'],
    [COSINE, { base_values: ['1', 1] }, 'base_values must be a list of finite numbers'],
    [COSINE, { base_values: [1] }, 'the state is of 1 groups, the optimizer has 2'],
    [COSINE, { _last_value: [null, 1] }, '_last_value must be a list of finite numbers'],
    [plateau, { num_bad_epochs: Number.NaN }, 'num_bad_epochs must be a whole number of 0 or more; found NaN'],
    [plateau, { cooldown_counter: 'x' }, 'cooldown_counter must be a whole number of 0 or more; found x'],
    [plateau, { best: Number.NaN }, 'best must be a number; found NaN'],
  ])('into %j refuses %j and changes nothing', (config, wrong, message) => {
    const scheduler = made(config);
    const before = scheduler.stateDict();
    expect(() => scheduler.loadStateDict({ ...stateOf(config), ...wrong })).toThrow(message);
    expect(scheduler.stateDict()).toEqual(before);
  });
});
