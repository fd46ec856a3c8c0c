/** Replays what MMEngine 0.11 on PyTorch 1.13 computed: parameter groups, schedules, accumulation. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeGolden, golden, goldenFolder } from '../../../testing/golden.ts';
import {
  buildParamScheduler,
  ConfigError,
  type FileParam,
  type GroupSettings,
  getLr,
  getMomentum,
  planParamGroups,
  readModel,
} from '../src/index.ts';
import { lossFactor, shouldSync, shouldUpdate } from '../src/internal.ts';

const RELATIVE = 1e-12;

/** Equal as numbers go, and exactly the same keys. */
function expectSame(actual: unknown, expected: unknown, at: string): void {
  if (typeof expected === 'number' && typeof actual === 'number') {
    if (Math.abs(actual - expected) <= RELATIVE * Math.abs(expected)) return;
    expect.fail(`${at}: ${actual}, MMEngine has ${expected}`);
  }
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null) {
    if (actual !== expected) expect.fail(`${at}: ${String(actual)}, MMEngine has ${String(expected)}`);
    return;
  }
  const keys = Object.keys(expected).sort();
  if (keys.join() !== Object.keys(actual).sort().join())
    expect.fail(`${at}: ${Object.keys(actual)}, MMEngine has ${keys}`);
  for (const key of keys) expectSame(Reflect.get(actual, key), Reflect.get(expected, key), `${at}.${key}`);
}

interface GroupCase {
  optim_wrapper_cfg: unknown;
  paramwise_cfg: unknown;
  groups?: ({ param: number } & Record<string, unknown>)[];
  error?: { message: string };
}

describeGolden('parameter groups', () => {
  const files = () => readdirSync(join(goldenFolder, 'param-groups')).filter((name) => name.endsWith('.cases.json.gz'));
  const counted = { cases: 0, groups: 0 };

  it('equal MMEngine’s on every recorded model and config', () => {
    for (const file of files()) {
      const { model: name, cases } = golden<{ model: string; cases: GroupCase[] }>(`param-groups/${file}`);
      const model = readModel(golden(`param-groups/models/${name}.json.gz`));
      for (const [index, recorded] of cases.entries()) {
        counted.cases++;
        const plan = () => planParamGroups(model, recorded.optim_wrapper_cfg, recorded.paramwise_cfg);
        if (recorded.groups === undefined) {
          expect(plan, `${name} ${index}`).toThrow(ConfigError);
          expect(plan, `${name} ${index}`).toThrow(/decay_mult.*needs the optimizer's weight_decay/);
          continue;
        }
        const groups = plan().groups.map(({ param, options }) => ({ param: (param as FileParam).id, ...options }));
        counted.groups += groups.length;
        expectSame(groups, recorded.groups, `${name} ${index}`);
      }
    }
    expect(counted).toEqual({ cases: 294, groups: 48_735 });
  });
});

interface ScheduleCase {
  optimizer: 'SGD' | 'Adam';
  schedulers: unknown[];
  epoch_length?: number;
  metrics: number[] | null;
  values: { groups?: Record<string, number>[]; get_lr?: unknown; get_momentum?: unknown; error?: string }[];
}

function makeOptimizer(kind: 'SGD' | 'Adam', recorded: ScheduleFile) {
  const { lr, weight_decay } = recorded.base;
  const momentum = kind === 'SGD' ? { momentum: recorded.base.momentum } : { betas: recorded.adam_betas };
  const defaults: GroupSettings = { lr, weight_decay, ...momentum };
  return {
    defaults,
    paramGroups: [{ ...defaults }, { ...defaults, ...recorded.group1 }],
    baseParamSettings: { ...defaults },
  };
}

interface ScheduleFile {
  base: Record<string, number>;
  group1: Record<string, number>;
  adam_betas: number[];
  cases: ScheduleCase[];
}

function replaySchedule(recorded: ScheduleCase, file: ScheduleFile, at: string): void {
  const optimizer = makeOptimizer(recorded.optimizer, file);
  const epoch = recorded.epoch_length === undefined ? {} : { epochLength: recorded.epoch_length };
  const schedulers = buildParamScheduler(optimizer, recorded.schedulers, epoch);
  for (const [step, expected] of recorded.values.entries()) {
    const metrics = recorded.metrics?.[step - 1];
    const advance = () => {
      for (const scheduler of schedulers) scheduler.step(metrics === undefined ? undefined : { loss: metrics });
    };
    if (expected.error !== undefined) {
      expect(advance, at).toThrow(/past the end of the cycle/);
      continue;
    }
    if (step > 0) advance();
    const { momentum } = getMomentum(optimizer.paramGroups);
    const groups = optimizer.paramGroups.map(({ lr, weight_decay }, i) => ({
      lr,
      weight_decay,
      momentum: momentum![i],
    }));
    expectSame(groups, expected.groups, `${at} step ${step}`);
    if (expected.get_lr === undefined) continue;
    expectSame(getLr(optimizer.paramGroups, optimizer.baseParamSettings), expected.get_lr, `${at} step ${step} get_lr`);
    expectSame(getMomentum(optimizer.paramGroups), expected.get_momentum, `${at} step ${step} get_momentum`);
  }
}

describeGolden('schedulers', () => {
  it('move the groups as MMEngine’s do', () => {
    const file = golden<ScheduleFile>('schedulers.json.gz');
    for (const [index, recorded] of file.cases.entries()) {
      replaySchedule(recorded, file, `case ${index} ${recorded.optimizer} ${JSON.stringify(recorded.schedulers)}`);
    }
    expect(file.cases.length).toBe(83);
  });
});

interface AccumulationCase {
  accumulative_counts: number;
  init_counts: number;
  max_counts: number;
  steps: { loss: number; scaled_loss: number; should_sync: boolean; updated: boolean; inner_count: number }[];
}

describeGolden('accumulation', () => {
  it('steps, synchronises and scales as MMEngine’s wrapper does', () => {
    const { cases } = golden<{ cases: AccumulationCase[] }>('optim-wrapper.json.gz');
    for (const { accumulative_counts, init_counts, max_counts, steps } of cases) {
      for (const [index, step] of steps.entries()) {
        const before = {
          innerCount: init_counts + index,
          accumulativeCounts: accumulative_counts,
          maxCounts: max_counts,
        };
        const after = { ...before, innerCount: before.innerCount + 1 };
        expect(shouldSync(before)).toBe(step.should_sync);
        expect(shouldUpdate(after)).toBe(step.updated);
        expect(after.innerCount).toBe(step.inner_count);
        // The recorded losses are float32.
        expect(step.loss / lossFactor(before) / step.scaled_loss).toBeCloseTo(1, 6);
      }
    }
    expect(cases.length).toBe(100);
  });
});

describe('the tests above', () => {
  it('compare strictly', () => {
    expect(() => expectSame({ lr: 1 }, { lr: 1 + 1e-11 }, 'x')).toThrow('MMEngine has');
    expect(() => expectSame({ lr: 1, extra: 1 }, { lr: 1 }, 'x')).toThrow('MMEngine has');
  });
});
