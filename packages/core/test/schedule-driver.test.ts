/** Schedules in a training loop, and options that undo the ratio between groups. */
import { describe, expect, it } from 'vitest';
import { buildParamScheduler, type GroupSettings, ScheduleDriver } from '../src/index.ts';

const sgd = (...rates: number[]) => ({ paramGroups: rates.map((lr): GroupSettings => ({ lr })) });

/** A wrapper that updates at every `every`-th iteration, but not at those in `skipped`. */
function training(every: number, skipped: readonly number[] = []) {
  const wrapper = { updateCount: 0 };
  let iteration = 0;
  const iterate = () => {
    iteration += 1;
    if (iteration % every === 0 && !skipped.includes(iteration)) wrapper.updateCount += 1;
  };
  return { wrapper, iterate };
}

function ratesOver(iterations: number, every: number, skipped: number[], counts: object): number[] {
  const optimizer = sgd(1);
  const schedule = { type: 'ExponentialLR', gamma: 0.5, by_epoch: false, ...counts };
  const { wrapper, iterate } = training(every, skipped);
  const driver = new ScheduleDriver(buildParamScheduler(optimizer, schedule), wrapper);
  return Array.from({ length: iterations }, () => {
    iterate();
    driver.afterIteration();
    return Number(optimizer.paramGroups[0]!.lr);
  });
}

