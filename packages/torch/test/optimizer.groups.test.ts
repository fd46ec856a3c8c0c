/** An algorithm a group, freezing for a while, refusals, and states that come from PyTorch. */
import { describe, expect, it } from 'vitest';
import {
  buildOptimWrapper,
  full,
  liveTensors,
  manualSeed,
  nn,
  ops,
  optim,
  randn,
  type Tensor,
  tensor,
  tidy,
} from '../src/index.ts';
import { PATHS } from './support/optimizers.ts';

const parameter = (...shape: number[]) => new nn.Parameter(randn(shape));
const copyOf = (param: Tensor) => new nn.Parameter(param.detach().clone());
const valuesOf = (param: Tensor) => [...(param.data() as Float32Array)];

function step(optimizer: optim.Optimizer, seed: number): void {
  tidy(() => {
    manualSeed(seed);
    for (const { params } of optimizer.paramGroups) for (const param of params) param.grad = randn(param.shape);
    optimizer.step();
  });
}

describe('an algorithm a group', () => {
  it('Muon for matrices and AdamW for the rest are one optimizer, and do what two would', () => {
    const [matrix, bias] = [parameter(6, 4), parameter(4)];
    const [matrix2, bias2] = [copyOf(matrix), copyOf(bias)];
    const together = new optim.AdamW(
      [{ params: [matrix], algorithm: 'Muon', lr: 0.02, momentum: 0.8 }, { params: [bias] }],
      {
        lr: 1e-3,
        weight_decay: 0.05,
      },
    );
    const muon = new optim.Muon([matrix2], { lr: 0.02, momentum: 0.8, weight_decay: 0.05 });
    const adamW = new optim.AdamW([bias2], { lr: 1e-3, weight_decay: 0.05 });
    for (let round = 0; round < 5; round++) {
      step(together, round);
      matrix2.grad = matrix.grad;
      bias2.grad = bias.grad;
      muon.step();
      adamW.step();
    }
    expect(valuesOf(matrix)).toEqual(valuesOf(matrix2));
    expect(valuesOf(bias)).toEqual(valuesOf(bias2));
    const { state, param_groups } = together.stateDict();
    expect(Object.values(state).map(Object.keys)).toEqual([['momentum_buffer'], ['step', 'exp_avg', 'exp_avg_sq']]);
    expect(param_groups.map(({ algorithm }) => algorithm)).toEqual(['Muon', undefined]);
  });

  it('fills a group from that algorithm, but for rate, decay and direction given to the optimizer', () => {
    const groups = [{ params: [parameter(2, 2)], algorithm: 'Muon' }, { params: [parameter(2)] }];
    const given = new optim.SGD(groups, { lr: 0.3, momentum: 0.5, maximize: true });
    expect(given.paramGroups[0]).toMatchObject({
      lr: 0.3,
      weight_decay: 0.1,
      momentum: 0.95,
      ns_steps: 5,
      maximize: true,
    });
    expect(given.paramGroups[0]).not.toHaveProperty('dampening');
    expect(given.paramGroups[1]).toMatchObject({ lr: 0.3, weight_decay: 0, momentum: 0.5 });
    expect(new optim.SGD([{ params: [parameter(2, 2)], algorithm: 'Muon' }]).paramGroups[0]?.lr).toBe(1e-3);
  });

  it('comes from a config', () => {
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Linear(4, 2));
    const wrapper = buildOptimWrapper(model, {
      optimizer: { type: 'AdamW', lr: 0.1 },
      paramwise_cfg: { custom_keys: { '0.weight': { algorithm: 'Lion', freeze_until: 1 } } },
    });
    const [first, bias] = wrapper.paramGroups;
    expect(first).toMatchObject({ algorithm: 'Lion', betas: [0.9, 0.99], freeze_until: 1 });
    expect(bias).toMatchObject({ betas: [0.9, 0.999] });
    for (let round = 0; round < 2; round++) wrapper.updateParams(model.forward(tensor([[1, 2, 3]])).sum());
    expect(Object.keys(wrapper.optimizer.state.get(first?.params[0] as Tensor)?.slots ?? {})).toEqual(['exp_avg']);
  });

  it('can be one of the user', () => {
    const SignDescent = optim.defineOptimizer({
      name: 'SignDescent',
      defaults: { lr: 0.5 },
      rules: {},
      slots: () => ({}),
      reference: ({ lr }, { param, grad }) => void param.add_(grad.sign(), { alpha: -Number(lr) }),
    });
    const [a, b] = [new nn.Parameter(tensor([1, 1])), new nn.Parameter(tensor([1, 1]))];
    for (const optimizer of [new SignDescent([a]), new optim.SGD([{ params: [b], algorithm: 'SignDescent' }])]) {
      optimizer.paramGroups[0]!.params[0]!.grad = tensor([3, -2]);
      optimizer.step();
      expect(valuesOf(optimizer.paramGroups[0]!.params[0]!)).toEqual([0.5, 1.5]);
    }
    const { optimizer } = buildOptimWrapper(new nn.Linear(1, 1), { optimizer: { type: 'SignDescent', lr: 0.25 } });
    expect(optimizer).toBeInstanceOf(SignDescent);
    expect(optimizer.paramGroups[0]?.lr).toBe(0.25);
  });
});

