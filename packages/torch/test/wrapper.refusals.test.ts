/** What a wrapper refuses or leaves out, and that nothing is half done then. */
import { describe, expect, it } from 'vitest';
import {
  AmpOptimWrapper,
  buildOptimWrapper,
  liveTensors,
  nn,
  OptimWrapper,
  OptimWrapperDict,
  optim,
  type Tensor,
  tensor,
} from '../src/index.ts';

const lossOf = (w: Tensor, gradient: number) => w.mul(gradient).sum();

/** One weight 10 at rate 1. */
function single(options: Omit<ConstructorParameters<typeof OptimWrapper>[0], 'optimizer'> = {}) {
  const w = new nn.Parameter(tensor([10]));
  const optimizer = new optim.SGD([{ params: [w], paramNames: ['head.w'] }], { lr: 1, momentum: 0.9 });
  return { w, optimizer, wrapper: new OptimWrapper({ optimizer, ...options }) };
}

describe('on_non_finite', () => {
  it('step, the default, takes the step as MMEngine does', () => {
    const { w, wrapper } = single();
    wrapper.updateParams(lossOf(w, Number.NaN));
    expect([w.item(), wrapper.updateCount]).toEqual([Number.NaN, 1]);
  });

  it.each([undefined, { max_norm: 1 }, { max_norm: 1, error_if_nonfinite: true }, { type: 'value', clip_value: 1 }])(
    'skip leaves parameters and state, clears the gradients and counts no update (clip_grad %j)',
    (clip_grad) => {
      const { w, optimizer, wrapper } = single({ on_non_finite: 'skip', clip_grad: clip_grad as never });
      for (const gradient of [Number.NaN, Number.POSITIVE_INFINITY]) {
        wrapper.updateParams(lossOf(w, gradient));
        expect([w.item(), w.grad, optimizer.state.size, optimizer.stepCount]).toEqual([10, null, 0, 0]);
        expect([wrapper.updateCount, wrapper.innerCount > 0]).toEqual([0, true]);
      }
      wrapper.updateParams(lossOf(w, 1));
      expect([Math.round(Number(w.item())), wrapper.updateCount]).toEqual([9, 1]);
    },
  );

  it('throw names the first parameter, and changes nothing', () => {
    const [a, b] = [new nn.Parameter(tensor([1])), new nn.Parameter(tensor([2]))];
    const optimizer = new optim.SGD([{ params: [a, b], paramNames: ['body.a', 'body.b'] }], { lr: 1 });
    const wrapper = new OptimWrapper({ optimizer, on_non_finite: 'throw', clip_grad: { max_norm: 1 } });
    const loss = () => a.mul(3).add(b.mul(Number.POSITIVE_INFINITY)).sum();
    expect(() => wrapper.updateParams(loss())).toThrow(
      `the gradient of "body.b" is not finite, which on_non_finite: 'throw' refuses`,
    );
    expect([a.item(), b.item(), wrapper.updateCount, optimizer.stepCount]).toEqual([1, 2, 0, 0]);
    expect(wrapper.gradReport().firstNonFinite).toBe('body.b');
    wrapper.zeroGrad();
    wrapper.updateParams(a.mul(0.5).sum());
    expect(a.item()).toBe(0.5);
  });

  it('is a field of the config', () => {
    const config = { optimizer: { type: 'SGD', lr: 1 }, on_non_finite: 'skip' };
    const model = new nn.Linear(1, 1);
    const wrapper = buildOptimWrapper(model, config);
    wrapper.updateParams(model.weight.mul(Number.NaN).sum());
    expect(wrapper.updateCount).toBe(0);
    expect(() => single({ on_non_finite: 'stop' as never })).toThrow('allowed is "step", "skip" or "throw"');
  });

  it('throw leaves overflows of a dynamic scale to the scale', () => {
    for (const [loss_scale, refused] of [
      [{ init_scale: 8 }, false],
      [8, true],
    ] as const) {
      const { w, optimizer } = single();
      const wrapper = new AmpOptimWrapper({ optimizer, loss_scale, on_non_finite: 'throw' });
      const update = () => wrapper.updateParams(lossOf(w, Number.POSITIVE_INFINITY));
      if (refused) expect(update).toThrow('the gradient of "head.w" is not finite');
      else update();
      expect([w.item(), wrapper.lossScaler.scale]).toEqual([10, refused ? 8 : 4]);
    }
  });
});

