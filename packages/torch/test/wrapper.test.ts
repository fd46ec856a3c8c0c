import { describe, expect, it } from 'vitest';
import {
  AmpOptimWrapper,
  buildOptimWrapper,
  buildParamScheduler,
  full,
  nn,
  OptimWrapper,
  OptimWrapperDict,
  optim,
  randn,
  ScheduleDriver,
  type Tensor,
  tensor,
  tidy,
} from '../src/index.ts';

/** One weight w with loss g · w, so that the gradient is g. */
function single(options: Omit<ConstructorParameters<typeof OptimWrapper>[0], 'optimizer'> = {}) {
  const w = new nn.Parameter(tensor([10]));
  const optimizer = new optim.SGD([{ params: [w], paramNames: ['w'] }], { lr: 1 });
  return { w, wrapper: new OptimWrapper({ optimizer, ...options }) };
}

const lossOf = (w: Tensor, gradient: number) => w.mul(gradient).sum();

describe('accumulation weighed by items', () => {
  it('gives the gradient of the full batch, however uneven the micro-batches', () => {
    const model = new nn.Linear(3, 1);
    const [x, y] = [randn([10, 3]), randn([10, 1])];
    const meanLoss = (from: number, size: number) =>
      nn.functional.mseLoss(model.forward(x.narrow(0, from, size)), y.narrow(0, from, size));
    meanLoss(0, 10).backward();
    const expected = model.parameters().map((param) => [...(param.grad as Tensor).data()].map(Number));
    model.zeroGrad();

    const seen: number[][] = [];
    class Watching extends OptimWrapper {
      protected override takeStep(...[finite, reading]: Parameters<OptimWrapper['takeStep']>) {
        for (const param of model.parameters())
          seen.push([...(param.grad as Tensor).data()].map((value) => Number(value) * reading.factor));
        return super.takeStep(finite, reading);
      }
    }
    const wrapper = new Watching({ optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }), accumulative_counts: 3 });
    for (const [from, size] of [
      [0, 7],
      [7, 1],
      [8, 2],
    ] as const)
      wrapper.updateParams(meanLoss(from, size), { items: size });
    expect(seen.length).toBe(2);
    for (const [i, values] of seen.entries())
      for (const [j, value] of values.entries()) expect(value).toBeCloseTo(expected[i]?.[j] as number, 6);
  });

  it('refuses to mix weighed and plain losses, and weights that are none', () => {
    const { w, wrapper } = single({ accumulative_counts: 3 });
    wrapper.updateParams(lossOf(w, 1), { items: 2 });
    expect(() => wrapper.updateParams(lossOf(w, 1))).toThrow(
      'losses with and without `items` cannot be accumulated together',
    );
    expect(() => wrapper.updateParams(lossOf(w, 1), { items: 0 })).toThrow('items must be a number above 0, not 0');
    expect(wrapper.innerCount).toBe(1);
  });
});

describe('the gradient report', () => {
  it('gives norms before and after clipping, by group, and the first gradient that is not finite', () => {
    const [a, b] = [new nn.Parameter(tensor([1, 1])), new nn.Parameter(tensor([1]))];
    const optimizer = new optim.SGD(
      [
        { params: [a], paramNames: ['net.a'] },
        { params: [b], paramNames: ['net.b'], name: 'heads' },
      ],
      { lr: 0 },
    );
    const wrapper = new OptimWrapper({ optimizer, clip_grad: { max_norm: 6.5 } });
    expect(() => wrapper.gradReport()).toThrow('no parameter has a gradient');
    a.grad = tensor([3, 4]);
    b.grad = tensor([12]);
    const report = wrapper.gradReport();
    // 5 and 12 make 13, clipped to half.
    expect(report.before).toBeCloseTo(13, 5);
    expect(report.after).toBeCloseTo(6.5, 5);
    expect(report.groups.map(({ name }) => name)).toEqual(['net.a', 'heads']);
    expect(report.groups.map(({ after }) => after as number)[0]).toBeCloseTo(2.5, 5);
    expect(report.firstNonFinite).toBeUndefined();
    b.grad = tensor([Number.NaN]);
    expect(wrapper.gradReport().firstNonFinite).toBe('net.b');
    a.grad = tensor([Number.POSITIVE_INFINITY, 0]);
    expect(wrapper.gradReport().firstNonFinite).toBe('net.a');
  });

  it('keeps that of the last step where it is asked to', () => {
    const { w, wrapper } = single({ clip_grad: { type: 'value', clip_value: 2 } });
    wrapper.recordGradReport = true;
    wrapper.updateParams(lossOf(w, 5));
    expect(wrapper.gradReport()).toMatchObject({ before: 5, after: 2 });
    expect(w.item()).toBe(8);
  });
});