describe('freeze_until', () => {
  const make = (late: Tensor, early: Tensor) =>
    new optim.Adam([{ params: [late], freeze_until: 3 }, { params: [early] }], { lr: 0.1 });

  it('leaves a group alone, without state, for so many steps, and then begins with its first', () => {
    const [late, early] = [parameter(3), parameter(3)];
    const before = valuesOf(late);
    const optimizer = make(late, early);
    for (let round = 0; round < 3; round++) {
      expect(optimizer.isFrozen(optimizer.paramGroups[0]!)).toBe(true);
      step(optimizer, round);
      expect(valuesOf(late)).toEqual(before);
      expect(optimizer.state.has(late)).toBe(false);
      expect(optimizer.state.get(early)?.step).toBe(round + 1);
    }
    late.grad = full([3], -5);
    optimizer.step();
    expect(optimizer.state.get(late)?.step).toBe(1);
    // Adam's first step is lr against the sign, whatever the gradient.
    for (const [i, value] of valuesOf(late).entries()) expect(value).toBeCloseTo(before[i]! + 0.1, 5);
  });

  it('goes on counting after a restart in the middle', () => {
    const [late, early] = [parameter(3), parameter(3)];
    const first = make(late, early);
    for (let round = 0; round < 2; round++) step(first, round);
    const dict = first.stateDict();
    expect(dict.step_count).toBe(2);
    const second = make(copyOf(late), copyOf(early));
    second.loadStateDict(dict);
    for (let round = 2; round < 5; round++) for (const optimizer of [first, second]) step(optimizer, round);
    expect(second.paramGroups.map(({ params }) => valuesOf(params[0]!))).toEqual([late, early].map(valuesOf));
    // A dict of PyTorch has no count: the longest history of a parameter stands for it.
    const { step_count: _, ...plain } = first.stateDict();
    second.loadStateDict(plain);
    expect(second.stepCount).toBe(5);
  });
});

