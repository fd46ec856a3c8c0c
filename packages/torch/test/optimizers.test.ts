/** What holds for every optimizer: one table over all of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Dtype,
  liveTensors,
  manualSeed,
  OPTIMIZERS,
  ops,
  optim,
  rand,
  randn,
  type Tensor,
  tensor,
  tidy,
} from '../src/index.ts';
import { OPTIMIZERS_BY_NAME, PATHS } from './support/optimizers.ts';

const rate = fc.constantFrom(1e-3, 1e-2, 0.05);
const decay = fc.constantFrom(0, 1e-2, 0.2);
const flag = fc.boolean();
const betas = fc.constantFrom([0.9, 0.999], [0.5, 0.9], [0, 0.99]);
const common = { lr: rate, weight_decay: decay, maximize: flag };
const momentum = fc.constantFrom(
  { momentum: 0 },
  { momentum: 0.9 },
  { momentum: 0.9, nesterov: true },
  { momentum: 0.8, dampening: 0.3 },
);

/** Settings that reach every branch of each element-wise optimizer. */
const OPTIONS: Record<string, fc.Arbitrary<optim.Settings>> = {
  SGD: fc.tuple(fc.record(common), momentum).map(([first, second]) => ({ ...first, ...second })),
  Adam: fc.record({ ...common, betas, amsgrad: flag, decoupled_weight_decay: flag }),
  AdamW: fc.record({ ...common, betas, amsgrad: flag }),
  Adamax: fc.record({ ...common, betas }),
  NAdam: fc.record({ ...common, betas, momentum_decay: fc.constantFrom(4e-3, 0.1), decoupled_weight_decay: flag }),
  RAdam: fc.record({ ...common, betas, decoupled_weight_decay: flag }),
  Adagrad: fc.record({
    ...common,
    lr_decay: fc.constantFrom(0, 0.1),
    initial_accumulator_value: fc.constantFrom(0, 1),
  }),
  Adadelta: fc.record({ ...common, lr: fc.constantFrom(0.1, 1), rho: fc.constantFrom(0.8, 0.9) }),
  RMSprop: fc.record({
    ...common,
    alpha: fc.constantFrom(0.9, 0.99),
    momentum: fc.constantFrom(0, 0.9),
    centered: flag,
  }),
  Rprop: fc.record({ lr: rate, maximize: flag, etas: fc.constantFrom([0.5, 1.2], [0.4, 1.3]) }),
  ASGD: fc.record({ ...common, lambd: fc.constantFrom(1e-4, 1e-2), t0: fc.constantFrom(1e6, 5) }),
  Lion: fc.record({ ...common, betas }),
};

const dtypes = ['float32', 'float64', 'bfloat16', 'float16'] as const;

/** Relative to 1 or to the value; half types may round a sum to either neighbour. */
const TOLERANCE: Partial<Record<Dtype, number>> = {
  float32: 1e-6,
  float64: 1e-12,
  bfloat16: 2 ** -6,
  float16: 2 ** -9,
};

const shape = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 });
const layout = fc.constantFrom('plain', 'transposed', 'view', 'transposed view');

/** A leaf of this shape whose memory is laid out in this way. */
function leaf(sizes: number[], how: string, dtype: Dtype): Tensor {
  const isTurned = how.startsWith('transposed');
  const stored = isTurned ? [...sizes].reverse() : sizes;
  const dims = stored.map((_, i) => stored.length - 1 - i);
  let made = randn(how.endsWith('view') ? [...stored, 2] : stored).to(dtype);
  if (how.endsWith('view')) made = made.select(stored.length, 1);
  return (isTurned ? made.permute(dims) : made).detach().requiresGrad_();
}

/** Away from 0, whose square float16 cannot hold. */
const gradientLike = (param: Tensor): Tensor =>
  tidy(() => randn(param.shape).sign().mul(rand(param.shape).add(0.5)).to(param.dtype));

function runSteps(optimizer: optim.Optimizer, params: readonly Tensor[], steps: number): void {
  for (let step = 0; step < steps; step++)
    tidy(() => {
      for (const param of params) param.grad = gradientLike(param);
      optimizer.step();
    });
}

const valuesOf = (param: Tensor) => Array.from(param.detach().to('float64').data() as Float64Array);

function largestDifference(found: readonly number[], expected: readonly number[]): number {
  const differences = found.map((value, i) =>
    Object.is(value, expected[i]) ? 0 : Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!)),
  );
  return Math.max(0, ...differences.map((each) => (Number.isNaN(each) ? Number.POSITIVE_INFINITY : each)));
}

