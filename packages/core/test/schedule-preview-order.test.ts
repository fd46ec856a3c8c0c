/** A preview shows what training does: the order of steps, plateaus, units, and one warning a schedule. */
import { describe, expect, it } from 'vitest';
import {
  buildParamScheduler,
  ConstantLR,
  type GroupSettings,
  PARAM_SCHEDULERS,
  previewSchedule,
  ScheduleDriver,
} from '../src/index.ts';

const EPOCH = 4;

function previewed(config: unknown, steps: number, metrics: readonly number[] = []): number[] {
  return previewSchedule(config, [{ lr: 1 }], steps, { epochLength: EPOCH, metrics }).map(([group]) => group!.lr!);
}

/** The rates of training, an evaluation after every epoch. */
function trained(config: unknown, steps: number, metrics: readonly number[] = []): number[] {
  const optimizer = { paramGroups: [{ lr: 1 } as GroupSettings] };
  const counter = { updateCount: 0 };
  const driver = new ScheduleDriver(buildParamScheduler(optimizer, config, { epochLength: EPOCH }), counter);
  const rates = [Number(optimizer.paramGroups[0]!.lr)];
  for (let step = 1; step <= steps; step++) {
    counter.updateCount += 1;
    driver.afterIteration();
    if (step % EPOCH === 0) {
      driver.afterEpoch();
      const metric = metrics[step - 1];
      if (metric !== undefined) driver.afterEvaluation(metric);
    }
    rates.push(Number(optimizer.paramGroups[0]!.lr));
  }
  return rates;
}

/** The same numbers in every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

const KINDS = [
  { type: 'StepLR', step_size: 1, gamma: 0.1 },
  { type: 'CosineAnnealingLR', T_max: 12, end: 12, eta_min: 0.01 },
  { type: 'LinearLR', start_factor: 0.25, end: 3 },
  { type: 'PolyLR', end: 7, eta_min: 0.001 },
  { type: 'ConstantLR', factor: 0.5, end: 2 },
  { type: 'ReduceOnPlateauLR', patience: 0, factor: 0.5, monitor: 'loss' },
];

describe('previewSchedule', () => {
  it('steps schedules by iteration first, as training does', () => {
    const config = [
      { type: 'StepLR', step_size: 1, gamma: 0.1 },
      { type: 'CosineAnnealingLR', T_max: 12, end: 12, eta_min: 0.01, by_epoch: false },
    ];
    const rates = previewed(config, 12);
    expect(rates[4]).toBeCloseTo(0.07525, 8);
    expect(rates[8]).toBeCloseTo(0.003175, 8);
    expect(rates[9]).toBeCloseTo(0.006, 4);
    expect(rates).toEqual(trained(config, 12));
  });

  it('agrees with a ScheduleDriver for every list', () => {
    const random = randomFrom(7);
    for (let round = 0; round < 60; round++) {
      const config = Array.from({ length: 1 + random(4) }, () => {
        const kind = KINDS[random(KINDS.length)]!;
        const begin = random(2);
        const end = 'end' in kind ? { end: Number(kind.end) + begin } : {};
        return { ...kind, ...end, begin, by_epoch: kind.type === 'ReduceOnPlateauLR' || random(2) === 0 };
      });
      const metrics = Array.from({ length: 24 }, () => random(10));
      expect(previewed(config, 24, metrics), JSON.stringify(config)).toEqual(trained(config, 24, metrics));
    }
  });

  it('keeps begin and end of a schedule on a plateau', () => {
    const plateau = { type: 'ReduceOnPlateauLR', patience: 0, factor: 0.5, begin: 3, end: 5 };
    const metrics = [1, 1, 1, 1, 1, 1, 1];
    const rates = previewSchedule(plateau, [{ lr: 1 }], 7, { metrics }).map(([group]) => group!.lr);
    // Epoch 3 is the first that is judged, epoch 4 the first that is no better, epoch 5 is past the end.
    expect(rates).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5]);
  });

  it('needs the length of an epoch for units that only types of the user have', () => {
    PARAM_SCHEDULERS.register('HalvedByIteration', ({ optimizer }) => {
      return new ConstantLR(optimizer, { factor: 0.5, end: 2, by_epoch: false });
    });
    const config = [{ type: 'StepLR', step_size: 1 }, { type: 'HalvedByIteration' }];
    expect(() => previewSchedule(config, [{ lr: 1 }], 4)).toThrow('schedules by epoch and by iteration');
    expect(previewSchedule(config, [{ lr: 1 }], 4, { epochLength: 4 })).toHaveLength(5);
  });
});

describe('a schedule that begins after the run', () => {
  it('is warned of once', () => {
    const warnings: string[] = [];
    const optimizer = { paramGroups: [{ lr: 1 }] };
    const onWarning = (warning: string) => warnings.push(warning);
    buildParamScheduler(optimizer, { type: 'LinearLR', begin: 20 }, { maxEpochs: 10, onWarning });
    expect(warnings).toEqual(['LinearLR: it begins at epoch 20, and the run has 10, so it never acts']);
  });
});
