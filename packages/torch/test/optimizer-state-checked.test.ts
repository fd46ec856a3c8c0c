/** An optimizer's state dict is checked before anything of it is taken over. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { full, nn, optim, type Tensor, tensor } from '../src/index.ts';
import { OPTIMIZERS_BY_NAME } from './support/optimizers.ts';

type Dict = optim.OptimizerStateDict;

const parameter = (...shape: number[]) => new nn.Parameter(full(shape, 1));

function step(optimizer: optim.Optimizer, value = 0.5): void {
  for (const { params } of optimizer.paramGroups) for (const param of params) param.grad = full(param.shape, value);
  optimizer.step();
}

/** An optimizer of two parameters in two groups after some steps. */
function trained(made: optim.OptimizerClass, options: optim.Settings = {}, steps = 2): optim.Optimizer {
  const optimizer = new made([{ params: [parameter(2, 2)] }, { params: [parameter(3, 2)] }], options);
  for (let i = 0; i < steps; i++) step(optimizer, 0.5 + i);
  return optimizer;
}

/** Everything that a load may change, as plain values. */
function everything(optimizer: optim.Optimizer): unknown {
  const { state, param_groups, step_count } = optimizer.stateDict();
  const plain = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(plain) : value instanceof Object ? (value as Tensor).toArray() : value;
  const states = Object.entries(state).map(([number, entry]) => [
    number,
    Object.entries(entry).map(([name, value]) => [name, plain(value)]),
  ]);
  return [states, structuredClone(param_groups), step_count, optimizer.state.size];
}

function expectRefused(optimizer: optim.Optimizer, dict: unknown, message: string | RegExp): void {
  const before = everything(optimizer);
  expect(() => optimizer.loadStateDict(dict as Dict)).toThrow(message);
  expect(everything(optimizer)).toEqual(before);
}

