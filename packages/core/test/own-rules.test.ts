/** The rules beyond MMEngine's: composing, freezing, an algorithm for matrices, merging, strictness. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  buildOptimWrapper,
  explainParam,
  type ModuleView,
  type ParamView,
  paramGroupsOf,
  planOf,
  planParamGroups,
  planTable,
} from '../src/index.ts';
import { conv, layer, node, norm, other, param, registerFakes, smallModel } from './models.ts';

const optimizer = { type: 'SGD', lr: 0.1, weight_decay: 0.01 };

beforeAll(registerFakes);

const planned = (paramwise: unknown, model = smallModel(), opt: object = optimizer) =>
  planParamGroups(model, { optimizer: opt }, paramwise);
const optionsOf = (paramwise: unknown, model = smallModel(), opt: object = optimizer) =>
  Object.fromEntries(planned(paramwise, model, opt).groups.map(({ path, options }) => [path, options]));
const reasonsOf = (path: string, paramwise: unknown) =>
  planned(paramwise).groups.find((group) => group.path === path)!.reasons;

describe('custom_keys_mode: compose', () => {
  const compose = { custom_keys_mode: 'compose' };

  it('a key that sets only the rate leaves the decay rules alone', () => {
    const rules = { norm_decay_mult: 0, bias_decay_mult: 0.5, bias_lr_mult: 2 };
    const options = optionsOf({ ...compose, ...rules, custom_keys: { backbone: { lr_mult: 0.5 } } });
    // 0.1 × 0.5 everywhere in the backbone; norms without decay; biases elsewhere at half of 0.01 and twice the rate.
    expect(options).toEqual({
      'backbone.conv.weight': { lr: 0.05, lr_mult: 0.5 },
      'backbone.conv.bias': { lr: 0.05, weight_decay: 0.005, lr_mult: 0.5 },
      'backbone.norm.weight': { lr: 0.05, weight_decay: 0, lr_mult: 0.5 },
      'backbone.norm.bias': { lr: 0.05, weight_decay: 0, lr_mult: 0.5 },
      'head.weight': {},
      'head.bias': { lr: 0.2, weight_decay: 0.005 },
    });
  });

  it('leaves the dwconv and flat rules alone too', () => {
    const model = node(other, { scale: param([3]) }, { dw: layer(conv(4, 4)) });
    const rules = { dwconv_decay_mult: 0.5, flat_decay_mult: 0 };
    const options = optionsOf({ ...compose, ...rules, custom_keys: { '': { lr_mult: 2 } } }, model);
    expect(Object.values(options).map(({ weight_decay }) => weight_decay)).toEqual([0, 0.005, 0.005]);
  });

  it('a key that sets only the decay leaves the rate rules alone, and writes no rate', () => {
    const options = optionsOf({ ...compose, bias_lr_mult: 2, custom_keys: { head: { decay_mult: 0 } } });
    expect(options['head.weight']).toEqual({ weight_decay: 0, decay_mult: 0 });
    expect(options['head.bias']).toEqual({ lr: 0.2, weight_decay: 0, decay_mult: 0 });
  });

  it('needs no base for what a key does not set', () => {
    const decayOnly = { ...compose, custom_keys: { head: { decay_mult: 0 } } };
    const options = optionsOf(decayOnly, smallModel(), { type: 'SGD', weight_decay: 1 });
    expect(options['head.bias']).toEqual({ weight_decay: 0, decay_mult: 0 });
    const rateOnly = { ...compose, custom_keys: { head: { lr_mult: 2 } } };
    expect(() => planned(rateOnly, smallModel(), { type: 'SGD' })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.custom_keys.head.lr_mult: needs the optimizer's lr, which it multiplies; set optim_wrapper.optimizer.lr]`,
    );
  });

  it('lets the longest key that sets something decide about it', () => {
    const custom_keys = { backbone: { lr_mult: 0.5, momentum: 0.3 }, 'backbone.norm': { decay_mult: 0 } };
    const options = optionsOf({ ...compose, custom_keys });
    const both = { lr: 0.05, weight_decay: 0, lr_mult: 0.5, momentum: 0.3, decay_mult: 0 };
    expect(options['backbone.norm.weight']).toEqual(both);
    expect(
      reasonsOf('backbone.norm.bias', { ...compose, norm_decay_mult: 1, bias_lr_mult: 3, custom_keys }),
    ).toMatchInlineSnapshot(`
      [
        "custom_keys["backbone.norm"] is in "backbone.norm.bias" and decides about weight_decay",
        "custom_keys["backbone"] is in "backbone.norm.bias" and decides about lr, momentum",
        "lr = 0.1 × lr_mult 0.5 = 0.05",
        "weight_decay = 0.01 × decay_mult 0 = 0",
        "momentum = 0.3, copied from custom_keys["backbone"]",
        "norm_decay_mult is left out: a custom key decides",
      ]
    `);
  });

  it('warns of a key that longer keys leave nothing to', () => {
    const custom_keys = { '.norm': { lr_mult: 0.5 }, 'backbone.norm': { lr_mult: 1 } };
    expect(planned({ ...compose, custom_keys }).warnings).toMatchInlineSnapshot(`
      [
        "custom_keys[".norm"] never decides: wherever it matches, longer keys set all that it sets",
      ]
    `);
    expect(reasonsOf('backbone.norm.bias', { ...compose, custom_keys }).at(-1)).toMatchInlineSnapshot(
      `"custom_keys[".norm"] matches too and decides about nothing: longer keys set all that it sets"`,
    );
  });

  const mult = fc.constantFrom(0, 0.1, 1, 2);
  const both = fc.record({ lr_mult: mult, decay_mult: mult });
  const names = fc.constantFrom('backbone', 'backbone.norm', '.bias', 'head', 'conv', 'weight', '');
  const rules = fc.record({ bias_lr_mult: mult, norm_decay_mult: mult, flat_decay_mult: mult }, { requiredKeys: [] });

  it('is the same as replace where every key sets both', () => {
    fc.assert(
      fc.property(fc.dictionary(names, both), rules, (custom_keys, more) => {
        const replace = optionsOf({ ...more, custom_keys, custom_keys_mode: 'replace' });
        expect(optionsOf({ ...more, custom_keys, custom_keys_mode: 'compose' })).toEqual(replace);
      }),
    );
  });

  it('is what an independent reading gives', () => {
    const some = fc.record({ lr_mult: mult, decay_mult: mult }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.dictionary(names, some), rules, (custom_keys, more) => {
        const options = optionsOf({ ...compose, ...more, custom_keys, bypass_duplicate: true });
        for (const [path, found] of Object.entries(options)) {
          const longest = (field: 'lr_mult' | 'decay_mult') =>
            Object.keys(custom_keys)
              .filter((key) => path.includes(key) && custom_keys[key]![field] !== undefined)
              .sort((a, b) => b.length - a.length)
              .map((key) => custom_keys[key]![field]!)[0];
          const isNorm = path.includes('norm');
          const isBias = path.endsWith('bias');
          const lr = longest('lr_mult') ?? (isBias && !isNorm ? more.bias_lr_mult : undefined);
          const decay = longest('decay_mult') ?? (isNorm ? more.norm_decay_mult : undefined);
          const flat = decay ?? (isBias ? more.flat_decay_mult : undefined);
          expect(found.lr).toEqual(lr === undefined ? undefined : 0.1 * lr);
          // The weight of a norm is two-dimensional here, so only biases are flat.
          expect(found.weight_decay).toEqual(flat === undefined ? undefined : 0.01 * flat);
        }
      }),
    );
  });
});

/** A parameter whose gradient can be switched off, as an engine's can. */
function switchable(): ParamView {
  const made = {
    shape: [2, 2],
    requiresGrad: true,
    requiresGrad_: (wanted: boolean) => {
      made.requiresGrad = wanted;
    },
  };
  return made;
}

