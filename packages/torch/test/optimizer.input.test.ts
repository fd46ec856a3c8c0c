/** What an optimizer is given: options, groups with fields of any name, parameters with names. */

import { ALGORITHMS } from '@paramwise/core/internal';
import { buildOptimWrapper, ConfigError, nn, optim, type Tensor, tensor } from '@paramwise/torch';
import { describe, expect, it } from 'vitest';

const parameter = () => new nn.Parameter(tensor([1, 2]));

const INHERITED = ['constructor', 'toString', 'valueOf', '__proto__'];

/** A mapping that owns a field of any name, as parsed JSON does. */
const owning = (name: string, value: unknown) => JSON.parse(JSON.stringify({ key: value }).replace('key', name));

function errorOf(run: () => unknown): ConfigError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('nothing was refused');
}

describe('options', () => {
  it('that are no object are refused with what to write: SGD(params, 0.1) trained with lr 0.001', () => {
    const SGD = optim.SGD as unknown as new (params: Tensor[], options: unknown) => optim.Optimizer;
    expect(errorOf(() => new SGD([parameter()], 0.1)).message).toBe(
      'SGD: found 0.1; allowed is an object of options: { lr: 0.1 }',
    );
    const LBFGS = optim.LBFGS as unknown as typeof SGD;
    expect(errorOf(() => new LBFGS([parameter()], 1)).message).toMatch(/^LBFGS: found 1; .*\{ lr: 1 \}$/);
  });
});

describe('fields of a group', () => {
  it.each(INHERITED)('named %s are a ConfigError at the field', (name) => {
    const group = { ...owning(name, 0.1), params: [parameter()] };
    expect(errorOf(() => new optim.SGD([group])).issues).toMatchObject([
      { code: 'invalid_value', path: ['SGD', 'params', 0, name] },
    ]);
  });

  it.each(INHERITED)('named %s in a custom key are a ConfigError', (name) => {
    const model = new nn.Sequential({ head: new nn.Linear(1, 1) });
    const config = { optimizer: { type: 'SGD', lr: 1 }, paramwise_cfg: { custom_keys: { head: owning(name, 0.1) } } };
    errorOf(() => buildOptimWrapper(model, config));
  });

  it.each(INHERITED)('that name the algorithm %s are a ConfigError', (algorithm) => {
    expect(errorOf(() => new optim.SGD([{ params: [parameter()], algorithm }])).message).toContain(
      `SGD.params[0].algorithm: no algorithm is named "${algorithm}"`,
    );
  });

  it('that nobody knows are carried along as plain data, and saved', () => {
    const note = { stage: 2, of: [1, 'two', null, true] };
    const optimizer = new optim.SGD([{ params: [parameter()], note }]);
    expect(optimizer.paramGroups[0]?.note).toEqual(note);
    expect(optimizer.stateDict().param_groups[0]?.note).toEqual(note);
  });

  it.each<[string, unknown, (string | number)[]]>([
    ['a function', () => 1, ['hook']],
    ['a symbol', Symbol('mark'), ['hook']],
    ['a big integer', 1n, ['hook']],
    ['an instance of a class', new Map([[1, 2]]), ['hook']],
    ['a tensor', tensor([1]), ['hook']],
    ['a function deep inside', { on: [0, () => 1] }, ['hook', 'on', 1]],
  ])('cannot be %s, which no checkpoint holds', (_, hook, path) => {
    const optimizer = new optim.SGD([parameter()]);
    const error = errorOf(() => optimizer.addParamGroup({ params: [parameter()], hook }));
    expect(error.issues).toMatchObject([{ code: 'invalid_value', path: ['SGD', 'params', 1, ...path] }]);
    expect(error.message).toContain('allowed is plain data, which a checkpoint can hold');
    expect(optimizer.paramGroups).toHaveLength(1);
  });

  it('cannot contain itself', () => {
    const knot: Record<string, unknown> = {};
    knot.again = knot;
    expect(errorOf(() => new optim.SGD([{ params: [parameter()], knot }])).issues).toMatchObject([
      { path: ['SGD', 'params', 0, 'knot', 'again'] },
    ]);
  });

  it('say first what a setting may hold', () => {
    const error = errorOf(() => new optim.SGD([{ params: [parameter()], lr: () => 1 }]));
    expect(error.message).toBe('SGD.params[0].lr: found a function; allowed is a number from 0 up');
  });

  it('name as many parameters as there are', () => {
    const error = errorOf(() => new optim.SGD([{ params: [parameter()], paramNames: ['a', 'b'] }]));
    expect(error.message).toBe(
      'SGD.params[0].paramNames: found a list of 2; allowed is a list of names, one for each of `params` (1)',
    );
  });
});

describe('named parameters', () => {
  const model = new nn.Sequential({ body: new nn.Linear(2, 2), head: new nn.Linear(2, 1, { bias: false }) });
  const names = ['body.weight', 'body.bias', 'head.weight'];

  it('are taken in place of parameters, for the whole model and for a group', () => {
    const whole = new optim.AdamW(model.namedParameters());
    const group = new optim.AdamW([{ params: model.namedParameters(), lr: 0.5 }]);
    for (const optimizer of [whole, group]) {
      expect(optimizer.paramGroups[0]?.params).toEqual(model.parameters());
      expect(optimizer.paramGroups[0]?.paramNames).toEqual(names);
      expect(optimizer.stateDict().param_groups[0]?.param_names).toEqual(names);
    }
    expect(new optim.SGD(new Map(model.namedParameters())).paramGroups[0]?.paramNames).toEqual(names);
  });

  it('are what messages say', () => {
    expect(errorOf(() => new optim.Muon(model.namedParameters())).message).toContain('"body.bias" of shape [2]');
  });
});

describe('the optimizers', () => {
  it('are a class for every algorithm of core', () => {
    for (const { name, defaults } of ALGORITHMS) {
      const made = (optim as unknown as Record<string, optim.OptimizerClass>)[name]!;
      expect(made.name).toBe(name);
      expect(Object.keys(new made([parameter2d()]).defaults)).toEqual(Object.keys(defaults));
    }
  });

  it('ask a state that depends on the shape for it, in each step', () => {
    const param = parameter2d();
    const optimizer = new optim.Adafactor([param]);
    for (let round = 0; round < 2; round++) {
      param.grad = tensor([[1, 2, 3]]);
      optimizer.step();
    }
    const slots = optimizer.state.get(param)?.slots ?? {};
    expect(Object.entries(slots).map(([name, slot]) => [name, slot.shape])).toEqual([
      ['row_var', [1, 1]],
      ['col_var', [1, 3]],
    ]);
  });
});

const parameter2d = () => new nn.Parameter(tensor([[1, 2, 3]]));