describe('a state dict that does not hold what it should', () => {
  const adam = () => trained(optim.Adam, { lr: 0.1 }, 100);
  const spoiled = (spoil: (dict: Dict) => unknown) => {
    const dict = adam().stateDict();
    spoil(dict);
    return dict;
  };
  const entry = (dict: Dict) => dict.state[0] as Record<string, unknown>;
  const group = (dict: Dict) => dict.param_groups[0] as Record<string, unknown>;

  const CASES: readonly (readonly [what: string, spoil: (dict: Dict) => unknown, message: string])[] = [
    [
      'a step that is a text',
      (dict) => Object.assign(entry(dict), { step: 'abc' }),
      'step of parameter 0 is "abc"; it must be a finite number',
    ],
    [
      'half a step',
      (dict) => Object.assign(entry(dict), { step: 2.5 }),
      'step of parameter 0 is 2.5; it must be a whole number from 0',
    ],
    [
      'a step below 0',
      (dict) => Object.assign(entry(dict), { step: tensor(-1) }),
      'step of parameter 0 is -1; it must be a whole number from 0',
    ],
    [
      'a step of two elements',
      (dict) => Object.assign(entry(dict), { step: tensor([1, 2]) }),
      'step of parameter 0 is a tensor of shape [2]',
    ],
    [
      'a slot that is missing at step 100',
      (dict) => delete entry(dict).exp_avg_sq,
      'parameter 0 has no exp_avg_sq: Adam keeps step, exp_avg, exp_avg_sq; all are needed, or none',
    ],
    [
      'all slots missing at step 100',
      (dict) => Object.assign(dict.state, { 0: { step: 100 } }),
      'parameter 0 has no exp_avg and no exp_avg_sq',
    ],
    ['a step that is missing', (dict) => delete entry(dict).step, 'parameter 0 has no step'],
    [
      'a slot that is a number',
      (dict) => Object.assign(entry(dict), { exp_avg: 1 }),
      'exp_avg of parameter 0 has no tensor but 1, the parameter [2,2]',
    ],
    [
      'a slot that the settings do not need, which is a text',
      (dict) => Object.assign(entry(dict), { max_exp_avg_sq: 'x' }),
      'max_exp_avg_sq of parameter 0 is "x"; it must be a finite number',
    ],
    [
      'a slot of another name',
      (dict) => Object.assign(entry(dict), { constructor: 1 }),
      '"constructor" of parameter 0',
    ],
    ['a count that is a text', (dict) => Object.assign(dict, { step_count: 'x' }), 'step_count is "x"'],
    ['a count of NaN', (dict) => Object.assign(dict, { step_count: Number.NaN }), 'step_count is NaN'],
    [
      'a number that stands twice',
      (dict) => Object.assign(dict.param_groups[1] as object, { params: [0] }),
      'parameter 0 stands twice in the groups',
    ],
    ['a number that is none', (dict) => Object.assign(group(dict), { params: ['0'] }), 'a parameter of group 0 is "0"'],
    ['parameters that are no list', (dict) => Object.assign(group(dict), { params: 0 }), 'params of group 0 is 0'],
    [
      'a setting that cannot be copied',
      (dict) => Object.assign(group(dict), { hook: () => 1 }),
      'hook of group 0 is a function, which cannot be copied',
    ],
    [
      'a setting that is a tensor',
      (dict) => Object.assign(group(dict), { more: tensor(1) }),
      'more of group 0 is a tensor',
    ],
    [
      'a setting that would change a prototype',
      (dict) => dict.param_groups.splice(0, 1, JSON.parse('{"params": [0], "__proto__": {"lr": 5}}')),
      '"__proto__" of group 0 is no name of a setting',
    ],
    [
      'a setting that every object has',
      (dict) => Object.assign(group(dict), { constructor: 1 }),
      '"constructor" of group 0 is no name of a setting',
    ],
    [
      'names of parameters as a setting',
      (dict) => Object.assign(group(dict), { paramNames: ['x'] }),
      '"paramNames" of group 0 is no name of a setting',
    ],
    [
      'state of no parameter',
      (dict) => Object.assign(dict.state, { ' 0': {} }),
      'state for parameter  0, which is in no',
    ],
    [
      'state under the name of a prototype',
      (dict) => Object.assign(dict, { state: JSON.parse('{"__proto__": {"step": 1}}') }),
      'state for parameter __proto__, which is in no group',
    ],
    [
      'a state that is a list',
      (dict) => Object.assign(dict, { state: [] }),
      'state is an empty list; it must be a mapping',
    ],
    [
      'an entry that is a tensor',
      (dict) => Object.assign(dict.state, { 0: tensor(1) }),
      'state of parameter 0 is a tensor',
    ],
    [
      'no groups',
      (dict) => Object.assign(dict, { param_groups: undefined }),
      'param_groups is undefined; it must be a list',
    ],
    ['a group that is none', (dict) => dict.param_groups.splice(0, 1, null as never), 'group 0 is null'],
  ];
  for (const [what, spoil, message] of CASES)
    it(`is refused for ${what}, and changes nothing`, () => {
      expectRefused(trained(optim.Adam, { lr: 0.01 }, 99), spoiled(spoil), `optimizer state dict: ${message}`);
    });

  it('is refused where it is no mapping', () => {
    for (const dict of [null, undefined, [], 3, tensor(1), new Map()])
      expectRefused(adam(), dict, 'optimizer state dict: ');
  });

  it('is refused for a number of the algorithm that is missing or none', () => {
    const dict = (spoil: (entry: Record<string, unknown>) => unknown) => {
      const stateDict = trained(optim.NAdam).stateDict();
      spoil(entry(stateDict));
      return stateDict;
    };
    const target = trained(optim.NAdam, { lr: 1 }, 5);
    expectRefused(
      target,
      dict((each) => delete each.mu_product),
      'parameter 0 has no mu_product',
    );
    expectRefused(
      target,
      dict((each) => Object.assign(each, { mu_product: tensor(Number.NaN) })),
      'mu_product of parameter 0 is a tensor of NaN; it must be a finite number',
    );
  });
});