describe('refused', () => {
  const vector = () => parameter(3);
  const cases: [string, () => unknown, string][] = [
    [
      'a vector for Muon, by name',
      () => new optim.Muon([{ params: [parameter(2, 2), vector()], paramNames: ['fc.weight', 'fc.bias'] }]),
      'Muon.params[0].params[1]: found "fc.bias" of shape [3]; allowed is Muon takes matrices and weights of more dimensions; put this one into a group with algorithm: "AdamW"',
    ],
    [
      'a vector in a group for Muon',
      () => new optim.AdamW([{ params: [vector()], algorithm: 'Muon' }]),
      'AdamW.params[0].params[0]: found shape [3]',
    ],
    [
      'a group that is not in a list',
      () => new optim.AdamW({ params: [vector()] } as unknown as Tensor[]),
      'allowed is a list of tensors, or of groups: [{ params: … }]',
    ],
    [
      'a path that there is not',
      () => new optim.AdamW([vector()], {}, { path: 'fused' as 'kernel' }),
      'AdamW.path: found "fused"; allowed is one of kernel, foreach, operators',
    ],
    [
      'a setting of a group in camelCase',
      () => new optim.AdamW([{ params: [vector()], weightDecay: 0, freezeUntil: 3, ownField: 1 }]),
      'AdamW.params[0].weightDecay',
    ],
    [
      'an algorithm that nobody knows',
      () => new optim.AdamW([{ params: [vector()], algorithm: 'Mion' }]),
      'AdamW.params[0].algorithm: no algorithm is named "Mion"; did you mean "Lion"?',
    ],
    [
      'LBFGS for a group',
      () => new optim.AdamW([{ params: [vector()], algorithm: 'LBFGS' }]),
      'no algorithm is named "LBFGS"',
    ],
    [
      'freeze_until of half a step',
      () => new optim.SGD([{ params: [vector()], freeze_until: 1.5 }]),
      'SGD.params[0].freeze_until: found 1.5; allowed is a whole number from 0 up',
    ],
    [
      'LBFGS with two groups',
      () => new optim.LBFGS([{ params: [vector()] }, { params: [vector()] }]),
      'found a second group',
    ],
    ['LBFGS without a closure', () => new optim.LBFGS([vector()]).step(), 'LBFGS.step needs a closure'],
    [
      'another line search',
      () => new optim.LBFGS([vector()], { line_search_fn: 'wolfe' }),
      'allowed is one of strong_wolfe, or null',
    ],
    ['a rate of 0 for SparseAdam', () => new optim.SparseAdam([vector()], { lr: 0 }), 'allowed is a number above 0'],
    [
      'etas that do not shrink',
      () => new optim.Rprop([vector()], { etas: [1.1, 1.2] }),
      'the first between 0 and 1, the second above 1',
    ],
    ['a rho above 1', () => new optim.Adadelta([vector()], { rho: 2 }), 'found 2; allowed is a number from 0 to 1'],
    [
      'Nesterov LARS without momentum',
      () => new optim.LARS([vector()], { nesterov: true }),
      'nesterov needs a momentum above 0',
    ],
    [
      'a number for Adafactor.eps',
      () => new optim.Adafactor([vector()], { eps: 1e-8 }),
      'two numbers from 0 up, of which the first may be null',
    ],
    [
      'two coefficients',
      () => new optim.Muon([parameter(2, 2)], { ns_coefficients: [1, 2] }),
      'allowed is three numbers',
    ],
    [
      'steps that are to be differentiated',
      () => new optim.Adam([vector()], { differentiable: true }),
      'steps are not differentiable here',
    ],
  ];
  for (const [what, make, message] of cases) it(what, () => expect(make).toThrow(message));

  const sparse = (table: Tensor) =>
    ops
      .embedding(table, tensor([1, 1], { dtype: 'int64' }), -1, false, true)
      .sum()
      .backward();

  for (const path of PATHS)
    it(`a sparse gradient where it is not supported, by name, on the ${path} path: nothing is changed`, () => {
      const table = parameter(4, 2);
      const before = valuesOf(table);
      const optimizer = new optim.AdamW([{ params: [table], paramNames: ['words.weight'] }], {}, { path });
      sparse(table);
      expect(() => optimizer.step()).toThrow(
        'AdamW: words.weight has a sparse gradient: use SparseAdam, or a dense Embedding',
      );
      expect(valuesOf(table)).toEqual(before);
      expect(optimizer.state.size).toBe(0);
      expect(optimizer.stepCount).toBe(0);
    });

  it('a dense gradient for SparseAdam', () => {
    const optimizer = new optim.SparseAdam([vector()]);
    expect(() => step(optimizer, 0)).toThrow(
      'SparseAdam: group 0, parameter 0 has a dense gradient: use Adam, or an Embedding with sparse: true',
    );
  });

  for (const made of [optim.SGD, optim.Adagrad])
    it(`not by ${made.name}, which takes a sparse gradient as a dense one with zeros`, () => {
      const [a, b] = [parameter(4, 2), parameter(4, 2)];
      b.setData(a.detach().clone());
      sparse(a);
      b.grad = tensor([
        [0, 0],
        [2, 2],
        [0, 0],
        [0, 0],
      ]);
      for (const [param, path] of [
        [a, 'kernel'],
        [b, 'kernel'],
      ] as const)
        new made([param], { lr: 0.1 }, { path }).step();
      expect(valuesOf(a)).toEqual(valuesOf(b));
    });
});

describe('a refused step changes nothing', () => {
  const withGrad = (param: Tensor, grad: Tensor) => {
    param.grad = grad;
    return param;
  };
  const first = () => withGrad(parameter(2), tensor([1, 1]));
  const cases: [string, () => Tensor, string][] = [
    [
      'after data of another shape',
      () => {
        const param = withGrad(parameter(1, 3), tensor([[1, 1, 1]]));
        param.setData(randn([2, 3]));
        return param;
      },
      'of shape [2,3] but its gradient float32 of shape [1,3]',
    ],
    [
      'with a complex parameter',
      () => {
        const param = new nn.Parameter(randn([2], { dtype: 'complex64' }));
        return withGrad(param, randn([2], { dtype: 'complex64' }));
      },
      'is complex64: an optimizer steps floating-point parameters',
    ],
    [
      'with an expanded parameter',
      () => withGrad(randn([1]).expand([3]).detach().requiresGrad_(), randn([3])),
      'has elements that share memory',
    ],
  ];
  for (const path of PATHS)
    it.each(cases)(`%s (${path})`, (_, make, message) => {
      const params = [first(), make()];
      const before = valuesOf(params[0]!);
      const groups = [{ params: [params[0]!] }, { params: [params[1]!], algorithm: 'Adam' }];
      const optimizer = new optim.SGD(groups, { lr: 0.1 }, { path });
      const live = liveTensors();
      expect(() => optimizer.step()).toThrow(message);
      expect(valuesOf(params[0]!)).toEqual(before);
      expect(liveTensors()).toBe(live);
      const alone = new optim.Adam([params[1]!], {}, { path });
      expect(() => alone.step()).toThrow(/has shape|of shape|complex64|share memory/);
    });

  it('because of a setting of a later group: nor does it keep state that it made', () => {
    const optimizer = new optim.AdamW([{ params: [first()] }, { params: [first()] }]);
    optimizer.paramGroups[1]!.lr = -1;
    const live = liveTensors();
    expect(() => optimizer.step()).toThrow('AdamW.params[1].lr');
    expect(liveTensors()).toBe(live);
  });
});