describe('ScheduleDriver', () => {
  it('steps schedules by iteration on real updates', () => {
    // Updates at iterations 2, 4 (skipped), 6: the rate halves after 2 and 6.
    expect(ratesOver(6, 2, [4], {})).toEqual([1, 0.5, 0.5, 0.5, 0.5, 0.25]);
    expect(ratesOver(6, 2, [4], { counts: 'updates' })).toEqual([1, 0.5, 0.5, 0.5, 0.5, 0.25]);
  });

  it('steps them on iterations where a config asks for it', () => {
    expect(ratesOver(4, 2, [4], { counts: 'iterations' })).toEqual([0.5, 0.25, 0.125, 0.0625]);
  });

  it('makes a run with accumulation follow the same rates, update for update', () => {
    const plain = ratesOver(8, 1, [], {});
    const accumulated = ratesOver(32, 4, [], {}).filter((_, index) => index % 4 === 3);
    expect(accumulated).toEqual(plain);
  });

  it('steps schedules by epoch once an epoch, and those on a plateau by evaluations', () => {
    const optimizer = sgd(1);
    const config = [
      { type: 'StepLR', step_size: 1, gamma: 0.5 },
      { type: 'ReduceOnPlateauLR', patience: 0, factor: 0.1, monitor: 'loss' },
    ];
    const { wrapper, iterate } = training(1);
    const driver = new ScheduleDriver(buildParamScheduler(optimizer, config), wrapper);
    iterate();
    driver.afterIteration();
    expect(optimizer.paramGroups[0]!.lr).toBe(1);
    driver.afterEpoch();
    expect(optimizer.paramGroups[0]!.lr).toBe(0.5);
    driver.afterEvaluation({ loss: 1 });
    driver.afterEvaluation({ loss: 1 });
    expect(optimizer.paramGroups[0]!.lr).toBeCloseTo(0.05, 12);
  });

  it('resumes by its state, or made after the counters are loaded', () => {
    const schedule = { type: 'ExponentialLR', gamma: 0.5, by_epoch: false };
    const resumed = { updateCount: 7 };
    const made = sgd(1);
    new ScheduleDriver(buildParamScheduler(made, schedule), resumed).afterIteration();
    expect(made.paramGroups[0]!.lr).toBe(1);
    const loaded = sgd(1);
    const counter = { updateCount: 0 };
    const driver = new ScheduleDriver(buildParamScheduler(loaded, schedule), counter);
    counter.updateCount = 8;
    driver.loadStateDict({ update_count: 7 });
    driver.afterIteration();
    expect(loaded.paramGroups[0]!.lr).toBe(0.5);
    expect(driver.stateDict()).toEqual({ update_count: 8 });
    expect(() => driver.loadStateDict({})).toThrowErrorMatchingInlineSnapshot(
      `[TypeError: ScheduleDriver.loadStateDict: update_count is needed, a whole number from 0; found undefined]`,
    );
  });

  it('refuses to count anything else', () => {
    expect(() =>
      buildParamScheduler(sgd(1), { type: 'ExponentialLR', gamma: 1, counts: 'steps' }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: param_scheduler.counts: found "steps"; allowed is "updates" or "iterations"]`,
    );
  });
});

describe('a value for all groups', () => {
  const warningsOf = (config: object, ...rates: number[]) => {
    const warnings: string[] = [];
    buildParamScheduler(sgd(...rates), config, { onWarning: (text) => warnings.push(text) });
    return warnings;
  };
  const breaking = [
    { type: 'CosineAnnealingLR', T_max: 10, eta_min: 1e-5 },
    { type: 'CosineRestartLR', periods: [5], eta_min: 1e-5 },
    { type: 'PolyLR', end: 10, eta_min: 1e-5 },
    { type: 'ReduceOnPlateauLR', min_value: 1e-5 },
    { type: 'OneCycleLR', eta_max: 0.5, total_steps: 10 },
  ];

  it('that breaks their ratio is a warning', () => {
    expect(breaking.flatMap((config) => warningsOf(config, 0.1, 0.001))).toMatchInlineSnapshot(`
      [
        "CosineAnnealingLR: eta_min 0.00001 is a floor for all groups, whose lr differ (0.001 to 0.1), and so breaks the ratio between them; give eta_min_ratio instead",
        "CosineRestartLR: eta_min 0.00001 is a floor for all groups, whose lr differ (0.001 to 0.1), and so breaks the ratio between them; give eta_min_ratio instead",
        "PolyLR: eta_min 0.00001 is a floor for all groups, whose lr differ (0.001 to 0.1), and so breaks the ratio between them; leave eta_min at 0",
        "ReduceOnPlateauLR: min_value 0.00001 is a floor for all groups, whose lr differ (0.001 to 0.1), and so breaks the ratio between them; give min_value one number a group",
        "OneCycleLR: eta_max 0.5 is the peak of all groups, whose lr differ (0.001 to 0.1), and so breaks the ratio between them; give eta_max one number a group",
      ]
    `);
  });

  it('is none where the groups are equal, the floor is relative, zero, or given for each', () => {
    for (const config of breaking) expect(warningsOf(config, 0.1, 0.1)).toEqual([]);
    const keeping = [
      { type: 'CosineAnnealingLR', T_max: 10, eta_min_ratio: 0.1 },
      { type: 'CosineAnnealingLR', T_max: 10, eta_min: 0 },
      { type: 'PolyLR', end: 10 },
      { type: 'ReduceOnPlateauLR', min_value: [1e-4, 1e-5] },
      { type: 'OneCycleLR', eta_max: [0.5, 0.05], total_steps: 10 },
      { type: 'LinearLR', end: 10 },
    ];
    for (const config of keeping) expect(warningsOf(config, 0.1, 0.001)).toEqual([]);
  });

  it('is measured before any schedule, and without the settings that no group has', () => {
    const optimizer = { ...sgd(0.1, 0.001), baseParamSettings: { lr: 5 } };
    const [, second] = buildParamScheduler(optimizer, [{ type: 'LinearLR', end: 3 }, breaking[0]!]);
    expect(second!.warnings[0]).toContain('(0.001 to 0.1)');
    const equal = { ...sgd(0.1, 0.1), baseParamSettings: { lr: 5 } };
    expect(buildParamScheduler(equal, breaking[0]!)[0]!.warnings).toEqual([]);
  });

  it('names the field of a momentum schedule', () => {
    const optimizer = { paramGroups: [{ momentum: 0.9 }, { momentum: 0.8 }] as GroupSettings[] };
    const [scheduler] = buildParamScheduler(optimizer, { type: 'CosineAnnealingMomentum', T_max: 4, eta_min: 0.1 });
    expect(scheduler!.warnings).toHaveLength(1);
    expect(scheduler!.warnings[0]).toContain('whose momentum differ (0.8 to 0.9)');
  });
});
