/** Planning: properties against an independent reading of the rules, then examples. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ModuleKind, type ModuleView, type ParamView, planParamGroups, walkModules } from '../src/index.ts';
import { conv, deform, layer, node, norm, other, param, smallModel } from './models.ts';

const optimizer = { type: 'SGD', lr: 0.1, weight_decay: 0.01 };

interface Expected {
  path: string;
  lr?: number;
  weight_decay?: number;
}

/** The rules once more, written as a person would read them out. */
function naivePlan(
  root: ModuleView,
  lr: number,
  decay: number,
  cfg: Record<string, number> & { custom_keys?: Record<string, Record<string, number>> },
): Expected[] {
  const result: Expected[] = [];
  const visit = (module: ModuleView, prefix: string, parentIsDcn: boolean) => {
    const { moduleKind: kind } = module;
    for (const [name, value] of module.ownParams()) {
      if (!value.requiresGrad) continue;
      const path = prefix ? `${prefix}.${name}` : name;
      const entry: Expected & Record<string, unknown> = { path };
      const keys = Object.keys(cfg.custom_keys ?? {}).filter((key) => `${prefix}.${name}`.includes(key));
      const key = keys.sort((a, b) => b.length - a.length || (a < b ? -1 : 1))[0];
      if (key !== undefined) {
        const settings = cfg.custom_keys![key]!;
        Object.assign(
          entry,
          { lr: lr * (settings.lr_mult ?? 1), weight_decay: decay * (settings.decay_mult ?? 1) },
          settings,
        );
      } else {
        const bias = name === 'bias';
        if (bias && kind.type !== 'norm' && !parentIsDcn && 'bias_lr_mult' in cfg) entry.lr = lr * cfg.bias_lr_mult!;
        if (parentIsDcn && kind.type === 'conv2d' && prefix.includes('conv_offset') && 'dcn_offset_lr_mult' in cfg)
          entry.lr = lr * cfg.dcn_offset_lr_mult!;
        if (kind.type === 'norm' && 'norm_decay_mult' in cfg) entry.weight_decay = decay * cfg.norm_decay_mult!;
        else if (bias && !parentIsDcn && 'bias_decay_mult' in cfg) entry.weight_decay = decay * cfg.bias_decay_mult!;
        else if (kind.type === 'conv2d' && kind.groups === kind.inChannels && 'dwconv_decay_mult' in cfg)
          entry.weight_decay = decay * cfg.dwconv_decay_mult!;
        else if (value.shape.length === 1 && !parentIsDcn && 'flat_decay_mult' in cfg)
          entry.weight_decay = decay * cfg.flat_decay_mult!;
      }
      result.push(entry);
    }
    for (const [name, child] of module.ownChildren())
      visit(child, prefix ? `${prefix}.${name}` : name, kind.type === 'deform_conv');
  };
  visit(root, '', false);
  return result;
}

const kinds: fc.Arbitrary<ModuleKind> = fc.constantFrom(other, norm, deform, conv(4, 1), conv(4, 4));
const names = fc.constantFrom('backbone', 'conv_offset', 'head', 'a', 'b', 'layer1');
const params = fc.dictionary(
  fc.constantFrom('weight', 'bias', 'gamma'),
  fc.record({ shape: fc.constantFrom([2], [2, 2], [4, 1, 3, 3]), requiresGrad: fc.boolean() }),
);
const modelsOf = (children: fc.Arbitrary<Record<string, ModuleView>>): fc.Arbitrary<ModuleView> =>
  fc.tuple(kinds, params, children).map(([kind, own, below]) => node(kind, own, below));
const nested = (depth: number): fc.Arbitrary<ModuleView> =>
  modelsOf(depth === 0 ? fc.constant({}) : fc.dictionary(names, nested(depth - 1), { maxKeys: 3 }));
const models = nested(3);
const mult = fc.constantFrom(0, 0.1, 1, 2);
const keys = fc.dictionary(
  fc.constantFrom('backbone', 'backbone.a', '.bias', 'head', 'weight', 'a', 'b', ''),
  fc.record({ lr_mult: mult, decay_mult: mult }, { requiredKeys: [] }),
);
const configs = fc.record(
  {
    custom_keys: keys,
    bias_lr_mult: mult,
    dcn_offset_lr_mult: mult,
    norm_decay_mult: mult,
    bias_decay_mult: mult,
    dwconv_decay_mult: mult,
    flat_decay_mult: mult,
  },
  { requiredKeys: ['flat_decay_mult'] },
);