describe('mixed precision', () => {
  const amp = (options: object = {}) => {
    const w = new nn.Parameter(tensor([1]));
    const optimizer = new optim.SGD([w], { lr: 1 });
    return { w, wrapper: new AmpOptimWrapper({ optimizer, ...options }) };
  };

  it('runs the forward pass in bfloat16 on the CPU, with float32 parameters and gradients', () => {
    const model = new nn.Linear(4, 2);
    const wrapper = buildOptimWrapper<AmpOptimWrapper>(model, {
      type: 'AmpOptimWrapper',
      dtype: 'bfloat16',
      optimizer: { type: 'SGD', lr: 0.1 },
    });
    const out = wrapper.optimContext(model, () => model.forward(randn([3, 4])));
    expect(out.dtype).toBe('bfloat16');
    wrapper.updateParams(out.to('float32').sum());
    expect(model.weight.dtype).toBe('float32');
    expect(model.forward(randn([3, 4])).dtype).toBe('float32');
  });

  it('leaves autocast again when the forward pass throws', () => {
    const { wrapper } = amp();
    const model = new nn.Linear(2, 2);
    expect(() => wrapper.optimContext(model, () => model.forward(randn([3, 9])))).toThrow();
    expect(model.forward(randn([3, 2])).dtype).toBe('float32');
  });

  it('un-scales before it clips', () => {
    const { w, wrapper } = amp({ clip_grad: { max_norm: 2 }, loss_scale: 1024 });
    wrapper.updateParams(lossOf(w, 8));
    expect(wrapper.lastGradNorm).toBeCloseTo(8, 5);
    expect(w.item()).toBeCloseTo(-1, 4);
  });

  it('skips the step on overflow and halves a dynamic scale; after good steps it doubles', () => {
    const { w, wrapper } = amp({ loss_scale: { init_scale: 8, growth_interval: 2 } });
    wrapper.updateParams(lossOf(w, Number.POSITIVE_INFINITY));
    expect(w.item()).toBe(1);
    expect(wrapper.updateCount).toBe(0);
    expect(wrapper.lossScaler.scale).toBe(4);
    for (const [step, scale] of [
      [1, 4],
      [2, 8],
      [3, 8],
      [4, 16],
    ] as const) {
      wrapper.updateParams(lossOf(w, 0.5));
      expect(wrapper.updateCount).toBe(step);
      expect(wrapper.lossScaler.scale).toBe(scale);
    }
    expect(w.item()).toBe(-1);
  });

  const refusing = { clip_grad: { max_norm: 1, error_if_nonfinite: true } };

  it('skips an overflow and shrinks the scale where clipping refuses infinite norms, and goes on training', () => {
    const { w, wrapper } = amp({ ...refusing, loss_scale: { init_scale: 8 } });
    wrapper.updateParams(lossOf(w, Number.POSITIVE_INFINITY));
    expect([w.item(), w.grad, wrapper.updateCount, wrapper.lossScaler.scale]).toEqual([1, null, 0, 4]);
    wrapper.updateParams(lossOf(w, 0.5));
    expect([w.item(), wrapper.updateCount]).toEqual([0.5, 1]);
  });

  it('refuses an infinite norm where no smaller scale can cure it: fixed, or scaling disabled', () => {
    for (const loss_scale of [16, { enabled: false }]) {
      const { w, wrapper } = amp({ ...refusing, loss_scale });
      expect(() => wrapper.updateParams(lossOf(w, Number.NaN))).toThrow('clip_grad.error_if_nonfinite is true');
      expect(w.item()).toBe(1);
    }
  });

  it('keeps a fixed scale through an overflow', () => {
    const { w, wrapper } = amp({ loss_scale: 16 });
    wrapper.updateParams(lossOf(w, Number.NaN));
    expect([w.item(), wrapper.lossScaler.scale]).toEqual([1, 16]);
  });

  it('carries scale and tracker in its state', () => {
    const { w, wrapper } = amp({ loss_scale: { init_scale: 8 } });
    wrapper.updateParams(lossOf(w, Number.POSITIVE_INFINITY));
    wrapper.updateParams(lossOf(w, 1));
    const other = amp().wrapper;
    other.loadStateDict(wrapper.stateDict());
    expect(other.lossScaler.stateDict()).toMatchObject({ scale: 4, _growth_tracker: 1 });
  });

  it('refuses scales out of range, and Apex by name', () => {
    expect(() => amp({ loss_scale: -1 })).toThrow('optim_wrapper.loss_scale: found -1; allowed is a number above 0');
    expect(() => amp({ loss_scale: { growth_factor: 0.5 } })).toThrow('loss_scale.growth_factor: found 0.5');
    expect(() =>
      buildOptimWrapper(new nn.Linear(1, 1), { type: 'ApexOptimWrapper', optimizer: { type: 'SGD', lr: 1 } }),
    ).toThrow('use AmpOptimWrapper');
  });
});

