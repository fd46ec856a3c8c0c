/**
 * MMPretrain's Lamb, and classes by the names that configs have for them.
 *
 * The figures are those of MMPretrain 1.2's `Lamb` after three steps on two float64 parameters, on PyTorch 1.13; it takes the norm
 * of all gradients in float32, so they are good to ten digits.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  AmpOptimWrapper,
  buildOptimWrapper,
  buildParamScheduler,
  nn,
  OptimWrapper,
  optim,
  tensor,
} from '../src/index.ts';

const { lamb } = JSON.parse(
  readFileSync(new URL('../../core/test/data/sister-libraries.json', import.meta.url), 'utf8'),
) as { lamb: Record<string, readonly [number[][], number[]]> };

describe('Lamb', () => {
  it.each([
    ['default', {}],
    ['no averaging, clip 0.1', { grad_averaging: false, max_grad_norm: 0.1, weight_decay: 0, always_adapt: true }],
    ['never clipped', { max_grad_norm: 1e6, trust_clip: true }],
  ])('steps as MMPretrain’s: %s', (name, options) => {
    const a = new nn.Parameter(
      tensor(
        [
          [0.5, -1],
          [2, 0.25],
        ],
        { dtype: 'float64' },
      ),
    );
    const b = new nn.Parameter(tensor([0.1, -0.2], { dtype: 'float64' }));
    const optimizer = new optim.Lamb([{ params: [a] }, { params: [b], weight_decay: 0 }], { lr: 0.01, ...options });
    for (let step = 1; step <= 3; step++) {
      a.grad = tensor(
        [
          [0.3, -0.2],
          [1.5, 0.7],
        ],
        { dtype: 'float64' },
      ).mul(step);
      b.grad = tensor([0.05, -2], { dtype: 'float64' }).div(step);
      optimizer.step();
    }
    const [wantedA, wantedB] = lamb[name]!;
    const found = [...(a.toArray() as number[][]).flat(), ...(b.toArray() as number[])];
    for (const [index, wanted] of [...wantedA.flat(), ...wantedB].entries())
      expect(found[index]).toBeCloseTo(wanted, 10);
  });

  it('clips what the wrapper has clipped by value', () => {
    const steps = [
      undefined,
      { type: 'value' as const, clip_value: 10 },
      { type: 'value' as const, clip_value: 0.5 },
    ].map((clip_grad) => {
      const param = new nn.Parameter(tensor([1, 1], { dtype: 'float64' }));
      const optimizer = new optim.Lamb([param], {
        lr: 0.1,
        max_grad_norm: 0.5,
        grad_averaging: false,
        betas: [0, 0.5],
      });
      const wrapper = buildClipped(optimizer, clip_grad);
      wrapper.updateParams(param.mul(tensor([3, 4], { dtype: 'float64' })).sum());
      return (optimizer.state.get(param)!.slots.exp_avg!.toArray() as number[]).map((value) =>
        Number(value.toFixed(12)),
      );
    });
    expect(steps).toEqual([
      [0.3, 0.4],
      [0.3, 0.4],
      [Number((0.5 / Math.SQRT2).toFixed(12)), Number((0.5 / Math.SQRT2).toFixed(12))],
    ]);
  });

  it('is no algorithm of a group of another optimizer, whose gradients it could not clip', () => {
    const linear = new nn.Linear(2, 2);
    expect(() =>
      buildOptimWrapper(linear, {
        optimizer: { type: 'AdamW', lr: 0.1 },
        paramwise_cfg: { custom_keys: { weight: { algorithm: 'Lamb' } } },
      }),
    ).toThrow('no algorithm is named "Lamb"');
    expect(() => new optim.AdamW([{ params: [linear.weight], algorithm: 'Lamb' }])).toThrow(
      'no algorithm is named "Lamb"',
    );
  });
});

it('optimizers, wrappers and schedules are built by the path of their class', () => {
  const wrapper = buildOptimWrapper(new nn.Linear(2, 2), {
    type: 'mmengine.optim.AmpOptimWrapper',
    optimizer: { type: 'torch.optim.adamw.AdamW', lr: 1e-3 },
  });
  expect(wrapper).toBeInstanceOf(AmpOptimWrapper);
  expect(wrapper.optimizer).toBeInstanceOf(optim.AdamW);
  const ofMmpretrain = buildOptimWrapper(new nn.Linear(2, 2), {
    optimizer: { type: 'Lamb', _scope_: 'mmpretrain', lr: 1e-3, max_grad_norm: 2 },
  });
  expect(ofMmpretrain.optimizer).toBeInstanceOf(optim.Lamb);
  const [schedule] = buildParamScheduler(wrapper, { type: 'mmengine.optim.LinearLR', start_factor: 0.5, end: 5 });
  expect(schedule!.typeName).toBe('LinearLR');
  expect(wrapper.getLr().lr).toEqual([5e-4]);
  expect(buildParamScheduler(wrapper, null)).toEqual([]);
});

function buildClipped(optimizer: optim.Optimizer, clip_grad: object | undefined): OptimWrapper {
  return new OptimWrapper({ optimizer, ...(clip_grad && { clip_grad: clip_grad as never }) });
}