describe('every plan', () => {
  it('follows the rules as an independent reading does', () => {
    fc.assert(
      fc.property(models, configs, (model, config) => {
        const { groups } = planParamGroups(model, { optimizer }, config);
        const expected = naivePlan(model, 0.1, 0.01, config as never);
        expect(groups.map(({ path, options }) => ({ path, ...options }))).toEqual(expected);
      }),
    );
  });

  it('leaves config and model as they were, and gives a reason for each parameter', () => {
    fc.assert(
      fc.property(models, configs, (model, config) => {
        const before = JSON.stringify(config);
        const { groups, skipped } = planParamGroups(model, { optimizer }, config);
        expect(JSON.stringify(config)).toBe(before);
        for (const { reasons } of groups) expect(reasons.length).toBeGreaterThan(0);
        for (const { reason } of skipped) expect(reason).not.toBe('');
      }),
    );
  });

  it('lets the longest matching key decide', () => {
    fc.assert(
      fc.property(keys, (custom_keys) => {
        const { groups } = planParamGroups(smallModel(), { optimizer }, { custom_keys, bias_lr_mult: 1 });
        for (const { path, decidedBy } of groups) {
          const lengths = Object.keys(custom_keys)
            .filter((key) => (path.includes('.') ? path : `.${path}`).includes(key))
            .map((key) => key.length);
          const winner = decidedBy[0]?.match(/^custom_keys\["(.*)"\]$/)?.[1];
          if (winner !== undefined) expect(winner.length).toBe(Math.max(...lengths));
        }
      }),
    );
  });

  it('calls a module’s children once', () => {
    let calls = 0;
    const count = (children: [string, ModuleView][]) => {
      calls += 1;
      return children;
    };
    const counted = (name: number): ModuleView => {
      const children: [string, ModuleView][] = name === 0 ? [] : [['next', counted(name - 1)]];
      return { moduleKind: other, ownParams: () => [['w', param()]], ownChildren: () => count(children) };
    };
    planParamGroups(counted(99), { optimizer }, { flat_decay_mult: 0 });
    // Once to look for a wrapped model, once for each module.
    expect(calls).toBe(101);
  });
});

const planned = (paramwise: unknown, model = smallModel(), opt: object = optimizer) =>
  planParamGroups(model, { optimizer: opt }, paramwise);
const reasonsOf = (path: string, paramwise: unknown) =>
  planned(paramwise).groups.find((group) => group.path === path)!.reasons;

describe('reasons', () => {
  it('name the rules that decided and those that came later', () => {
    expect(
      reasonsOf('backbone.norm.bias', { norm_decay_mult: 0, bias_decay_mult: 0.5, bias_lr_mult: 2 }),
    ).toMatchInlineSnapshot(`
      [
        "lr: no rule applies, the optimizer's 0.1 holds",
        "weight_decay = 0.01 × norm_decay_mult 0 = 0: it is a parameter of a norm",
        "bias_decay_mult is left out: norm_decay_mult comes first",
      ]
    `);
    expect(reasonsOf('head.bias', { norm_decay_mult: 0, bias_lr_mult: 2 })).toMatchInlineSnapshot(`
      [
        "lr = 0.1 × bias_lr_mult 2 = 0.2: it is a bias outside norms and deformable convolutions",
        "weight_decay: no rule applies, the optimizer's 0.01 holds",
      ]
    `);
  });

  it('name the key that won, those that lost, and what it overrules', () => {
    const custom_keys = {
      backbone: { lr_mult: 0.1 },
      '.bias': { decay_mult: 0 },
      'backbone.norm': { decay_mult: 0, momentum: 0.5 },
    };
    expect(reasonsOf('backbone.norm.bias', { custom_keys, norm_decay_mult: 0 })).toMatchInlineSnapshot(`
      [
        "custom_keys["backbone.norm"] is in "backbone.norm.bias" and decides alone",
        "lr = 0.1 × lr_mult 1 = 0.1",
        "weight_decay = 0.01 × decay_mult 0 = 0",
        "momentum = 0.5, copied from custom_keys["backbone.norm"]",
        "custom_keys["backbone"] matches too and lost: it is shorter",
        "custom_keys[".bias"] matches too and lost: it is shorter",
        "norm_decay_mult is left out: a custom key decides alone",
      ]
    `);
  });

  it('are in what JSON shows of a group', () => {
    const [first] = planned({ custom_keys: { conv: { lr_mult: 0.1 } } }).groups;
    expect(JSON.parse(JSON.stringify(first))).toEqual({
      path: 'backbone.conv.weight',
      param: { shape: [2, 2], requiresGrad: true },
      options: { lr: 0.1 * 0.1, weight_decay: 0.01, lr_mult: 0.1 },
      reasons: first!.reasons,
    });
  });
});