describe('updateParams', () => {
  it('says what it takes', () => {
    const { w, wrapper } = single();
    expect(() => wrapper.updateParams(1 as never)).toThrow(
      'updateParams takes the loss, a tensor of one value; found 1',
    );
    expect(() => wrapper.update((async () => lossOf(w, 1)) as never)).toThrow('update takes a function that returns');
    expect([w.item(), wrapper.innerCount]).toEqual([10, 0]);
  });
});

describe('update', () => {
  it('runs the loop of an engine without a tape: computes the loss, steps, and returns its value', () => {
    const { w, wrapper } = single({ accumulative_counts: 2 });
    wrapper.update(() => lossOf(w, 4));
    const before = liveTensors();
    expect(wrapper.update(() => lossOf(w, 2), { setToNone: true })).toBe(20);
    expect([w.item(), wrapper.updateCount, wrapper.innerCount]).toEqual([7, 1, 2]);
    // The optimizer's momentum is all that stays.
    expect(liveTensors() - before).toBeLessThanOrEqual(1);
    expect(wrapper.update(() => lossOf(w, 3), { items: 2 })).toBe(21);
  });
});

describe('gradReport', () => {
  it('leaves out what freeze_until holds back, as the step does', () => {
    for (const records of [false, true]) {
      const [a, b] = [new nn.Parameter(tensor([0])), new nn.Parameter(tensor([0]))];
      const optimizer = new optim.SGD([{ params: [a] }, { params: [b], freeze_until: 1 }], { lr: 1 });
      const wrapper = new OptimWrapper({ optimizer, clip_grad: { max_norm: 1 } });
      wrapper.recordGradReport = records;
      a.grad = tensor([2]);
      b.grad = tensor([1000]);
      const check = () => {
        const { before, after, groups } = wrapper.gradReport();
        expect(before).toBeCloseTo(2, 5);
        expect(after).toBeCloseTo(1, 5);
        expect(groups[0]?.after).toBeCloseTo(1, 5);
        expect(groups[1]).toMatchObject({ before: undefined, after: undefined });
      };
      check();
      wrapper.step();
      expect(wrapper.lastGradNorm).toBeCloseTo(2, 5);
      expect(a.item()).toBeCloseTo(-1, 5);
      // The step has let the second group go; what it did is still told.
      check();
    }
  });
});

describe('OptimWrapperDict.step', () => {
  const sparse = () => {
    const embedding = new nn.Embedding(4, 2, { sparse: true });
    const wrapper = new OptimWrapper({ optimizer: new optim.Adam(embedding.parameters()) });
    embedding
      .forward(tensor([1], { dtype: 'int64' }))
      .sum()
      .backward();
    return wrapper;
  };
  const infinite = (options: object) => {
    const { w, wrapper } = single(options);
    wrapper.backward(lossOf(w, Number.POSITIVE_INFINITY));
    return wrapper;
  };

  it.each([
    ['a sparse gradient', sparse, 'sparse gradient'],
    ['an infinite norm', () => infinite({ clip_grad: { max_norm: 1, error_if_nonfinite: true } }), 'total norm'],
    ['an infinite gradient', () => infinite({ on_non_finite: 'throw' }), '"head.w" is not finite'],
  ])('steps none where one refuses: %s', (_, second, message) => {
    const { w, optimizer, wrapper } = single();
    wrapper.backward(lossOf(w, 2));
    const dict = new OptimWrapperDict({ generator: wrapper, discriminator: second() });
    expect(() => dict.step()).toThrow(message);
    expect([w.item(), wrapper.updateCount, optimizer.state.size]).toEqual([10, 0, 0]);
  });
});

describe('initializeCountStatus', () => {
  it('takes whole numbers, and says which', () => {
    const { wrapper } = single();
    const model = new nn.Linear(1, 1);
    expect(() => wrapper.initializeCountStatus(model, Number.NaN, 'x' as never)).toThrow(
      'initializeCountStatus: initCounts is NaN; allowed is a whole number from 0 up',
    );
    expect(() => wrapper.initializeCountStatus(model, 0, 'x' as never)).toThrow('maxCounts is "x"; allowed is');
    expect(wrapper.innerCount).toBe(0);
  });
});

it('counters that are none are refused before anything is loaded', () => {
  const { w, wrapper } = single();
  wrapper.updateParams(lossOf(w, 1));
  const dict = wrapper.stateDict();
  const counters = { ...dict.counters!, inner_count: Number.NaN };
  expect(() => wrapper.loadStateDict({ ...dict, counters })).toThrow(
    'counters.inner_count must be a whole number from 0 up, not NaN',
  );
  expect(wrapper.innerCount).toBe(1);
});