describe('schedules driven by updates', () => {
  it('do not move while gradients are accumulated or a step is skipped', () => {
    const w = new nn.Parameter(tensor([1]));
    const wrapper = new AmpOptimWrapper({
      optimizer: new optim.SGD([w], { lr: 1 }),
      accumulative_counts: 2,
      loss_scale: 2,
    });
    const driver = new ScheduleDriver(
      buildParamScheduler(wrapper, { type: 'ExponentialLR', gamma: 0.5, by_epoch: false }),
      wrapper,
    );
    const rates: number[] = [];
    for (const gradient of [1, 1, Number.NaN, 1, 1, 1]) {
      wrapper.updateParams(lossOf(w, gradient));
      driver.afterIteration();
      rates.push(wrapper.getLr().lr?.[0] as number);
    }
    expect(rates).toEqual([1, 0.5, 0.5, 0.5, 0.5, 0.25]);
  });
});

describe('OptimWrapperDict', () => {
  it('holds wrappers under names and leaves updates to them', () => {
    const { w, wrapper } = single();
    const dict = new OptimWrapperDict({ generator: wrapper, discriminator: single().wrapper });
    expect([...dict.keys()]).toEqual(['generator', 'discriminator']);
    expect(dict.getLr()).toEqual({ 'generator.lr': [1], 'discriminator.lr': [1] });
    expect(dict.getMomentum()).toEqual({ 'generator.momentum': [0], 'discriminator.momentum': [0] });
    expect(() => dict.updateParams()).toThrow("call it on a member, such as get('generator').updateParams(loss)");
    expect(() => dict.get('critic')).toThrow('there is no "critic", only generator, discriminator');
    dict.get('generator').updateParams(lossOf(w, 2));
    const copy = new OptimWrapperDict({ generator: single().wrapper, discriminator: single().wrapper });
    copy.loadStateDict(dict.stateDict());
    expect(copy.get('generator').updateCount).toBe(1);
    expect(() => copy.loadStateDict({ critic: dict.get('generator').stateDict() })).toThrow('there is no "critic"');
  });
});

describe('clipped gradients', () => {
  it('are folded into the step, and written back only where that is asked for', () => {
    for (const writes of [false, true]) {
      const { w, wrapper } = single({ clip_grad: { max_norm: 1 } });
      wrapper.writesGradients = writes;
      w.grad = full([1], 4);
      wrapper.step();
      expect(w.item()).toBeCloseTo(9, 5);
      expect((w.grad as Tensor).item()).toBeCloseTo(writes ? 1 : 4, 5);
    }
  });

  it('reach an optimizer that has a step of its own already clipped', () => {
    const w = new nn.Parameter(tensor([10]));
    const seen: unknown[] = [];
    class Own extends optim.SGD {
      override step<T>(): T | undefined {
        seen.push(w.grad?.item());
        return undefined;
      }
    }
    const wrapper = new OptimWrapper({
      optimizer: new Own([w], { lr: 1 }),
      clip_grad: { type: 'value', clip_value: 0.5 },
    });
    wrapper.updateParams(lossOf(w, -3));
    expect(seen).toEqual([-0.5]);
  });
});