describe('a state dict of PyTorch', () => {
  it('may hold numbers as tensors of one element, and null', () => {
    const param = parameter(2);
    const optimizer = new optim.NAdam([param]);
    optimizer.loadStateDict({
      state: { 0: { step: tensor(3), mu_product: tensor(0.25), exp_avg: tensor([1, 2]), exp_avg_sq: tensor([3, 4]) } },
      param_groups: [{ lr: 0.5, betas: [0.9, 0.99], params: [0], param_names: ['elsewhere'] }],
    });
    expect(optimizer.state.get(param)).toMatchObject({ step: 3, scalars: { mu_product: 0.25 } });
    expect(optimizer.paramGroups[0]).toMatchObject({ lr: 0.5, betas: [0.9, 0.99], momentum_decay: 4e-3 });
    expect(optimizer.paramGroups[0]?.paramNames).toBeUndefined();
    const sgd = new optim.SGD([param], { momentum: 0.9 });
    sgd.loadStateDict({ state: { 0: { momentum_buffer: null } }, param_groups: [{ params: [0] }] });
    expect(sgd.state.get(param)?.slots).toEqual({});
  });

  it('has the names that PyTorch gives, in its order', () => {
    const keys = (made: optim.OptimizerClass, settings: optim.Settings = {}) => {
      const optimizer = new made([parameter(2, 2)], settings);
      step(optimizer, 0);
      return Object.keys(optimizer.stateDict().state[0] ?? {});
    };
    expect(keys(optim.SGD)).toEqual([]);
    expect(keys(optim.SGD, { momentum: 0.9 })).toEqual(['momentum_buffer']);
    expect(keys(optim.Adamax)).toEqual(['step', 'exp_avg', 'exp_inf']);
    expect(keys(optim.NAdam)).toEqual(['step', 'mu_product', 'exp_avg', 'exp_avg_sq']);
    expect(keys(optim.Adagrad)).toEqual(['step', 'sum']);
    expect(keys(optim.Adadelta)).toEqual(['step', 'square_avg', 'acc_delta']);
    expect(keys(optim.RMSprop, { momentum: 1, centered: true })).toEqual([
      'step',
      'square_avg',
      'momentum_buffer',
      'grad_avg',
    ]);
    expect(keys(optim.Rprop)).toEqual(['step', 'prev', 'step_size']);
    expect(keys(optim.ASGD)).toEqual(['step', 'eta', 'mu', 'ax']);
    expect(keys(optim.Adafactor)).toEqual(['step', 'row_var', 'col_var']);
    expect(keys(optim.Muon)).toEqual(['momentum_buffer']);
    // PyTorch makes Adagrad's state with the optimizer, and misses it otherwise.
    const idle = new optim.Adagrad([parameter(2)], { initial_accumulator_value: 0.5 }).stateDict();
    expect((idle.state[0]!.sum as Tensor).toArray()).toEqual([0.5, 0.5]);
  });

  it('makes the state of Adagrad once, however often it is asked for', () => {
    const params = [parameter(2), parameter(3)];
    const optimizer = new optim.Adagrad(params, { initial_accumulator_value: 0.5 });
    const first = optimizer.stateDict();
    const before = liveTensors();
    for (let i = 0; i < 10; i++) expect(optimizer.stateDict().state[0]?.sum).toBe(first.state[0]?.sum);
    expect(liveTensors()).toBe(before);
    const fresh = new optim.Adagrad(
      params.map((param) => copyOf(param)),
      { initial_accumulator_value: 0.5 },
    );
    for (const each of [optimizer, fresh]) step(each, 1);
    expect(optimizer.paramGroups[0]!.params.map(valuesOf)).toEqual(fresh.paramGroups[0]!.params.map(valuesOf));
  });
});
