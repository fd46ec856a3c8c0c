import { describe, expect, it } from 'vitest';
import {
  buildOptimWrapper,
  full,
  nn,
  OPTIM_WRAPPERS,
  OPTIMIZERS,
  OptimWrapper,
  optim,
  planOf,
  tensor,
  zeros,
} from '../src/index.ts';
import { PATHS } from './support/optimizers.ts';

const parameter = (...values: number[]) => new nn.Parameter(tensor(values));

describe('parameter groups', () => {
  it('take what they do not set from the defaults, and carry fields that nobody knows', () => {
    const [a, b] = [parameter(1), parameter(2)];
    const optimizer = new optim.SGD([{ params: [a] }, { params: b, lr: 0.5, lr_mult: 5 }], { lr: 0.1, momentum: 0.9 });
    expect(optimizer.paramGroups.map(({ lr, momentum, lr_mult }) => ({ lr, momentum, lr_mult }))).toEqual([
      { lr: 0.1, momentum: 0.9, lr_mult: undefined },
      { lr: 0.5, momentum: 0.9, lr_mult: 5 },
    ]);
    expect(optimizer.defaults).toMatchObject({
      lr: 0.1,
      momentum: 0.9,
      dampening: 0,
      weight_decay: 0,
      nesterov: false,
    });
  });

  it('take a field that is undefined as one that is not given, and refuse it where it was set later', () => {
    const optimizer = new optim.SGD([{ params: [parameter(1)], lr: undefined }], { lr: 0.1 });
    expect(optimizer.paramGroups[0]?.lr).toBe(0.1);
    (optimizer.paramGroups[0] as { lr?: number }).lr = undefined;
    (optimizer.paramGroups[0]?.params[0] as nn.Parameter).grad = tensor([1]);
    expect(() => optimizer.step()).toThrow('SGD.params[0].lr: found undefined; allowed is a number from 0 up');
    const model = new nn.Linear(1, 1);
    const wrapper = buildOptimWrapper(model, {
      optimizer: { type: 'SGD', lr: 0.1 },
      paramwise_cfg: { custom_keys: { weight: { lr: undefined } } },
    });
    expect(wrapper.getLr().lr).toEqual([0.1, 0.1]);
  });

  it('do not share mutable defaults', () => {
    const optimizer = new optim.AdamW([{ params: [parameter(1)] }, { params: [parameter(2)] }]);
    (optimizer.paramGroups[0]?.betas as number[])[0] = 0.5;
    expect(optimizer.paramGroups[1]?.betas).toEqual([0.9, 0.999]);
    expect(new optim.AdamW([parameter(1)]).defaults.betas).toEqual([0.9, 0.999]);
  });

  it('refuse a parameter that another group, or the same one, already has', () => {
    const a = parameter(1);
    expect(() => new optim.SGD([{ params: [a] }, { params: [a] }], { lr: 1 })).toThrow(
      '"group 0, parameter 0" and "group 1, parameter 0" are the same parameter',
    );
    expect(() => new optim.SGD([a, a], { lr: 1 })).toThrow('are the same parameter');
    const optimizer = new optim.SGD([a], { lr: 1 });
    expect(() => optimizer.addParamGroup({ params: [a] })).toThrow('are the same parameter');
    expect(optimizer.paramGroups.length).toBe(1);
  });

  const refused: [string, () => unknown, string][] = [
    [
      'an unknown option',
      () => new optim.SGD([parameter(1)], { momentun: 0.9 }),
      'SGD.momentun: unknown field; did you mean "momentum"?',
    ],
    [
      'a negative rate',
      () => new optim.SGD([parameter(1)], { lr: -1 }),
      'SGD.lr: found -1; allowed is a number from 0 up',
    ],
    ['a rate that is NaN', () => new optim.SGD([parameter(1)], { lr: Number.NaN }), 'SGD.lr: found NaN'],
    [
      'a bad rate of one group',
      () => new optim.SGD([{ params: [parameter(1)], lr: -2 }]),
      'SGD.params[0].lr: found -2',
    ],
    [
      'betas of 1',
      () => new optim.AdamW([parameter(1)], { betas: [0.9, 1] }),
      'AdamW.betas: found a list of 2; allowed is two numbers',
    ],
    [
      'Nesterov without momentum',
      () => new optim.SGD([parameter(1)], { nesterov: true }),
      'nesterov needs a momentum above 0',
    ],
    ['no parameters', () => new optim.SGD([]), 'SGD.params: missing; give at least one parameter'],
    [
      'a number as parameter',
      () => new optim.SGD([3] as never),
      'allowed is a Tensor, or a group with at least one Tensor',
    ],
    ['a computed tensor', () => new optim.SGD([parameter(1).mul(2)]), 'found a tensor that was computed from others'],
  ];
  for (const [what, make, message] of refused) it(`refuse ${what}`, () => expect(make).toThrow(message));
});