describe('all paths agree over 100 steps', () => {
  it('for every optimizer that has a kernel', () => {
    const withKernel = Object.entries(OPTIMIZERS_BY_NAME).filter(
      ([, made]) => new made([leaf([1, 1], 'plain', 'float32')]).algorithm.kernel,
    );
    expect(withKernel.map(([name]) => name)).toEqual(Object.keys(OPTIONS));
    expect(withKernel.length).toBe(12);
  });

  for (const [name, options] of Object.entries(OPTIONS))
    for (const dtype of dtypes)
      it(`${name}, ${dtype}`, () => {
        const parameters = fc.array(fc.tuple(shape, layout), { minLength: 1, maxLength: 3 });
        const property = fc.property(options, parameters, fc.nat(1000), (settings, leaves, seed) => {
          // The difference of two rounded numbers is anything.
          if (settings.centered && TOLERANCE[dtype]! > 1e-5) return;
          const [kernel, ...others] = PATHS.map((path) =>
            tidy(() => {
              manualSeed(seed);
              const params = leaves.map(([sizes, how]) => leaf(sizes, how, dtype));
              const optimizer = new OPTIMIZERS_BY_NAME[name]!(params, settings, { path });
              runSteps(optimizer, params, 100);
              return params.map(valuesOf);
            }),
          );
          for (const other of others)
            for (const [i, values] of kernel!.entries())
              expect(largestDifference(values, other[i]!)).toBeLessThanOrEqual(TOLERANCE[dtype]!);
        });
        fc.assert(property, { seed: 7, numRuns: 10 });
      });
});

/** One run of an optimizer: a model, and how a step of it is made. */
interface Run {
  params: Tensor[];
  optimizer: optim.Optimizer;
  step: (seed: number) => void;
}

const TWO_GROUPS = { NAdam: { lr: 0.01 }, Muon: { nesterov: false } } as Record<string, optim.Settings>;

function denseRun(name: string): Run {
  const params = [leaf([4, 3], 'plain', 'float32'), leaf([3, 2, 2], 'transposed', 'float32')];
  if (name !== 'Muon') params.push(leaf([5], 'plain', 'float32'));
  const optimizer = new OPTIMIZERS_BY_NAME[name]!(
    [{ params: params.slice(1) }, { params: params.slice(0, 1), ...TWO_GROUPS[name] }],
    ['SGD', 'LARS', 'RMSprop'].includes(name) ? { momentum: 0.9, lr: 0.01 } : {},
  );
  const step = (seed: number) => {
    manualSeed(seed);
    runSteps(optimizer, params, 1);
  };
  return { params, optimizer, step };
}

function sparseRun(): Run {
  const table = leaf([6, 3], 'plain', 'float32');
  const optimizer = new optim.SparseAdam([table], { lr: 0.1 });
  const step = (seed: number) =>
    tidy(() => {
      optimizer.zeroGrad();
      const rows = tensor([seed % 6, (seed + 2) % 6, seed % 6], { dtype: 'int64' });
      ops.embedding(table, rows, -1, false, true).square().sum().backward();
      optimizer.step();
    });
  return { params: [table], optimizer, step };
}

function lbfgsRun(): Run {
  const params = [leaf([3, 2], 'plain', 'float32'), leaf([4], 'plain', 'float32')];
  const settings = { max_iter: 3, history_size: 4, line_search_fn: 'strong_wolfe', tolerance_grad: 0 };
  const optimizer = new optim.LBFGS(params, { ...settings, tolerance_change: 0 });
  const step = () => {
    optimizer.step(() => {
      optimizer.zeroGrad();
      const [a, b] = params.map((param) => param.sub(1).square());
      const loss = a!
        .mul(a!.add(1))
        .sum()
        .add(b!.mul(b!.add(3)).sum());
      loss.backward();
      return loss.item();
    });
  };
  return { params, optimizer, step };
}

const RUNS: Record<string, () => Run> = {
  ...Object.fromEntries(Object.keys(OPTIMIZERS_BY_NAME).map((name) => [name, () => denseRun(name)])),
  SparseAdam: sparseRun,
  LBFGS: lbfgsRun,
};

describe('every optimizer', () => {
  it('is registered for configs, and in this table', () => {
    // Which steps by one of the others, and needs a run: test/distributed.
    const apart = 'ZeroRedundancyOptimizer';
    const registered = OPTIMIZERS.names().filter((name) => name in optim && name !== apart);
    expect([...registered].sort()).toEqual(Object.keys(RUNS).sort());
    expect(registered.length).toBe(18);
  });

  for (const [name, start] of Object.entries(RUNS)) {
    it(`${name} continues bit for bit from its state dict`, () => {
      tidy(() => {
        manualSeed(1);
        const first = start();
        for (let step = 0; step < 5; step++) first.step(step);
        const second = start();
        for (const [i, param] of second.params.entries()) param.setData(first.params[i]!.detach().clone());
        second.optimizer.loadStateDict(first.optimizer.stateDict());
        expect(second.optimizer.stepCount).toBe(5);
        for (let step = 5; step < 10; step++) for (const run of [first, second]) run.step(step);
        for (const [i, param] of second.params.entries()) {
          expect([...param.data()]).toEqual([...first.params[i]!.data()]);
          expect(param.isfinite().all().item()).toBe(true);
        }
      });
    });

    it(`${name} holds no more tensors after many steps`, () => {
      tidy(() => {
        manualSeed(2);
        const run = start();
        for (let step = 0; step < 8; step++) tidy(() => run.step(step));
        const before = liveTensors();
        for (let step = 0; step < 30; step++) tidy(() => run.step(step));
        expect(liveTensors()).toBe(before);
      });
    });
  }
});