describe('warnings', () => {
  it('tell what does nothing or not what it seems to', () => {
    const paramwise = {
      custom_keys: {
        bakbone: { lr_mult: 0.1 },
        backbone: { lr_mult: 0.1 },
        'backbone.': { lr_mult: 0 },
        head: { lr_mult: 1, lr: 0.5, norm_decay_mult: 0 },
      },
      norm_decay_mult: 0,
      dwconv_decay_mult: 0,
    };
    expect(planned(paramwise).warnings).toMatchInlineSnapshot(`
      [
        "custom_keys["backbone."].lr_mult: 0 does not freeze: the values stay, but gradients, optimizer state and time are still spent; say freeze: true instead",
        "custom_keys["backbone"] never decides: wherever it matches, a longer key (or one earlier in the alphabet) does",
        "custom_keys["bakbone"] matches no parameter; did you mean "backbone"?",
        "custom_keys["head"] gives both lr and lr_mult: lr 0.5 wins",
        "custom_keys["head"].norm_decay_mult does nothing: it is a field of paramwise_cfg, not of a custom key",
        "norm_decay_mult decides about no parameter: none is a parameter of a norm, or custom keys and earlier rules decide about all that are",
        "dwconv_decay_mult decides about no parameter: none is in a depth-wise convolution, or custom keys and earlier rules decide about all that are",
      ]
    `);
  });

  it('tell of flat_decay_mult without a decay', () => {
    expect(planned({ flat_decay_mult: 0 }, smallModel(), { type: 'SGD', lr: 1 }).warnings).toMatchInlineSnapshot(`
      [
        "flat_decay_mult does nothing: the optimizer has no weight_decay to multiply",
      ]
    `);
  });

  it('tell of frozen parameters and of both places of a shared one', () => {
    const shared = param();
    const model = node(
      other,
      { frozen: param([2], false) },
      { embed: node(other, { weight: shared }), head: node(other, { weight: shared }) },
    );
    const plan = planned({ flat_decay_mult: 0, bypass_duplicate: true }, model);
    expect(plan.groups.map(({ path }) => path)).toEqual(['embed.weight']);
    expect(plan.skipped.map(({ path, first }) => [path, first])).toEqual([
      ['frozen', undefined],
      ['head.weight', 'embed.weight'],
    ]);
    expect(plan.warnings).toMatchInlineSnapshot(`
      [
        "1 parameter is left out as requiring no gradient: frozen",
        "head.weight is left out: it is the same parameter as embed.weight, which has a group (bypass_duplicate)",
        "flat_decay_mult decides about no parameter: none is one-dimensional and outside deformable convolutions, or custom keys and earlier rules decide about all that are",
      ]
    `);
    const twice = planned({ bias_decay_mult: 0 }, model);
    expect(twice.groups.map(({ path }) => path)).toEqual(['embed.weight', 'head.weight']);
    expect(twice.duplicates.map(({ path, first }) => [path, first])).toEqual([['head.weight', 'embed.weight']]);
  });
});

describe('refusals', () => {
  it('name every multiplier without a base', () => {
    const config = {
      custom_keys: { head: { decay_mult: 0 } },
      norm_decay_mult: 0,
      bias_lr_mult: 2,
      flat_decay_mult: 0,
    };
    expect(() => planned(config, smallModel(), { type: 'SGD' })).toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: 4 problems:
        paramwise_cfg.norm_decay_mult: needs the optimizer's weight_decay, which it multiplies; set optim_wrapper.optimizer.weight_decay
        paramwise_cfg.bias_lr_mult: needs the optimizer's lr, which it multiplies; set optim_wrapper.optimizer.lr
        paramwise_cfg.custom_keys.head: needs the optimizer's lr, which it multiplies; set optim_wrapper.optimizer.lr
        paramwise_cfg.custom_keys.head.decay_mult: needs the optimizer's weight_decay, which it multiplies; set optim_wrapper.optimizer.weight_decay]
    `);
  });

  it('name a misspelt field inside optim_wrapper too', () => {
    expect(() => planParamGroups(smallModel(), { optimizer, paramwise_cfg: { norm_decay_mul: 0 } })).toThrow(
      'did you mean "norm_decay_mult"',
    );
  });
});

it('without paramwise_cfg all parameters make one group, frozen and shared ones once', () => {
  const shared: ParamView = param([2], false);
  const model = node(other, { a: shared }, { child: node(other, { b: shared, c: param() }) });
  for (const none of [undefined, null, {}]) {
    const plan = planned(none, model);
    expect(plan.singleGroup).toBe(true);
    expect(plan.groups.map(({ path, options }) => [path, options])).toEqual([
      ['a', {}],
      ['child.c', {}],
    ]);
  }
});

it('looks through a wrapper around the model and warns of parameters outside', () => {
  const plan = planned(
    { bias_lr_mult: 2 },
    node(other, {}, { module: smallModel(), loss: node(other, { scale: param([1]) }) }),
  );
  expect(plan.groups[0]!.path).toBe('backbone.conv.weight');
  expect(plan.warnings[0]).toMatchInlineSnapshot(
    `"the model has a child named "module" and is taken for a wrapper around it; 1 of its parameters are outside and will not be trained: loss.scale"`,
  );
});

it('a child under two names of one parent is visited once, under two parents twice', () => {
  const child = layer();
  const model = node(other, {}, { a: child, b: child, c: node(other, {}, { d: child }) });
  expect([...walkModules(model)].map(({ prefix }) => prefix)).toEqual(['', 'a', 'c', 'c.d']);
});

it('plans a model nested too deep for the call stack', () => {
  let model = layer();
  for (let depth = 0; depth < 20_000; depth++) model = node(other, {}, { m: model });
  expect(planned({ bias_lr_mult: 2 }, model).groups.length).toBe(2);
});