describe('a step', () => {
  it('leaves a parameter without gradient alone, state included', () => {
    const [a, b] = [parameter(1), parameter(1)];
    const optimizer = new optim.AdamW([a, b], { lr: 0.1, weight_decay: 0.5 });
    a.mul(a).sum().backward();
    optimizer.step();
    expect(a.item()).not.toBe(1);
    expect(b.item()).toBe(1);
    expect(optimizer.state.has(b)).toBe(false);
  });

  it('runs the closure with gradients on, and returns its loss', () => {
    const a = parameter(2);
    const optimizer = new optim.SGD([a], { lr: 0.25 });
    const loss = optimizer.step(() => {
      const value = a.mul(a).sum();
      value.backward();
      return value.item();
    });
    expect(loss).toBe(4);
    expect(a.item()).toBe(1);
  });

  it.each(PATHS)('steps views, transposed and channels-last parameters, float64 and half types: %s', (path) => {
    const base = zeros([2, 6]);
    const view = base.narrow(1, 1, 3).requiresGrad_();
    const transposed = new nn.Parameter(zeros([3, 2]).t());
    const last = new nn.Parameter(zeros([2, 3, 2, 2]).contiguous({ memoryFormat: 'channels_last' }));
    const others = (['float64', 'float16', 'bfloat16'] as const).map(
      (dtype) => new nn.Parameter(zeros([4], { dtype })),
    );
    const params = [view, transposed, last, ...others];
    const optimizer = new optim.SGD(params, { lr: 1, momentum: 0.5 }, { path });
    for (let step = 0; step < 2; step++) {
      for (const param of params) param.grad = full(param.shape, 1, { dtype: param.dtype });
      optimizer.step();
    }
    // 1 in the first step, 1.5 in the second
    for (const param of params)
      expect([...param.detach().to('float32').reshape([-1]).data()].every((value) => value === -2.5)).toBe(true);
    expect(base.toArray()).toEqual([
      [0, -2.5, -2.5, -2.5, 0, 0],
      [0, -2.5, -2.5, -2.5, 0, 0],
    ]);
  });

  it.each(PATHS)('is seen by autograd: a backward pass through values that changed is refused: %s', (path) => {
    const [a, b] = [parameter(2), parameter(3)];
    const optimizer = new optim.SGD([a, b], { lr: 0.1 }, { path });
    const loss = a.mul(a).sum();
    a.grad = tensor([1]);
    b.grad = tensor([1]);
    optimizer.step();
    expect(() => loss.backward()).toThrow('modified by an inplace operation');
  });
});