describe('freeze', () => {
  const freezeBackbone = { custom_keys: { backbone: { freeze: true }, 'backbone.norm': { lr_mult: 0.5 } } };
  const switchableModel = () => {
    const [a, b, c] = [switchable(), switchable(), switchable()];
    const backbone = node(other, {}, { conv: node(conv(), { weight: a }), norm: node(norm, { weight: b }) });
    return { a, b, c, model: node(other, {}, { backbone, head: node(other, { weight: c }) }) };
  };

  it('leaves parameters out, in the plan with the reason and without touching the model', () => {
    const { a, model } = switchableModel();
    const plan = planned(freezeBackbone, model);
    expect(plan.groups.map(({ path }) => path)).toEqual(['backbone.norm.weight', 'head.weight']);
    expect(plan.frozen).toEqual(plan.skipped);
    expect(plan.skipped).toEqual([
      {
        path: 'backbone.conv.weight',
        param: a,
        reason: 'custom_keys["backbone"] freezes it',
        frozenBy: 'custom_keys["backbone"]',
      },
    ]);
    expect(plan.warnings).toEqual([]);
    expect(a.requiresGrad).toBe(true);
    expect(planTable(plan).split('\n').at(-1)).toMatchInlineSnapshot(
      `"backbone.conv.weight      1         4     -             -  left out: frozen by custom_keys["backbone"]"`,
    );
    expect(explainParam(plan, 'backbone.conv.weight')).toMatchInlineSnapshot(`
      "backbone.conv.weight (2, 2) is not trained
        custom_keys["backbone"] freezes it"
    `);
  });

  it('switches gradients off when building, and plans the same afterwards', () => {
    const { a, b, c, model } = switchableModel();
    const build = () => buildOptimWrapper(model, { optimizer, paramwise_cfg: { ...freezeBackbone, strict: true } });
    const first = build();
    expect([a, b, c].map(({ requiresGrad }) => requiresGrad)).toEqual([false, true, true]);
    expect(first.optimizer.paramGroups.map(({ paramNames }) => paramNames)).toEqual([
      ['backbone.norm.weight'],
      ['head.weight'],
    ]);
    const again = planOf(build())!;
    expect(again.skipped.map(({ frozenBy }) => frozenBy)).toEqual(['custom_keys["backbone"]']);
    expect([again.frozen, again.warnings]).toEqual([[], []]);
  });

  it('warns where the model cannot switch gradients off', () => {
    const warnings: string[] = [];
    const paramwise_cfg = { custom_keys: { head: { freeze: true } } };
    buildOptimWrapper(smallModel(), { optimizer, paramwise_cfg }, { onWarning: (text) => warnings.push(text) });
    expect(warnings).toMatchInlineSnapshot(`
      [
        "frozen parameters are not trained but still get gradients, as the model cannot switch them off: head.weight, head.bias",
      ]
    `);
  });

  it('composes: a longer key thaws only by saying so', () => {
    const compose = (norm: object) => ({
      custom_keys_mode: 'compose',
      custom_keys: { backbone: { freeze: true }, 'backbone.norm': norm },
    });
    expect(Object.keys(optionsOf(compose({ lr_mult: 0.5 })))).toEqual(['head.weight', 'head.bias']);
    expect(Object.keys(optionsOf(compose({ lr_mult: 0.5, freeze: false })))).toHaveLength(4);
    // `freeze` is no argument of an optimizer and is not copied into a group.
    expect(optionsOf(compose({ lr_mult: 0.5, freeze: false }))['backbone.norm.bias']).toEqual({
      lr: 0.05,
      lr_mult: 0.5,
    });
  });

  it('holds for a shared parameter in its other places', () => {
    const weight = param();
    const model = node(other, { x: param() }, { embed: node(other, { weight }), head: node(other, { weight }) });
    const plan = planned({ custom_keys: { embed: { freeze: true } } }, model);
    expect(plan.groups.map(({ path }) => path)).toEqual(['x']);
    expect(plan.frozen.map(({ path }) => path)).toEqual(['embed.weight']);
    expect(plan.skipped.map(({ reason }) => reason)).toEqual([
      'custom_keys["embed"] freezes it',
      'it is the same parameter as embed.weight, which custom_keys["embed"] freezes',
    ]);
    const other2 = planned({ custom_keys: { head: { freeze: true } }, bypass_duplicate: true }, model);
    expect(other2.groups.map(({ path }) => path)).toEqual(['x', 'embed.weight']);
    expect(other2.frozen).toEqual([]);
    // Trained in one place and frozen in the other is a contradiction, refused as a duplicate is.
    expect(planned({ custom_keys: { head: { freeze: true } } }, model).duplicates).toHaveLength(1);
  });

  it('needs no lr, takes no freeze_until beside it, and warns of settings that do nothing', () => {
    expect(() => planned({ custom_keys: { head: { freeze: true } } }, smallModel(), { type: 'SGD' })).not.toThrow();
    expect(() =>
      planned({ custom_keys: { head: { freeze: true, freeze_until: 5 } } }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.custom_keys.head.freeze_until: found 5; allowed is one of freeze and freeze_until]`,
    );
    expect(planned({ custom_keys: { head: { freeze: true, lr_mult: 0.5 } } }).warnings).toMatchInlineSnapshot(`
      [
        "custom_keys["head"]: nothing else takes effect beside freeze: true; remove lr_mult",
      ]
    `);
  });

  it('until a step: the step is in the group', () => {
    const paramwise = { custom_keys: { backbone: { freeze_until: 100, lr_mult: 0.5 } } };
    expect(optionsOf(paramwise)['backbone.conv.bias']).toEqual({
      lr: 0.05,
      weight_decay: 0.01,
      lr_mult: 0.5,
      freeze_until: 100,
    });
    expect(reasonsOf('backbone.conv.bias', paramwise)).toMatchInlineSnapshot(`
      [
        "custom_keys["backbone"] is in "backbone.conv.bias" and decides alone",
        "lr = 0.1 × lr_mult 0.5 = 0.05",
        "weight_decay = 0.01 × decay_mult 1 = 0.01",
        "freeze_until = 100, copied from custom_keys["backbone"]",
        "its values stay, without optimizer state, for the first 100 optimizer steps",
      ]
    `);
    expect(() =>
      planned({ custom_keys: { a: { freeze_until: 0 }, b: { freeze: 1 }, c: { freze: true } } }),
    ).toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: 2 problems:
        paramwise_cfg.custom_keys.a.freeze_until: found 0; allowed is a whole number from 1 up
        paramwise_cfg.custom_keys.b.freeze: found 1; allowed is true or false]
    `);
  });
});

