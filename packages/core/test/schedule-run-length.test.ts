/** The length of a run, which fills in what a schedule leaves open, and schedules that cannot do what they say in it. */
import { describe, expect, it } from 'vitest';
import {
  buildParamScheduler,
  ConfigError,
  type GroupSettings,
  LinearLR,
  PARAM_SCHEDULERS,
  previewSchedule,
} from '../src/index.ts';

const sgd = (...rates: number[]) => ({ paramGroups: rates.map((lr): GroupSettings => ({ lr })) });

function previewed(config: unknown, steps: number, options: Parameters<typeof previewSchedule>[3] = {}) {
  const warnings: string[] = [];
  const preview = previewSchedule(config, [{ lr: 0.001 }], steps, {
    ...options,
    onWarning: (text) => warnings.push(text),
  });
  return { lr: preview.map(([group]) => group!.lr!), warnings };
}

const warningsOf = (config: unknown, options: object = {}) => {
  const warnings: string[] = [];
  buildParamScheduler(sgd(1), config, { ...options, onWarning: (text) => warnings.push(text) });
  return warnings;
};

const WARM_UP = { type: 'LinearLR', start_factor: 0.01, end: 5 };
const COSINE = { type: 'CosineAnnealingLR', eta_min: 1e-5, begin: 5 };

describe('a schedule without an end', () => {
  it('ends with the run, as in MMEngine’s runner, and T_max follows', () => {
    const { lr, warnings } = previewed([WARM_UP, COSINE], 30, { maxEpochs: 30 });
    expect(lr[10]).toBeCloseTo(0.00090546, 8);
    expect(lr[20]).toBeCloseTo(0.00035204, 8);
    expect(lr[29]).toBeCloseTo(0.0000139, 7);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['by iteration', { type: 'PolyLR', by_epoch: false }, { maxIters: 40 }, 40],
    ['by iteration, in a run of epochs', { type: 'PolyLR', by_epoch: false }, { maxEpochs: 4, epochLength: 10 }, 40],
    ['by epoch, in a run of iterations', { type: 'PolyLR' }, { maxIters: 35, epochLength: 10 }, 4],
    ['converted', { type: 'PolyLR', convert_to_iter_based: true }, { maxEpochs: 4, epochLength: 10 }, 40],
    ['with an end of its own', { type: 'PolyLR', end: 7 }, { maxEpochs: 30 }, 7],
    ['in a run whose length is not known in its unit', { type: 'PolyLR', by_epoch: false }, { maxEpochs: 4 }, 1e9],
  ])('%s', (_, config, options, end) => {
    const [scheduler] = buildParamScheduler(sgd(1), config, options);
    expect(scheduler!.end).toBe(end);
  });

  it('of a kind that needs one is a warning where there is none, never a flat line without a word', () => {
    const { lr, warnings } = previewed([WARM_UP, COSINE], 30);
    expect(lr[29]).toBeCloseTo(0.001, 8);
    expect(warnings).toEqual([
      'CosineAnnealingLR: neither end nor T_max is given, so lr stays as it is; give one of them, or the length of the run (maxEpochs, --epochs)',
    ]);
    expect(
      [
        { type: 'PolyLR', by_epoch: false },
        { type: 'LinearMomentum', start_factor: 0.5 },
        { type: 'ConstantLR', factor: 0.25 },
      ].flatMap((config) => {
        const optimizer = { paramGroups: [{ lr: 1, momentum: 0.9 }] as GroupSettings[] };
        return buildParamScheduler(optimizer, config).flatMap((scheduler) => scheduler.warnings);
      }),
    ).toEqual([
      'PolyLR: no end is given, so lr stays as it is; give one, or the length of the run (maxIters, --iters)',
      'LinearMomentum: no end is given, so momentum stays at 0.5 times its value; give one, or the length of the run (maxEpochs, --epochs)',
      'ConstantLR: no end is given, so lr stays at 0.25 times its value; give one, or the length of the run (maxEpochs, --epochs)',
    ]);
    const open = [
      { type: 'StepLR', step_size: 3 },
      { type: 'ExponentialLR', gamma: 0.9 },
      { type: 'CosineAnnealingLR', T_max: 3 },
      { type: 'ConstantLR', factor: 1 },
      { type: 'LinearLR', start_factor: 1 },
    ];
    for (const config of open) expect(warningsOf(config)).toEqual([]);
  });

  it('keeps a rate of zero at zero: such a schedule cannot end', () => {
    const [scheduler] = buildParamScheduler(sgd(1), { type: 'ConstantLR', factor: 0 }, { maxEpochs: 3 });
    expect(scheduler!.end).toBe(1e9);
  });

  it('refuses a length that is none', () => {
    expect(() => previewed(WARM_UP, 3, { maxEpochs: 0 })).toThrow(
      new ConfigError([
        { code: 'invalid_value', path: ['maxEpochs'], found: '0', allowed: 'a whole number from 1 up' },
      ]),
    );
    expect(() => buildParamScheduler(sgd(1), WARM_UP, { epochLength: 1.5 })).toThrow('epochLength: found 1.5');
  });
});