describe('a refused step', () => {
  for (const path of PATHS) {
    it(`changes nothing, whatever came before the parameter that is refused: ${path}`, () => {
      const [first, table] = [parameter(1, 2), new nn.Embedding(3, 2, { sparse: true })];
      const groups = [{ params: [first], algorithm: 'SGD' }, { params: [table.weight] }];
      const optimizer = new optim.AdamW(groups, { lr: 0.1 }, { path });
      const failing = (message: string) => {
        const before = [first, table.weight].map((param) => [...param.data()]);
        const sizes = [optimizer.state.size, optimizer.stepCount];
        expect(() => optimizer.step()).toThrow(message);
        expect([first, table.weight].map((param) => [...param.data()])).toEqual(before);
        expect([optimizer.state.size, optimizer.stepCount]).toEqual(sizes);
        optimizer.zeroGrad();
      };
      first.grad = full([2], 1);
      table
        .forward(tensor([1], { dtype: 'int64' }))
        .sum()
        .backward();
      failing('AdamW: group 1, parameter 0 has a sparse gradient');
      for (const param of [first, table.weight]) param.grad = full(param.shape, 1);
      optimizer.step();
      expect(optimizer.stepCount).toBe(1);
      optimizer.state.get(table.weight)!.slots.exp_avg = zeros([2]);
      for (const param of [first, table.weight]) param.grad = full(param.shape, 1);
      failing('has optimizer state that does not fit it');
    });

    it(`names the one of several parameters alike, and leaves the others: ${path}`, () => {
      const params = [parameter(1, 2), parameter(3, 4)];
      const optimizer = new optim.AdamW(params, { lr: 0.1 }, { path });
      const failing = (message: string) => {
        const before = params.map((param) => [...param.data()]);
        expect(() => optimizer.step()).toThrow(message);
        expect(params.map((param) => [...param.data()])).toEqual(before);
      };
      for (const param of params) param.grad = full([2], 1);
      optimizer.step();
      const { slots } = optimizer.state.get(params[1]!)!;
      slots.exp_avg_sq = zeros([3]);
      failing('AdamW: group 0, parameter 1 has optimizer state that does not fit it: expected float32 of shape [2]');
      slots.exp_avg_sq = zeros([2], { dtype: 'float64' });
      failing('AdamW: group 0, parameter 1 has optimizer state that does not fit it: expected float32 of shape [2]');
    });
  }
});

describe('the state dict', () => {
  it('has the form of PyTorch and restores a run exactly', () => {
    const make = () => {
      const params = [parameter(1, 2), parameter(3)];
      return {
        params,
        optimizer: new optim.AdamW(
          [{ params: [params[0] as nn.Parameter] }, { params: [params[1] as nn.Parameter], lr: 0.5 }],
          { lr: 0.1, amsgrad: true },
        ),
      };
    };
    const step = ({ params, optimizer }: ReturnType<typeof make>, value: number) => {
      for (const param of params) param.grad = full(param.shape, value);
      optimizer.step();
    };
    const first = make();
    step(first, 1);
    const dict = first.optimizer.stateDict();
    expect(Object.keys(dict.state[0] ?? {})).toEqual(['step', 'exp_avg', 'exp_avg_sq', 'max_exp_avg_sq']);
    expect(dict.param_groups.map(({ params, lr }) => ({ params, lr }))).toEqual([
      { params: [0], lr: 0.1 },
      { params: [1], lr: 0.5 },
    ]);
    const second = make();
    for (const [i, param] of second.params.entries()) param.setData((first.params[i] as nn.Parameter).detach().clone());
    second.optimizer.loadStateDict(dict);
    for (const value of [2, -1]) for (const run of [first, second]) step(run, value);
    for (const [i, param] of second.params.entries())
      expect([...param.data()]).toEqual([...(first.params[i] as nn.Parameter).data()]);
  });

  it('is refused when groups or shapes differ, and changes nothing then', () => {
    const optimizer = new optim.SGD([parameter(1)], { lr: 0.1, momentum: 0.9 });
    const other = new optim.SGD([parameter(1, 2)], { lr: 9, momentum: 0.9 });
    other.paramGroups[0]?.params.forEach((param) => {
      param.grad = full([2], 1);
    });
    other.step();
    expect(() => optimizer.loadStateDict(other.stateDict())).toThrow(
      'momentum_buffer of parameter 0 has shape [2], the parameter [1]',
    );
    expect(() => optimizer.loadStateDict({ state: {}, param_groups: [] })).toThrow(
      'it has 0 parameter groups, the optimizer has 1',
    );
    expect(optimizer.paramGroups[0]?.lr).toBe(0.1);
  });
});