describe('arguments of step and zero', () => {
  it('reach the optimizer: a closure for LBFGS, zeros in place of dropped gradients', () => {
    const w = new nn.Parameter(tensor([3, -2]));
    const wrapper = new OptimWrapper({
      optimizer: new optim.LBFGS([w], { lr: 1, max_iter: 10, line_search_fn: 'strong_wolfe' }),
    });
    const closure = () => {
      w.grad = null;
      const loss = w.mul(w).sum();
      loss.backward();
      return loss;
    };
    wrapper.updateParams(w.mul(w).sum(), { closure, setToNone: false });
    for (const value of w.data()) expect(Math.abs(Number(value))).toBeLessThan(1e-4);
    expect(w.grad?.toArray()).toEqual([0, 0]);
  });
});

describe('a step by hand', () => {
  it('works as in MMEngine: scale, backward, step, zero', () => {
    const { w, wrapper } = single({ accumulative_counts: 2 });
    tidy(() => wrapper.backward(wrapper.scaleLoss(lossOf(w, 4))));
    expect((w.grad as Tensor).item()).toBe(2);
    expect(wrapper.shouldUpdate()).toBe(false);
    w.grad = full([1], 1);
    wrapper.step();
    wrapper.zeroGrad();
    expect([w.item(), w.grad]).toEqual([9, null]);
  });

  it('divides by the items of the waiting gradients until they are cleared, however they are', () => {
    for (const clear of ['wrapper', 'model'] as const) {
      const { w, wrapper } = single({ accumulative_counts: 9 });
      for (const items of [1, 3]) wrapper.updateParams(lossOf(w, 2), { items });
      wrapper.step();
      wrapper.step();
      expect(w.item()).toBe(6);
      if (clear === 'wrapper') wrapper.zeroGrad();
      else w.grad = null;
      wrapper.updateParams(lossOf(w, 3));
      wrapper.step();
      expect(w.item()).toBeCloseTo(6 - 3 / 9, 5);
    }
  });

  it('un-scales waiting gradients of a loaded run by the loaded scale', () => {
    const make = (scale: number) => {
      const w = new nn.Parameter(tensor([10]));
      const optimizer = new optim.SGD([w], { lr: 1 });
      const options = { optimizer, accumulative_counts: 2, loss_scale: { init_scale: scale } };
      return { w, wrapper: new AmpOptimWrapper(options) };
    };
    const [first, second] = [make(4), make(64)];
    for (const { w, wrapper } of [first, second]) wrapper.updateParams(lossOf(w, 2));
    second.wrapper.loadStateDict(first.wrapper.stateDict());
    second.w.grad = first.w.grad;
    second.wrapper.updateParams(lossOf(second.w, 4));
    expect(second.w.item()).toBe(7);
  });

  it('un-scales by the scale that the gradients were made with', () => {
    const w = new nn.Parameter(tensor([10]));
    const optimizer = new optim.SGD([w], { lr: 1 });
    const wrapper = new AmpOptimWrapper({ optimizer, loss_scale: { init_scale: 4, growth_interval: 1 } });
    tidy(() => wrapper.backward(lossOf(w, 2)));
    wrapper.step();
    wrapper.step();
    expect([w.item(), wrapper.lossScaler.scale]).toEqual([6, 16]);
    wrapper.zeroGrad();
    wrapper.updateParams(lossOf(w, 2));
    expect(w.item()).toBe(4);
  });

  it('is reported as it was taken; gradients that were written back are not clipped again', () => {
    for (const writes of [false, true]) {
      const { w, wrapper } = single({ clip_grad: { type: 'value', clip_value: 2 }, accumulative_counts: 9 });
      wrapper.writesGradients = writes;
      wrapper.updateParams(lossOf(w, 5), { items: 4 });
      wrapper.step();
      expect(wrapper.gradReport()).toMatchObject(writes ? { before: 2, after: 2 } : { before: 5, after: 2 });
      wrapper.step();
      expect(w.item()).toBe(6);
    }
  });
});
