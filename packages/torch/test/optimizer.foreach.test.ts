/** The path that steps many parameters at once with tensor operators: on the CPU, and on a device that is not the CPU. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { callOperator } from '../src/dispatch.ts';
import {
  type Dtype,
  liveTensors,
  manualSeed,
  nn,
  ops,
  optim,
  randn,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from '../src/index.ts';
import { OPTIMIZERS_BY_NAME } from './support/optimizers.ts';

vi.mock('../src/dispatch.ts', async (original) => {
  const dispatch = await original<typeof import('../src/dispatch.ts')>();
  return { ...dispatch, callOperator: vi.fn(dispatch.callOperator) };
});

beforeEach(() => void vi.mocked(callOperator).mockClear());

/** Calls of `_foreach_` operators since the test began: name and number of tensors. */
const foreachCalls = () =>
  vi.mocked(callOperator).mock.calls.map(([name, list]) => `${name.slice(6)} ${(list as unknown[]).length}`);

const parameter = (shape: number[], dtype: Dtype = 'float32') => new nn.Parameter(randn(shape).to(dtype));
const meta = (shape: number[], dtype: Dtype = 'float32') => new nn.Parameter(zeros(shape, { dtype, device: 'meta' }));
const valuesOf = (param: Tensor) => [...(param.detach().to('float64').data() as Float64Array)];

/** An optimizer, and the function by which it steps a list. */
function spied(name: string, groups: optim.ParamsInput, settings: optim.Settings = {}, path?: optim.StepPath) {
  const { algorithm } = new OPTIMIZERS_BY_NAME[name]!([parameter([1, 1])]);
  const reference = vi.fn(algorithm.reference);
  const optimizer = new optim.Optimizer({ ...algorithm, reference }, groups, settings, { path });
  return { optimizer, reference };
}

function step(optimizer: optim.Optimizer, reading?: Parameters<optim.Optimizer['step']>[1]): void {
  tidy(() => {
    for (const { params } of optimizer.paramGroups)
      for (const param of params) param.grad = randn(param.shape).to(param.device, param.dtype);
    optimizer.step(undefined, reading);
  });
}

/** Element-wise optimizers, with settings that use all of their state. */
const ELEMENTWISE: Record<string, optim.Settings> = {
  SGD: { momentum: 0.9, nesterov: true, weight_decay: 0.1 },
  Adam: { amsgrad: true, weight_decay: 0.1 },
  AdamW: { maximize: true },
  Adamax: { weight_decay: 0.1 },
  NAdam: { decoupled_weight_decay: true, weight_decay: 0.1 },
  RAdam: { betas: [0.5, 0.6] },
  Adagrad: { lr_decay: 0.1, initial_accumulator_value: 1 },
  Adadelta: { weight_decay: 0.1 },
  RMSprop: { momentum: 0.9, centered: true },
  Rprop: {},
  ASGD: { t0: 1 },
  Lion: { weight_decay: 0.1 },
};

it('the table has every optimizer with a kernel', () => {
  const withKernel = Object.keys(OPTIMIZERS_BY_NAME).filter(
    (name) => spied(name, [parameter([1, 1])]).optimizer.algorithm.kernel,
  );
  expect(withKernel).toEqual(Object.keys(ELEMENTWISE));
});