describe('a state dict of another optimizer', () => {
  const saved = (made: optim.OptimizerClass, options: optim.Settings) => {
    const param = parameter(1);
    const optimizer = new made([param], options);
    param.grad = full([1], 1);
    optimizer.step();
    return optimizer.stateDict();
  };

  it('is refused for state that the algorithm does not have', () => {
    const optimizer = new optim.SGD([parameter(1)], { lr: 0.1, momentum: 0.9 });
    expect(() => optimizer.loadStateDict(saved(optim.AdamW, { lr: 1 }))).toThrow(
      'optimizer state dict: "exp_avg" of parameter 0 is no state of SGD, which has step, momentum_buffer',
    );
    expect(optimizer.paramGroups[0]?.lr).toBe(0.1);
    expect(optimizer.state.size).toBe(0);
  });

  it('is refused for settings out of range, before anything is changed', () => {
    const optimizer = new optim.AdamW([parameter(1)], { lr: 0.1 });
    const dict = saved(optim.AdamW, { lr: 1 });
    dict.param_groups[0]!.betas = [0.9, 1];
    expect(() => optimizer.loadStateDict(dict)).toThrow('betas: found a list of 2; allowed is two numbers');
    expect(optimizer.paramGroups[0]?.betas).toEqual([0.9, 0.999]);
    expect(optimizer.state.size).toBe(0);
  });

  it('keeps a slot that the settings do not need now', () => {
    const dict = saved(optim.SGD, { lr: 1, momentum: 0.9 });
    dict.param_groups[0]!.momentum = 0;
    const optimizer = new optim.SGD([parameter(1)], { lr: 1 });
    optimizer.loadStateDict(dict);
    expect(Object.keys(optimizer.stateDict().state[0] ?? {})).toEqual(['momentum_buffer']);
  });
});

describe('a config', () => {
  const model = () => new nn.Sequential(new nn.Linear(2, 2), new nn.LayerNorm(2));

  it('builds the wrapper and tells why', () => {
    const net = model();
    const wrapper = buildOptimWrapper(net, {
      optimizer: { type: 'SGD', lr: 0.1, weight_decay: 0.01 },
      clip_grad: { max_norm: 2 },
      paramwise_cfg: { norm_decay_mult: 0 },
    });
    expect(wrapper).toBeInstanceOf(OptimWrapper);
    expect(wrapper.getLr()).toEqual({ base_lr: [0.1], lr: [0.1, 0.1, 0.1, 0.1] });
    expect(wrapper.paramGroups.map((group) => group.weight_decay)).toEqual([0.01, 0.01, 0, 0]);
    expect(planOf(wrapper)?.groups[2]?.reasons.join(' ')).toContain('norm_decay_mult');
  });

  it('names the nearest right name for a misspelt one', () => {
    expect(() => buildOptimWrapper(model(), { optimizer: { type: 'AdmW', lr: 0.1 } })).toThrow('did you mean "AdamW"?');
    expect(() => buildOptimWrapper(model(), { optimizer: { type: 'AdamW', lr: 0.1, beta: [0.9, 0.99] } })).toThrow(
      'did you mean "betas"?',
    );
    expect(() => buildOptimWrapper(model(), { optimizer: { type: 'SGD', lr: 0.1 }, clip_grads: {} })).toThrow(
      'did you mean "clip_grad"?',
    );
  });

  it('can name an optimizer and a wrapper of the user, registered in one line each', () => {
    OPTIMIZERS.register('HalfRate', ({ params, lr }) => new optim.SGD(params as never, { lr: Number(lr) / 2 }));
    class Counting extends OptimWrapper {
      steps = 0;
      override step() {
        this.steps++;
        super.step();
      }
    }
    OPTIM_WRAPPERS.register('Counting', ({ optimizer }) => new Counting({ optimizer: optimizer as optim.Optimizer }));
    const net = model();
    const wrapper = buildOptimWrapper<Counting>(net, { type: 'Counting', optimizer: { type: 'HalfRate', lr: 0.4 } });
    wrapper.updateParams(net.forward(tensor([[1, 2]])).sum());
    expect(wrapper.steps).toBe(1);
    expect(wrapper.paramGroups[0]?.lr).toBe(0.2);
  });
});