describe('a state dict that may lack something', () => {
  const load = (optimizer: optim.Optimizer, state: Dict['state']) =>
    optimizer.loadStateDict({ state, param_groups: optimizer.stateDict().param_groups });

  it('is taken without state, or with that of a parameter that has not been stepped', () => {
    const optimizer = trained(optim.Adam);
    load(optimizer, { 0: { step: 0 }, 1: {} });
    step(optimizer);
    expect(optimizer.state.get(optimizer.paramGroups[0]!.params[0]!)?.step).toBe(1);
    const sgd = trained(optim.SGD, { momentum: 0.9 });
    load(sgd, { 0: { momentum_buffer: null } });
    expect(sgd.stateDict().state).toEqual({ 0: {} });
  });

  it('is taken without a slot that a setting brings in', () => {
    const before = trained(optim.RMSprop, { lr: 0.1 });
    for (const group of before.paramGroups) group.momentum = 0.9;
    const dict = before.stateDict();
    const after = trained(optim.RMSprop);
    for (const [i, { params }] of after.paramGroups.entries())
      params[0]!.setData(before.paramGroups[i]!.params[0]!.detach().clone());
    after.loadStateDict(dict);
    for (const each of [before, after]) step(each);
    expect(everything(after)).toEqual(everything(before));
  });
});

describe('a dict changed at one place', () => {
  const value = fc.constantFrom<unknown>(
    ...[undefined, null, 'abc', '', true, Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1, 0.5, 2 ** 60, [], {}],
    ...[[0, 0], () => 1, Symbol.iterator, tensor(2), tensor(-2), tensor([1, 2]), tensor(Number.NaN), full([2, 2], 0.5)],
  );
  /** Every place of a dict: of the dict itself, of its groups and lists of parameters, of its state. */
  const places = (dict: Dict): [holder: object, key: PropertyKey][] => {
    const keysOf = (holder: object, ...more: string[]) =>
      [...Object.keys(holder), ...more].map((key): [object, PropertyKey] => [holder, key]);
    return [
      ...keysOf(dict),
      ...keysOf(dict.state, '7', 'constructor'),
      ...Object.values(dict.state).flatMap((entry) => keysOf(entry, 'toString', 'step')),
      ...keysOf(dict.param_groups),
      ...dict.param_groups.flatMap((group) => [...keysOf(group, 'constructor', 'paramNames'), ...keysOf(group.params)]),
    ];
  };
  const finite = (optimizer: optim.Optimizer) =>
    optimizer.paramGroups.every(({ params }) => params.every((param) => param.isfinite().all().item()));

  it('is refused and changes nothing, or a step with it gives finite values', () => {
    const names = Object.keys(OPTIMIZERS_BY_NAME);
    fc.assert(
      fc.property(fc.constantFrom(...names), value, fc.nat(), fc.boolean(), (name, changed, at, remove) => {
        const made = OPTIMIZERS_BY_NAME[name] as optim.OptimizerClass;
        const dict = structuredCloneOfGroups(trained(made).stateDict());
        const all = places(dict);
        const [holder, key] = all[at % all.length]!;
        // What a setting may hold is the algorithm's say: infinite decay too, or a number of inner steps without end.
        fc.pre(
          remove || !(typeof changed === 'number' && changed > 1e9) || !dict.param_groups.includes(holder as never),
        );
        if (remove) Reflect.deleteProperty(holder, key);
        else
          Object.defineProperty(holder, key, { value: changed, enumerable: true, configurable: true, writable: true });
        const target = trained(made, {}, 3);
        const before = everything(target);
        try {
          target.loadStateDict(dict);
        } catch {
          expect(everything(target)).toEqual(before);
          return;
        }
        step(target);
        expect(finite(target)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  /** The dict with groups and entries of its own, so that a change reaches no optimizer. */
  function structuredCloneOfGroups({ state, param_groups, ...rest }: Dict): Dict {
    const entries = Object.entries(state).map(([number, entry]) => [number, { ...entry }]);
    return { state: Object.fromEntries(entries), param_groups: structuredClone(param_groups), ...rest };
  }
});