describe('a warm-up that never reaches the base is a warning', () => {
  it.each([
    [
      { type: 'LinearLR', start_factor: 0.1, end: 1 },
      {},
      'LinearLR: from begin 0 to end 1 is a single step, so lr stays at 0.1 times its value; a later end is needed, or by_epoch: false to count iterations',
    ],
    [
      { type: 'ConstantLR', factor: 0.1, by_epoch: false, begin: 4, end: 5 },
      {},
      'ConstantLR: from begin 4 to end 5 is a single step, so lr stays at 0.1 times its value; a later end is needed',
    ],
    [
      { type: 'ConstantLR', factor: 0.1, end: 2.5 },
      {},
      'ConstantLR: from begin 0 to end 2.5 is no whole number of steps, so lr stays at 0.1 times its value',
    ],
    [
      { type: 'LinearLR', start_factor: 0.1, end: 40 },
      { maxEpochs: 30 },
      'LinearLR: it warms up to epoch 40, and the run has 30, so lr never reaches its base',
    ],
    [
      { type: 'LinearLR', start_factor: 0.1, by_epoch: false },
      { maxIters: 500 },
      'LinearLR: it warms up for the whole run of 500 iterations, so lr reaches its base in the last; give an end',
    ],
    [
      { type: 'CosineAnnealingLR', begin: 5, T_max: 5 },
      { maxEpochs: 3 },
      'CosineAnnealingLR: it begins at epoch 5, and the run has 3, so it never acts',
    ],
  ])('%j %j', (config, options, warning) => {
    expect(warningsOf(config, options)).toEqual([warning]);
  });

  it('and none where it does', () => {
    expect(warningsOf({ type: 'LinearLR', end: 1, convert_to_iter_based: true }, { epochLength: 10 })).toEqual([]);
    expect(warningsOf({ type: 'LinearLR', start_factor: 1, end_factor: 0.1, end: 30 }, { maxEpochs: 30 })).toEqual([]);
    expect(warningsOf(WARM_UP, { maxEpochs: 30 })).toEqual([]);
  });
});

describe('units', () => {
  const mixed = [
    { type: 'LinearLR', start_factor: 0.01, by_epoch: false, end: 300 },
    { type: 'MultiStepLR', by_epoch: true, milestones: [6, 9] },
  ];

  it('that are mixed are previewed with the length of an epoch only', () => {
    expect(() => previewed(mixed, 10)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: epochLength: missing; give a whole number: schedules by epoch and by iteration need the iterations of an epoch]`,
    );
    const { lr } = previewed(mixed, 1200, { epochLength: 100 });
    expect([lr[0], lr[299], lr[600], lr[900]].map((value) => Number(value!.toPrecision(6)))).toEqual([
      1e-5, 1e-3, 1e-4, 1e-5,
    ]);
  });

  it('of a type of the user’s are not known, and not taken for mixed', () => {
    PARAM_SCHEDULERS.register('ShortLR', ({ optimizer }) => new LinearLR(optimizer, { end: 3, by_epoch: false }));
    const { lr } = previewed([{ type: 'ShortLR' }, { type: 'StepLR', step_size: 9, by_epoch: false }], 3);
    expect(lr[2]).toBeCloseTo(0.001, 12);
  });

  it('that are converted are built with the length of an epoch only', () => {
    const converted = { type: 'CosineAnnealingLR', T_max: 3, convert_to_iter_based: true };
    expect(() => buildParamScheduler(sgd(1), converted)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: epochLength: missing; give a whole number: convert_to_iter_based needs the iterations of an epoch]`,
    );
    expect(() => Reflect.apply(LinearLR.buildIterFromEpoch, LinearLR, [sgd(1), {}])).toThrow(
      'LinearLR: converting to iterations needs epoch_length, the iterations of an epoch; none is given',
    );
  });

  it.each([
    [{ type: 'LinearLR', end: 0.09 }, 'LinearLR.end: found 0.09', '0.09 epochs of 10 iterations are no step'],
    [{ type: 'LinearLR', begin: 1, end: 1.05 }, 'LinearLR.end: found 1.05', '0.05 epochs of 10 iterations are no step'],
    [{ type: 'CosineAnnealingLR', T_max: 0.05 }, 'T_max: found 0.05', '0.05 epochs of 10 iterations are no step'],
    [{ type: 'CosineRestartLR', periods: [1, 0.02], restart_weights: [1, 1] }, 'periods[1]: found 0.02', 'are no step'],
  ])('%j converted to no step is refused in the words of the config', (config, where, why) => {
    const build = () => buildParamScheduler(sgd(1), { ...config, convert_to_iter_based: true }, { epochLength: 10 });
    expect(build).toThrow(where);
    expect(build).toThrow(why);
  });
});

it.each([
  ['CosineAnnealingWarmRestarts', 'CosineRestartLR'],
  ['PolynomialLR', 'PolyLR'],
  ['OneCycle', 'OneCycleLR'],
  ['ReduceLROnPlateau', 'ReduceOnPlateauLR'],
  ['CosineAnealingLR', 'CosineAnnealingLR'],
])('%s is said to be %s here', (name, here) => {
  expect(() => buildParamScheduler(sgd(1), { type: name })).toThrow(`did you mean "${here}"?`);
});
