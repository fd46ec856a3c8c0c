/** What a checkpoint was made with, and what is here: differences are named. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildOptimWrapper, buildParamScheduler, full, loadCheckpoint, nn, saveCheckpoint } from '../src/index.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramwise-'));
  file = join(folder, 'run.safetensors');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function make(optimizer: object, schedule?: object | object[], paramwise_cfg?: object) {
  const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Linear(2, 1));
  const wrapper = buildOptimWrapper(model, { optimizer, ...(paramwise_cfg && { paramwise_cfg }) });
  const schedulers = schedule ? buildParamScheduler(wrapper, schedule) : [];
  const step = () => {
    wrapper.updateParams(model.forward(full([1, 2], 1)).mean());
    for (const each of schedulers) each.step();
  };
  return { step, parts: { model, wrapper, schedulers } };
}

describe('schedules', () => {
  const sgd = { type: 'SGD', lr: 0.1 };
  const cosine = { type: 'CosineAnnealingLR', T_max: 10, end: 10 };

  it('of another kind are refused, and not used where what fits is asked for', () => {
    const first = make(sgd, cosine);
    for (let i = 0; i < 6; i++) first.step();
    saveCheckpoint(file, first.parts);
    const second = make(sgd, { type: 'StepLR', step_size: 7 });
    const message = 'schedulers/0: CosineAnnealingLR T_max 10, here StepLR';
    const before = second.parts.schedulers[0]!.stateDict();
    expect(() => loadCheckpoint(file, second.parts)).toThrow(`unexpected: ${message}`);
    expect(second.parts.wrapper.getLr().lr).toEqual([0.1]);
    expect(loadCheckpoint(file, second.parts, { strict: false })).toMatchObject({
      unexpected: [message],
      differing: [],
    });
    expect(second.parts.schedulers[0]!.stateDict()).toEqual(before);
  });

  it('with other options are reported', () => {
    saveCheckpoint(file, make(sgd, cosine).parts);
    const second = make(sgd, { ...cosine, T_max: 20 });
    expect(loadCheckpoint(file, second.parts)).toMatchObject({
      unexpected: [],
      differing: ['schedulers/0: CosineAnnealingLR T_max 10, here 20'],
    });
  });
});

describe('settings', () => {
  it('that differ are reported, equal differences once', () => {
    saveCheckpoint(
      file,
      make({ type: 'AdamW', lr: 0.01 }, undefined, { custom_keys: { '1.bias': { lr_mult: 0.5 } } }).parts,
    );
    const paramwise_cfg = { custom_keys: { '1.bias': { lr_mult: 0.5, weight_decay: 0.3 } } };
    const second = make({ type: 'AdamW', lr: 0.02, betas: [0.8, 0.999] }, undefined, paramwise_cfg);
    const { differing } = loadCheckpoint(file, second.parts);
    expect(differing).toEqual([
      'optimizer/0.weight, optimizer/0.bias, optimizer/1.weight: lr 0.01 in the file, 0.02 here',
      'optimizer: betas [0.9,0.999] in the file, [0.8,0.999] here',
      'optimizer/1.bias: lr 0.005 in the file, 0.01 here',
      'optimizer/1.bias: weight_decay 0.01 in the file, 0.3 here',
    ]);
    // The file's are taken.
    expect(second.parts.wrapper.getLr().lr).toEqual([0.01, 0.01, 0.01, 0.005]);
  });

  it('that a schedule has moved are compared by where it began', () => {
    const schedules = [
      { type: 'ExponentialLR', gamma: 0.5 },
      { type: 'ExponentialMomentum', gamma: 0.9 },
    ];
    for (const type of ['SGD', 'AdamW']) {
      const options = type === 'SGD' ? { momentum: 0.9 } : {};
      const first = make({ type, lr: 0.1, ...options }, schedules);
      for (let i = 0; i < 3; i++) first.step();
      saveCheckpoint(file, first.parts);
      expect(loadCheckpoint(file, make({ type, lr: 0.1, ...options }, schedules).parts).differing).toEqual([]);
      const { model, wrapper } = make({ type, lr: 0.1, ...options }).parts;
      expect(loadCheckpoint(file, { model, wrapper }).differing).toEqual([]);
      expect(loadCheckpoint(file, make({ type, lr: 0.3, ...options }, schedules).parts).differing).toEqual([
        'optimizer: lr 0.1 in the file, 0.3 here',
      ]);
    }
  });

  it('that only one side has are reported too', () => {
    saveCheckpoint(file, make({ type: 'Adagrad', lr: 0.1, initial_accumulator_value: 0.5 }).parts);
    const second = make({ type: 'Adagrad', lr: 0.1 });
    Object.assign(second.parts.wrapper.paramGroups[0]!, { freeze_until: 5 });
    expect(loadCheckpoint(file, second.parts).differing).toEqual([
      'optimizer: initial_accumulator_value 0.5 in the file, 0 here',
      'optimizer: freeze_until none in the file, 5 here',
    ]);
  });
});

it('a refused load leaves no state behind, not even that which Adagrad begins with', () => {
  const [first, second] = [make({ type: 'Adagrad', lr: 0.1 }), make({ type: 'Adagrad', lr: 0.1 })];
  saveCheckpoint(file, first.parts);
  const { model, wrapper } = second.parts;
  const schedulers = buildParamScheduler(wrapper, { type: 'ConstantLR' });
  expect(() => loadCheckpoint(file, { model, wrapper, schedulers })).toThrow('missing: schedulers/0');
  expect(wrapper.optimizer.state.size).toBe(0);
});
