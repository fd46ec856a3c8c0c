/** Edges of a step: what was kept by earlier versions, what a subclass does itself, what is released when a closure throws. */
import { describe, expect, it } from 'vitest';
import {
  liveTensors,
  nn,
  noGrad,
  OptimWrapper,
  OptimWrapperDict,
  optim,
  type Tensor,
  tensor,
  tidy,
} from '../src/index.ts';

const weightOf = (param: Tensor) => tidy(() => Array.from(param.detach().data() as Float32Array));

describe('a state of an earlier version', () => {
  it.each([312.5, Number.POSITIVE_INFINITY])(
    'with max_counts %s is loaded, as a run of a length not known',
    (max_counts) => {
      const wrapper = new OptimWrapper({ optimizer: new optim.SGD([tensor([1], { requiresGrad: true })]) });
      const dict = wrapper.stateDict();
      wrapper.loadStateDict({ ...dict, counters: { ...dict.counters!, inner_count: 3, max_counts } });
      expect(wrapper.stateDict().counters).toMatchObject({ inner_count: 3, max_counts: -1 });
    },
  );

  it('of a run of LBFGS that diverged is loaded', () => {
    const param = tensor([1, 2], { requiresGrad: true });
    const optimizer = new optim.LBFGS([param], { lr: 1e30 });
    for (let i = 0; i < 2; i++)
      optimizer.step(() => {
        optimizer.zeroGrad();
        const loss = param.pow(4).sum();
        loss.backward();
        return loss;
      });
    expect(() => optimizer.loadStateDict(optimizer.stateDict())).not.toThrow();
  });
});

describe('several wrappers that step together', () => {
  it('leave to an optimizer with a step of its own what it takes', () => {
    let steps = 0;
    class OwnStep extends optim.Adam {
      override step<T>(closure?: () => T): T | undefined {
        steps++;
        return closure?.();
      }
    }
    const embedding = new nn.Embedding(4, 2, { sparse: true });
    const own = new OptimWrapper({ optimizer: new OwnStep(embedding.parameters()) });
    const other = new OptimWrapper({ optimizer: new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 }) });
    tidy(() => own.backward(embedding.forward(tensor([1, 2], { dtype: 'int64' })).sum()));
    new OptimWrapperDict({ own, other }).step();
    expect(steps).toBe(1);
  });
});

describe('a closure that makes a loss which is not finite', () => {
  const run = (line_search_fn: string | null) => {
    const param = tensor([1, 2], { requiresGrad: true });
    const optimizer = new optim.LBFGS([param], { history_size: 1, lr: 0.1, line_search_fn });
    const wrapper = new OptimWrapper({ optimizer, on_non_finite: 'throw' });
    const step = () => {
      let evaluations = 0;
      wrapper.step({
        closure: () => {
          wrapper.zeroGrad();
          const loss = tidy(() =>
            param
              .pow(2)
              .sum()
              .mul(++evaluations === 2 ? Number.NaN : 1),
          );
          loss.backward();
          return loss;
        },
      });
    };
    return { param, step };
  };

  it('is refused, and the error says that parameters may have moved', () => {
    const { param, step } = run(null);
    const before = weightOf(param);
    expect(step).toThrow('parameters may have moved');
    expect(weightOf(param)).not.toEqual(before);
  });

  it.each([null, 'strong_wolfe'])('leaves no tensor behind, line search %s', (search) => {
    const { step } = run(search);
    const counts = Array.from({ length: 6 }, () => {
      tidy(() => expect(step).toThrow());
      return liveTensors();
    });
    expect(counts.at(-1)! - counts[2]!).toBe(0);
  });
});

it('the slots of an algorithm of one’s own are asked with the shape, however the parameter is declared', () => {
  const Rows = optim.defineOptimizer({
    name: 'RowsByDefault',
    defaults: { lr: 0.1 },
    rules: {},
    slots: (_settings, shape = []): Record<string, number | number[]> =>
      shape.length > 1 ? { row: [shape[0]!] } : { value: 0 },
    reference: (settings, { param, grad }) => void param.add_(grad, { alpha: -Number(settings.lr) }),
  });
  const param = tensor(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    { requiresGrad: true },
  );
  const optimizer = new Rows([param]);
  param.sum().backward();
  optimizer.step();
  const dict = optimizer.stateDict();
  expect((dict.state[0]!.row as Tensor).shape).toEqual([3]);
  expect(() => noGrad(() => optimizer.loadStateDict(dict))).not.toThrow();
});