describe('parameters alike', () => {
  it('are stepped by one call of each operator', () => {
    const params = [parameter([2, 3]), parameter([4]), parameter([])];
    step(new optim.AdamW(params, { weight_decay: 0.1 }, { path: 'foreach' }));
    expect(foreachCalls()).toEqual(
      ['mul_', 'mul_', 'add_', 'mul_', 'addcmul_', 'sqrt', 'div_', 'add_', 'addcdiv_'].map(
        (name) => `_foreach_${name} 3`,
      ),
    );
  });

  it('take no `_foreach_` operator on the other paths, nor where there is only one', () => {
    for (const path of ['kernel', 'operators'] as const)
      step(new optim.AdamW([parameter([2]), parameter([3])], {}, { path }));
    step(new optim.AdamW([parameter([2])], {}, { path: 'foreach' }));
    expect(foreachCalls()).toEqual([]);
  });

  it('are those of equal settings, dtype and device', () => {
    const [a, b, c] = [parameter([2]), parameter([3]), parameter([4])];
    const other = [parameter([2]), parameter([2], 'float64'), meta([2]), meta([3])];
    const groups = [{ params: [a, b] }, { params: [c], lr: 0.5 }, { params: other }];
    const { optimizer, reference } = spied('Adam', groups, {}, 'foreach');
    step(optimizer);
    // a, b and the first of the others; c; float64; meta.
    expect(reference).toHaveBeenCalledTimes(4);
    reference.mockClear();
    optimizer.path = 'operators';
    step(optimizer);
    expect(reference).toHaveBeenCalledTimes(7);
  });

  it.each([
    ['Adam', 2],
    ['SGD', 1],
  ])('are those of different numbers of steps only where that makes no difference: %s', (name, lists) => {
    const run = (path: optim.StepPath) => {
      manualSeed(4);
      const [early, late] = [
        [parameter([2]), parameter([3])],
        [parameter([2]), parameter([3])],
      ];
      const groups = [{ params: early }, { params: late, freeze_until: 2 }];
      const { optimizer, reference } = spied(name, groups, ELEMENTWISE[name], path);
      for (let i = 0; i < 4; i++) step(optimizer);
      reference.mockClear();
      step(optimizer);
      return { values: [...early, ...late].map(valuesOf), calls: reference.mock.calls.length };
    };
    const [together, each] = [run('foreach'), run('operators')];
    expect([together.calls, each.calls]).toEqual([lists, 4]);
    expect(together.values).toEqual(each.values);
  });

  it('come in lists of limited size: what they take besides their state is of the size of a list', () => {
    const params = Array.from({ length: 3 }, () => meta([2 ** 25]));
    const { optimizer, reference } = spied('SGD', params);
    for (const param of params) param.grad = zeros([2 ** 25], { device: 'meta' });
    optimizer.step();
    expect(reference).toHaveBeenCalledTimes(2);
  });
});

describe('an operator that libtorch does not have for lists', () => {
  it('is asked for once, and called for each tensor', () => {
    const run = (path: optim.StepPath) => {
      manualSeed(1);
      const params = [parameter([2]), parameter([3])];
      const optimizer = new optim.Rprop(params, {}, { path });
      for (let i = 0; i < 3; i++) step(optimizer);
      return params.map(valuesOf);
    };
    expect(run('foreach')).toEqual(run('operators'));
    expect(foreachCalls().filter((call) => call === '_foreach_clamp_ 2').length).toBe(1);
    expect(foreachCalls().filter((call) => call === '_foreach_addcmul_ 2').length).toBe(3);
  });

  it('is told by arguments too', () => {
    const { algorithm } = new optim.SGD([parameter([1])]);
    const reference: optim.Algorithm['reference'] = (_, { param, grad }) =>
      void param
        .add_(grad.maximum(tensor(0)).mul_(tensor(0.5)), { alpha: -1 })
        .add_(1, { alpha: 2 })
        .round_({ decimals: 2 });
    const run = (path: optim.StepPath) => {
      manualSeed(5);
      const params = [parameter([2]), parameter([3])];
      step(new optim.Optimizer({ ...algorithm, reference }, params, {}, { path }));
      return params.map(valuesOf);
    };
    expect(run('foreach')).toEqual(run('operators'));
    expect(foreachCalls()).toEqual(['maximum', 'mul_', 'add_', 'add_', 'round_'].map((name) => `_foreach_${name} 2`));
  });

  it('is not confused with one that failed', () => {
    const params = [parameter([2]), parameter([3])];
    vi.mocked(callOperator).mockImplementationOnce(() => {
      throw new Error('aten::_foreach_add_.List: out of memory');
    });
    expect(() => step(new optim.SGD(params, {}, { path: 'foreach' }))).toThrow('out of memory');
  });
});