describe('matrix_algorithm', () => {
  /** A small transformer: token (1, 1, 8), embedding, block with matrices, norm and a layer scale, convolution, head. */
  const model = (): ModuleView => {
    const linear = () => node(other, { weight: param([8, 8]), bias: param([8]) });
    const block = node(
      other,
      { gamma: param([8, 1, 1]) },
      {
        norm: node(norm, { weight: param([8]) }),
        fc: linear(),
        conv: node(conv(8, 8), { weight: param([8, 1, 3, 3]) }),
      },
    );
    const embed = node(other, { weight: param([100, 8]) });
    return node(other, { cls: param([1, 1, 8]) }, { embed, block, head: linear() });
  };
  const muon = { type: 'Muon', lr: 0.02, momentum: 0.95 };
  const MUON = { algorithm: 'Muon', lr: 0.02, momentum: 0.95 };

  it('is for matrices of hidden layers, and for nothing else', () => {
    expect(optionsOf({ matrix_algorithm: muon }, model())).toEqual({
      cls: {},
      'embed.weight': {},
      'block.gamma': {},
      'block.norm.weight': {},
      'block.fc.weight': MUON,
      'block.fc.bias': {},
      'block.conv.weight': MUON,
      'head.weight': {},
      'head.bias': {},
    });
  });

  it('excludes what the config says instead of the usual names', () => {
    const options = optionsOf({ matrix_algorithm: { ...muon, exclude: ['conv', 'hd'] } }, model());
    expect(Object.keys(options).filter((path) => options[path]!.algorithm === 'Muon')).toEqual([
      'embed.weight',
      'block.fc.weight',
      'head.weight',
    ]);
    const { warnings } = planned({ matrix_algorithm: { ...muon, exclude: ['conv', 'hd'] } }, model());
    expect(warnings).toMatchInlineSnapshot(`
      [
        "matrix_algorithm.exclude: "hd" matches no parameter",
      ]
    `);
  });

  it('has its own base that multipliers apply to; the optimizer’s where it gives none', () => {
    const custom_keys = { fc: { lr_mult: 0.5, decay_mult: 3, momentum: 0.5 } };
    const own = optionsOf({ matrix_algorithm: { ...muon, weight_decay: 0.2 }, custom_keys }, model());
    expect(own['block.fc.weight']).toEqual({
      algorithm: 'Muon',
      lr: 0.01,
      weight_decay: 0.2 * 3,
      momentum: 0.5,
      lr_mult: 0.5,
      decay_mult: 3,
    });
    expect(own['block.fc.bias']).toMatchObject({ lr: 0.05, weight_decay: 0.03 });
    expect(own['block.conv.weight']).toEqual({ algorithm: 'Muon', lr: 0.02, weight_decay: 0.2, momentum: 0.95 });
    const bare = optionsOf({ matrix_algorithm: { type: 'Muon' }, dwconv_decay_mult: 0.5 }, model());
    expect(bare['block.conv.weight']).toEqual({ algorithm: 'Muon', weight_decay: 0.005 });
  });

  it('gives way to an algorithm that a custom key names', () => {
    const custom_keys = { 'fc.weight': { algorithm: 'Lion', betas: [0.9, 0.99] } };
    const options = optionsOf({ matrix_algorithm: muon, custom_keys }, model());
    expect(options['block.fc.weight']).toEqual({
      lr: 0.1,
      weight_decay: 0.01,
      algorithm: 'Lion',
      betas: [0.9, 0.99],
    });
    expect(
      planned({ matrix_algorithm: muon, custom_keys: { '': { algorithm: 'SGD' } } }, model()).warnings,
    ).toMatchInlineSnapshot(`
      [
        "matrix_algorithm is for no parameter: none is a matrix outside exclude, or custom keys set another algorithm",
      ]
    `);
  });

  it('is told as a reason', () => {
    const { groups } = planned({ matrix_algorithm: muon, norm_decay_mult: 0 }, model());
    expect(groups.find(({ path }) => path === 'block.fc.weight')).toMatchObject({ decidedBy: ['matrix_algorithm'] });
    expect(groups.find(({ path }) => path === 'block.fc.weight')!.reasons).toMatchInlineSnapshot(`
      [
        "lr = 0.02, as matrix_algorithm gives it",
        "weight_decay: no rule applies, the optimizer's 0.01 holds",
        "algorithm = Muon by matrix_algorithm: it is a matrix, and none of exclude is in its path",
      ]
    `);
  });

  it('is checked', () => {
    expect(() => planned({ matrix_algorithm: { lr: -1, exclude: 'head' } })).toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: 3 problems:
        paramwise_cfg.matrix_algorithm.type: missing; give a name
        paramwise_cfg.matrix_algorithm.lr: found -1; allowed is a number from 0 up
        paramwise_cfg.matrix_algorithm.exclude: found "head"; allowed is a list of parts of parameter paths]
    `);
  });
});

describe('merge_groups', () => {
  const rules = { norm_decay_mult: 0, bias_decay_mult: 0, custom_keys: { head: { lr_mult: 1 } } };

  it('puts equal settings into one named group, in order of first appearance', () => {
    const { optimizer: built } = buildOptimWrapper(smallModel(), {
      optimizer,
      paramwise_cfg: { ...rules, merge_groups: true },
    });
    const groups = built.paramGroups.map(({ params, paramNames, ...settings }) => ({
      ...settings,
      paramNames,
      count: params.length,
    }));
    expect(groups).toEqual([
      {
        // A key that multiplies by 1 changes nothing, so the head is with the rest.
        name: 'default + custom_keys["head"]',
        lr: 0.1,
        weight_decay: 0.01,
        paramNames: ['backbone.conv.weight', 'head.weight', 'head.bias'],
        count: 3,
      },
      {
        name: 'bias_decay_mult + norm_decay_mult',
        lr: 0.1,
        weight_decay: 0,
        paramNames: ['backbone.conv.bias', 'backbone.norm.weight', 'backbone.norm.bias'],
        count: 3,
      },
    ]);
  });

  it('keeps apart what differs in any setting, and names apart what has one name', () => {
    const custom_keys = {
      'conv.weight': { name: 'mine', betas: [0.9, 0.99] },
      'conv.bias': { name: 'mine', betas: [0.9, 0.999] },
      'norm.weight': { eps: Number.NaN },
      'norm.bias': { eps: null },
    };
    const plan = planned({ custom_keys, merge_groups: true });
    expect(paramGroupsOf(plan).map(({ name }) => name)).toEqual([
      'mine',
      'mine (2)',
      'custom_keys["norm.weight"]',
      'custom_keys["norm.bias"]',
      'default',
    ]);
  });

  it('loses no parameter and changes no effective setting', () => {
    const mult = fc.constantFrom(0, 0.1, 1);
    const key = fc.record({ lr_mult: mult, decay_mult: mult }, { requiredKeys: [] });
    const keys = fc.dictionary(fc.constantFrom('backbone', 'norm', '.bias', 'head', 'weight'), key);
    fc.assert(
      fc.property(keys, mult, (custom_keys, norm_decay_mult) => {
        const effective = (merge_groups: boolean) => {
          const groups = paramGroupsOf(planned({ custom_keys, norm_decay_mult, merge_groups }));
          const rows = groups.flatMap(({ paramNames, lr = 0.1, weight_decay = 0.01 }) =>
            paramNames!.map((name) => [name, { lr, weight_decay }] as const),
          );
          return { settings: Object.fromEntries(rows), groups: groups.length };
        };
        const merged = effective(true);
        expect(merged.settings).toEqual(effective(false).settings);
        expect(merged.groups).toBe(new Set(Object.values(merged.settings).map((s) => JSON.stringify(s))).size);
      }),
    );
  });
});

describe('strict', () => {
  it('refuses keys that match nothing, all at once', () => {
    const custom_keys = { bakbone: { lr_mult: 1 }, head: { lr_mult: 1 }, zzz: { lr_mult: 1 } };
    expect(() => planned({ custom_keys, strict: true })).toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: 2 problems:
        paramwise_cfg.custom_keys.bakbone: matches no parameter, which strict: true refuses; did you mean "backbone"?
        paramwise_cfg.custom_keys.zzz: matches no parameter, which strict: true refuses]
    `);
    expect(planned({ custom_keys }).warnings).toHaveLength(2);
  });

  it('takes a key that matches only what is left out, and warns', () => {
    const model = node(other, { weight: param() }, { stem: node(other, { weight: param([2], false) }) });
    const plan = planned({ custom_keys: { stem: { lr_mult: 0.5 } }, strict: true }, model);
    expect(plan.warnings).toMatchInlineSnapshot(`
      [
        "1 parameter is left out as requiring no gradient: stem.weight",
        "custom_keys["stem"] matches only parameters that are left out",
      ]
    `);
  });
});
