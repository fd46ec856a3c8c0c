/** Closures, and optimizers that wrap the step of another: how gradients are read comes after what made them. */
import { describe, expect, it } from 'vitest';
import { AmpOptimWrapper, full, OptimWrapper, optim, type Tensor, tensor } from '../src/index.ts';

/** One parameter p = 0, and a closure whose gradient is given. */
function atZero() {
  const p = tensor([0], { requiresGrad: true });
  const optimizer = new optim.SGD([p], { lr: 1 });
  const closure = (gradient = 1) => {
    optimizer.zeroGrad();
    p.mul(gradient).sum().backward();
  };
  return { p, optimizer, closure };
}

const lossOf = (p: Tensor, gradient = 1) => p.mul(gradient).sum();

describe('a closure', () => {
  it('is refused where losses are scaled, and before anything has happened', () => {
    const { p, optimizer, closure } = atZero();
    const wrapper = new AmpOptimWrapper({ optimizer });
    expect(() => wrapper.updateParams(lossOf(p), { closure })).toThrow(
      'a closure cannot be given where losses are scaled: it makes gradients that carry no scale; set loss_scale: { enabled: false }',
    );
    expect(() => wrapper.step({ closure })).toThrow('where losses are scaled');
    expect([p.item(), p.grad, wrapper.innerCount]).toEqual([0, null, 0]);
  });

  it('steps with its own gradient where scaling is disabled', () => {
    const { p, optimizer, closure } = atZero();
    new AmpOptimWrapper({ optimizer, loss_scale: { enabled: false } }).updateParams(lossOf(p), { closure });
    expect(p.item()).toBe(-1);
  });

  it('is refused where losses are weighed', () => {
    const { p, optimizer, closure } = atZero();
    const wrapper = new OptimWrapper({ optimizer, accumulative_counts: 2 });
    expect(() => wrapper.updateParams(lossOf(p), { items: 8, closure })).toThrow('weighed by `items`');
    wrapper.updateParams(lossOf(p), { items: 8 });
    expect(() => wrapper.step({ closure })).toThrow('leave `items` out');
    expect([p.item(), wrapper.innerCount]).toEqual([0, 1]);
  });

  it('has its own gradients clipped, not measured by those before it', () => {
    const { p, optimizer, closure } = atZero();
    const wrapper = new OptimWrapper({ optimizer, clip_grad: { max_norm: 1 } });
    wrapper.updateParams(lossOf(p), { closure: () => closure(50) });
    expect(p.item()).toBeCloseTo(-1, 6);
    expect(wrapper.lastGradNorm).toBe(50);
  });

  it('has them clipped for an optimizer that asks for them several times', () => {
    const p = tensor([3, -2], { requiresGrad: true });
    const norms: number[] = [];
    const optimizer = new optim.LBFGS([p], { lr: 0.1, max_iter: 3 });
    const wrapper = new OptimWrapper({ optimizer, clip_grad: { max_norm: 0.5 } });
    const watched = optimizer.step.bind(optimizer);
    optimizer.step = (closure) =>
      watched(() => {
        const loss = (closure as () => never)();
        norms.push(Math.hypot(...[...(p.grad as Tensor).data()].map(Number)));
        return loss;
      });
    const closure = () => {
      p.grad = null;
      const loss = p.mul(p).sum();
      loss.backward();
      return loss;
    };
    wrapper.updateParams(p.mul(p).sum(), { closure });
    expect(norms.length).toBeGreaterThan(1);
    for (const norm of norms) expect(norm).toBeCloseTo(0.5, 5);
  });

  it('whose gradients are not finite can be skipped', () => {
    const { p, optimizer, closure } = atZero();
    const wrapper = new OptimWrapper({ optimizer, on_non_finite: 'skip' });
    wrapper.updateParams(lossOf(p), { closure: () => closure(Number.NaN) });
    expect([p.item(), p.grad, optimizer.stepCount, wrapper.updateCount]).toEqual([0, null, 0, 0]);
  });
});

describe('a step around the step of an optimizer', () => {
  /** What it adds is no matter of gradients: an average of the parameters, say. */
  class Averaging extends optim.SGD {
    steps = 0;
    override step<T>(...[closure, reading]: Parameters<optim.Optimizer['step']>): T | undefined {
      this.steps++;
      return super.step(closure, reading) as T | undefined;
    }
    override get readsGradients(): boolean {
      return true;
    }
  }
  class Handing extends optim.SGD {
    override step<T>(closure?: () => T, reading?: Parameters<optim.Optimizer['step']>[1]): T | undefined {
      return super.step(closure, reading);
    }
  }
  class Forgetting extends optim.SGD {
    override step<T>(closure?: () => T, _reading?: unknown): T | undefined {
      return super.step(closure);
    }
  }

  it.each([
    ['says so', Averaging],
    ['takes the reading', Handing],
  ])('keeps clipping folded in where it %s', (_, Made) => {
    const w = tensor([10], { requiresGrad: true });
    const wrapper = new OptimWrapper({ optimizer: new Made([w], { lr: 1 }), clip_grad: { max_norm: 1 } });
    w.grad = full([1], 4);
    wrapper.step();
    expect(w.item()).toBeCloseTo(9, 5);
    expect((w.grad as Tensor).item()).toBe(4);
  });

  it('does not go without clipping unnoticed', () => {
    const w = tensor([10], { requiresGrad: true });
    const wrapper = new OptimWrapper({ optimizer: new Forgetting([w], { lr: 1 }), clip_grad: { max_norm: 1 } });
    w.grad = full([1], 4);
    expect(() => wrapper.step()).toThrow('its step never asked how');
  });

  it('is asked for nothing but what SteppingOptimizer says', () => {
    const w = tensor([10], { requiresGrad: true });
    const inner = new optim.SGD([w], { lr: 1 });
    const sharded: optim.SteppingOptimizer = {
      paramGroups: inner.paramGroups,
      defaults: inner.defaults,
      readsGradients: true,
      step: (closure, reading) => inner.step(closure, reading),
      zeroGrad: (setToNone) => inner.zeroGrad(setToNone),
      stateDict: () => inner.stateDict(),
      loadStateDict: (dict) => inner.loadStateDict(dict),
      activeParams: () => inner.activeParams(),
    };
    const wrapper = new OptimWrapper({ optimizer: sharded, clip_grad: { type: 'value', clip_value: 2 } });
    wrapper.updateParams(lossOf(w, 5));
    expect([w.item(), wrapper.updateCount]).toEqual([8, 1]);
    wrapper.loadStateDict(wrapper.stateDict());
  });
});