describe('lists step as parameters do one by one', () => {
  for (const [name, settings] of Object.entries(ELEMENTWISE))
    it.each(['float32', 'bfloat16'] as const)(`${name}, %s, un-scaled, clipped, one without elements`, (dtype) => {
      const run = (path: optim.StepPath) => {
        manualSeed(2);
        const params = [
          parameter([3, 2], dtype),
          parameter([0, 2], dtype),
          parameter([4], dtype),
          parameter([], dtype),
        ];
        const optimizer = new OPTIMIZERS_BY_NAME[name]!(params, settings, { path });
        for (let i = 0; i < 4; i++) step(optimizer, { factor: 0.5, limit: 0.3 });
        const slots = params.flatMap((param) => Object.values(optimizer.state.get(param)!.slots));
        return [...params, ...slots].map(valuesOf);
      };
      const [lists, each] = [run('foreach'), run('operators')];
      expect(foreachCalls().length).toBeGreaterThan(0);
      expect(lists).toEqual(each);
    });

  it.each(['SGD', 'Adagrad'])('%s, with sparse gradients', (name) => {
    const run = (path: optim.StepPath) => {
      manualSeed(3);
      const tables = [parameter([5, 2]), parameter([4, 2])];
      const optimizer = new OPTIMIZERS_BY_NAME[name]!(tables, { lr: 0.1, weight_decay: 0.1 }, { path });
      for (const table of tables) {
        const rows = tensor([1, 3, 1], { dtype: 'int64' });
        ops.embedding(table, rows, -1, false, true).square().sum().backward();
      }
      optimizer.step();
      return tables.map(valuesOf);
    };
    const [lists, each] = [run('foreach'), run('operators')];
    expect(foreachCalls().length).toBeGreaterThan(0);
    expect(lists).toEqual(each);
  });

  it.each(Object.keys(ELEMENTWISE))('%s, and leave no tensors behind', (name) => {
    tidy(() => {
      const params = [parameter([3, 2]), parameter([4], 'float16'), parameter([2], 'float16')];
      const optimizer = new OPTIMIZERS_BY_NAME[name]!(params, ELEMENTWISE[name], { path: 'foreach' });
      for (let i = 0; i < 2; i++) step(optimizer);
      const before = liveTensors();
      for (let i = 0; i < 10; i++) step(optimizer);
      expect(liveTensors()).toBe(before);
    });
  });
});

/** libtorch 1.13 has no `abs` for the meta device, which Adamax needs. */
function hasAbsOnMeta(): boolean {
  try {
    return meta([1]).abs().device === 'meta';
  } catch {
    return false;
  }
}

describe('parameters on another device', () => {
  const able = Object.entries(ELEMENTWISE).filter(([name]) => name !== 'Adamax' || hasAbsOnMeta());
  for (const [name, settings] of able)
    it.each(['float32', 'bfloat16'] as const)(`take lists by themselves: ${name}, %s`, (dtype) => {
      const params = [meta([3, 2], dtype), meta([0], dtype), meta([4], dtype)];
      const { optimizer, reference } = spied(name, params, settings);
      expect(optimizer.path).toBe('kernel');
      for (let i = 0; i < 3; i++) step(optimizer, { factor: 0.5, limit: 1 });
      expect(reference).toHaveBeenCalledTimes(3);
      for (const param of params) {
        const { step, slots } = optimizer.state.get(param)!;
        expect(step).toBe(3);
        expect(Object.keys(slots)).toEqual(Object.keys(optimizer.algorithm.slots(optimizer.defaults, param.shape)));
        for (const tensor of [param, ...Object.values(slots)])
          expect([tensor.device, tensor.dtype, tensor.shape]).toEqual(['meta', dtype, param.shape]);
      }
    });

  it('leave those on the CPU to the kernel', () => {
    const [here, there] = [parameter([2]), meta([2])];
    const { optimizer, reference } = spied('AdamW', [here, there]);
    const before = valuesOf(here);
    step(optimizer);
    expect(reference.mock.calls.map(([, { param }]) => param)).toEqual([there]);
    expect(valuesOf(here)).not.toEqual(before);
  });

  it('refuse state that lies elsewhere, by name', () => {
    const params = [meta([2]), meta([2])];
    const optimizer = new optim.AdamW(params);
    step(optimizer);
    optimizer.state.get(params[1]!)!.slots.exp_avg = zeros([2]);
    expect(() => step(optimizer)).toThrow(
      'AdamW: group 0, parameter 1 has optimizer state that does not fit it: ' +
        'expected float32 of shape [2] on meta for exp_avg, found float32 of shape [2]',
    );
    expect(optimizer.stepCount).toBe(1);
  });
});

it('a reference that asks many tensors for what has no one answer is told so', () => {
  const { algorithm } = new optim.SGD([parameter([1])]);
  const asking = (reference: optim.Algorithm['reference']) => {
    const optimizer = new optim.Optimizer(
      { ...algorithm, reference },
      [parameter([1]), parameter([1])],
      {},
      { path: 'foreach' },
    );
    return () => step(optimizer);
  };
  const told = 'it can call methods that give a tensor, not';
  expect(asking((_, { param }) => void param.shape)).toThrow(`${told} shape`);
  expect(asking((_, { param, grad }) => void param.mul_(Number(grad.sum().item())))).toThrow(`${told} item`);
  expect(asking((_, { grad }) => void grad.split(1))).toThrow(`${told} split`);
  expect(asking((_, { grad }) => void grad.isNonzero())).toThrow(`${told} isNonzero`);
});
