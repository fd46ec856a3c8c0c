/**
 * Schedules of the libraries around MMEngine against those libraries themselves.
 *
 * The figures in `data/sister-libraries.json` are what the classes of MMPose 1.3, MMSegmentation 1.2 and MMPretrain 1.2 wrote
 * into two groups of SGD on PyTorch 1.13 with MMEngine 0.11, after each step.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  AnyConstantLR,
  buildParamScheduler,
  ConstantLR,
  CosineAnnealingWeightDecay,
  PolyLRRatio,
  previewSchedule,
  QuadraticWarmupLR,
  QuadraticWarmupMomentum,
  QuadraticWarmupParamScheduler,
} from '../src/index.ts';

const { schedules } = JSON.parse(readFileSync(new URL('data/sister-libraries.json', import.meta.url), 'utf8')) as {
  schedules: Record<string, readonly (readonly number[])[]>;
};

const groups = () => [
  { lr: 0.1, weight_decay: 0.04, momentum: 0.9 },
  { lr: 0.02, weight_decay: 0, momentum: 0.8 },
];

describe('a schedule', () => {
  it.each([
    ['QuadraticWarmupLR', { type: 'mmdet.QuadraticWarmupLR', begin: 1, end: 6 }],
    ['QuadraticWarmupMomentum', { type: 'QuadraticWarmupMomentum', end: 4 }],
    ['QuadraticWarmupParamScheduler', { type: 'QuadraticWarmupParamScheduler', param_name: 'weight_decay', end: 3 }],
    ['PolyLRRatio', { type: 'PolyLRRatio', eta_min_ratio: 0.1, power: 0.9, begin: 1, end: 7 }],
    ['PolyLRRatio bare', { type: 'PolyLRRatio', eta_min: 0.001, end: 7 }],
    ['CosineAnnealingWeightDecay', { type: 'CosineAnnealingWeightDecay', eta_min: 0.2, T_max: 4, end: 20 }],
    ['mmpose.ConstantLR', { type: 'mmpose.ConstantLR', factor: 2.5, begin: 1, end: 5 }],
  ])('%s does what it does there', (name, config) => {
    const wanted = schedules[name]!;
    const found = previewSchedule(config, groups(), wanted.length - 1);
    for (const [step, values] of found.entries()) {
      for (const [group, value] of values.entries()) {
        const [scheduled] = Object.values(value);
        expect(scheduled, `group ${group} after ${step} steps`).toBeCloseTo(wanted[step]![group]!, 15);
      }
    }
  });

  it.each([
    [QuadraticWarmupLR, 'QuadraticWarmupLR', { end: 6 }],
    [QuadraticWarmupMomentum, 'QuadraticWarmupMomentum', { end: 6 }],
    [QuadraticWarmupParamScheduler, 'QuadraticWarmupParamScheduler', { end: 6, param_name: 'lr' }],
    [PolyLRRatio, 'PolyLRRatio', { end: 6, eta_min_ratio: 0.5 }],
    [CosineAnnealingWeightDecay, 'CosineAnnealingWeightDecay', { T_max: 4 }],
    [AnyConstantLR, 'mmpose.ConstantLR', { end: 6, factor: 3 }],
  ] as const)('%o is the class of %s, and continues from its state', (Class, name, options) => {
    expect(Class.name).toBe(name);
    const optimizer = { paramGroups: groups() };
    const first = new Class(optimizer, options as never);
    for (let step = 0; step < 3; step++) first.step();
    const resumed = { paramGroups: optimizer.paramGroups.map((group) => ({ ...group })) };
    const state = JSON.parse(JSON.stringify(first.stateDict()));
    const [second] = buildParamScheduler({ paramGroups: groups() }, { type: name, ...options });
    Object.assign(second!, { groups: resumed.paramGroups });
    second!.loadStateDict(state);
    expect(second!.differences(state)).toEqual([]);
    for (let step = 0; step < 4; step++) {
      first.step();
      second!.step();
      expect(second!.getLastValue()).toEqual(first.getLastValue());
    }
  });

  it('of MMPose’s kind goes on from a state without a type, as checkpoints of MMPose have it', () => {
    const { type: _, ...state } = new ConstantLR({ paramGroups: groups() }, { factor: 0.5, end: 5 }).stateDict();
    const schedule = new AnyConstantLR({ paramGroups: groups() }, { factor: 2, end: 5 });
    expect(schedule.isOtherKind(state)).toBe(false);
  });

  it('by epoch is converted to iterations', () => {
    const config = { type: 'QuadraticWarmupLR', end: 2, convert_to_iter_based: true };
    const [first, , , , fourth] = previewSchedule(config, groups(), 8, { epochLength: 4 });
    expect([first![0]!.lr, fourth![0]!.lr]).toEqual([0.1 / 64, expect.closeTo((0.1 * 25) / 64, 15)]);
  });

  it('of warm-up needs an end, which may be that of the run', () => {
    const config = { type: 'QuadraticWarmupLR' };
    const build = (options: object) => buildParamScheduler({ paramGroups: groups() }, config, options);
    expect(() => build({})).toThrow(
      'param_scheduler.end: found 1000000000; allowed is the step at which the warm-up ends, or the length of the run (maxEpochs, maxIters)',
    );
    const warnings: string[] = [];
    build({ maxEpochs: 5, onWarning: (text: string) => warnings.push(text) });
    expect(warnings).toEqual([
      'QuadraticWarmupLR: it warms up for the whole run of 5 epochs, so lr reaches its base in the last; give an end',
    ]);
  });
});
