/** What is accepted and, in its own words, what is not. */
import { describe, expect, it } from 'vitest';
import { configJsonSchema, parseOptimWrapper, parseParamScheduler, parseParamwise } from '../src/index.ts';
import { nearestName, parseWrapperSettings } from '../src/internal.ts';

const optimizer = { type: 'SGD', lr: 0.1, weight_decay: 0.01 };

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  throw new Error('nothing was refused');
}

describe('optim_wrapper', () => {
  it('fills in type and constructor', () => {
    expect(parseOptimWrapper({ optimizer })).toEqual({
      type: 'OptimWrapper',
      constructor: 'DefaultOptimWrapperConstructor',
      optimizer,
    });
  });

  it('takes every form of clip_grad', () => {
    for (const clip_grad of [
      null,
      { max_norm: 1 },
      { type: 'norm', max_norm: 1, norm_type: 'inf', error_if_nonfinite: true },
      { max_norm: 1, norm_type: Number.POSITIVE_INFINITY },
      { type: 'value', clip_value: 0.5 },
    ]) {
      expect(parseOptimWrapper({ optimizer, clip_grad }).clip_grad).toEqual(clip_grad);
    }
  });

  it('takes the fields of AmpOptimWrapper there alone', () => {
    const amp = { type: 'AmpOptimWrapper', optimizer, loss_scale: 'dynamic', dtype: 'bfloat16', use_fsdp: false };
    expect(parseOptimWrapper(amp)).toMatchObject(amp);
    expect(refusal(() => parseOptimWrapper({ ...amp, type: 'OptimWrapper' }))).toMatchInlineSnapshot(`
      "ConfigError: 3 problems:
        optim_wrapper.loss_scale: unknown field (allowed: type, constructor, optimizer, paramwise_cfg, accumulative_counts, clip_grad, on_non_finite)
        optim_wrapper.dtype: unknown field; did you mean "type"? (allowed: type, constructor, optimizer, paramwise_cfg, accumulative_counts, clip_grad, on_non_finite)
        optim_wrapper.use_fsdp: unknown field (allowed: type, constructor, optimizer, paramwise_cfg, accumulative_counts, clip_grad, on_non_finite)"
    `);
  });

  it('leaves the fields of a wrapper it does not know to that wrapper', () => {
    expect(parseOptimWrapper({ type: 'MyWrapper', optimizer, sharpness: 2 })).toMatchObject({ sharpness: 2 });
  });

  it('reports every problem at once, with the nearest name', () => {
    const config = {
      optimizer: { type: 'SGD', lr: -1 },
      acumulative_counts: 2,
      clip_grad: { max_nrm: 1 },
      accumulative_counts: 0,
    };
    expect(refusal(() => parseOptimWrapper(config))).toMatchInlineSnapshot(`
      "ConfigError: 5 problems:
        optim_wrapper.optimizer.lr: found -1; allowed is a number from 0 up
        optim_wrapper.accumulative_counts: found 0; allowed is a whole number from 1 up
        optim_wrapper.clip_grad.max_norm: missing; give a finite number
        optim_wrapper.clip_grad.max_nrm: unknown field; did you mean "max_norm"? (allowed: type, max_norm, norm_type, error_if_nonfinite)
        optim_wrapper.acumulative_counts: unknown field; did you mean "accumulative_counts"? (allowed: type, constructor, optimizer, paramwise_cfg, accumulative_counts, clip_grad, on_non_finite)"
    `);
  });

  it('refuses a config without optimizer, and what is no config', () => {
    expect(refusal(() => parseOptimWrapper({ type: 'OptimWrapper' }))).toMatchInlineSnapshot(
      `"ConfigError: optim_wrapper.optimizer: missing; give a mapping"`,
    );
    expect(refusal(() => parseOptimWrapper('SGD'))).toMatchInlineSnapshot(
      `"ConfigError: optim_wrapper: found "SGD"; allowed is a mapping"`,
    );
    expect(
      refusal(() => parseOptimWrapper({ optimizer, clip_grad: { type: 'nrm', max_norm: 1 } })),
    ).toMatchInlineSnapshot(`"ConfigError: optim_wrapper.clip_grad.type: found "nrm"; allowed is "norm" or "value""`);
    expect(refusal(() => parseOptimWrapper({ optimizer, clip_grad: 1 }))).toMatchInlineSnapshot(
      `"ConfigError: optim_wrapper.clip_grad: found 1; allowed is a mapping with max_norm, or with type "value" and clip_value"`,
    );
  });

  it('gives the settings of a wrapper made in code', () => {
    expect(parseWrapperSettings({})).toEqual({
      accumulative_counts: 1,
      clip_grad: undefined,
      on_non_finite: 'step',
    });
    const given = { accumulative_counts: 4, clip_grad: { max_norm: 1 }, on_non_finite: 'skip' };
    expect(parseWrapperSettings(given)).toEqual(given);
    const wrong = { accumulative_counts: 0, clip_grad: { type: 'value' }, clip_grd: null };
    expect(refusal(() => parseWrapperSettings(wrong))).toMatchInlineSnapshot(`
      "ConfigError: 3 problems:
        optim_wrapper.accumulative_counts: found 0; allowed is a whole number from 1 up
        optim_wrapper.clip_grad.clip_value: missing; give a finite number
        optim_wrapper.clip_grd: unknown field; did you mean "clip_grad"? (allowed: accumulative_counts, clip_grad, on_non_finite)"
    `);
    expect(refusal(() => parseWrapperSettings({ accumulative_counts: 1.5 }, ['OptimWrapper']))).toMatchInlineSnapshot(
      `"ConfigError: OptimWrapper.accumulative_counts: found 1.5; allowed is a whole number from 1 up"`,
    );
  });

  it('refuses parsed JSON that would change a prototype', () => {
    const poisoned: unknown = JSON.parse('{"optimizer": {"type": "SGD", "__proto__": {"lr": 1}}}');
    expect(refusal(() => parseOptimWrapper(poisoned))).toMatchInlineSnapshot(
      `"ConfigError: optim_wrapper.optimizer.__proto__: a field of this name would change the prototype of an object; remove it"`,
    );
    expect(refusal(() => parseParamwise(JSON.parse('{"custom_keys": {"__proto__": {"lr_mult": 1}}}')))).toContain(
      '__proto__',
    );
    expect(parseParamwise({ custom_keys: { constructor: { lr_mult: 0.5 } } }).custom_keys).toHaveProperty(
      'constructor',
    );
    expect(refusal(() => parseOptimWrapper({ optimizer, constructor: {} }))).toMatchInlineSnapshot(
      `"ConfigError: optim_wrapper.constructor: found an empty mapping; allowed is a name"`,
    );
    expect(({} as { lr?: number }).lr).toBeUndefined();
  });

  it('refuses a config that contains itself', () => {
    const config: Record<string, unknown> = { optimizer };
    config.paramwise_cfg = config;
    expect(refusal(() => parseOptimWrapper(config))).toMatchInlineSnapshot(
      `"ConfigError: optim_wrapper.paramwise_cfg.paramwise_cfg: found a value that contains itself; allowed is at most 100 levels of nesting"`,
    );
  });
});

describe('paramwise_cfg', () => {
  it('refuses misspelt fields', () => {
    expect(refusal(() => parseParamwise({ norm_decay_mul: 0 }))).toMatchInlineSnapshot(
      `"ConfigError: paramwise_cfg.norm_decay_mul: unknown field; did you mean "norm_decay_mult"? (allowed: custom_keys, bias_lr_mult, bias_decay_mult, norm_decay_mult, dwconv_decay_mult, dcn_offset_lr_mult, flat_decay_mult, bypass_duplicate, custom_keys_mode, custom_keys_match, matrix_algorithm, merge_groups, strict)"`,
    );
    expect(refusal(() => parseParamwise({ custom_keys: { 'layer.0': { lr_mul: 0 } } }))).toMatchInlineSnapshot(
      `"ConfigError: paramwise_cfg.custom_keys["layer.0"].lr_mul: unknown field; did you mean "lr_mult"? (allowed: lr_mult, decay_mult, weight_decay, freeze, freeze_until, algorithm, lr, arguments of the optimizer)"`,
    );
  });

  it('refuses custom_keys that is not a mapping', () => {
    expect(refusal(() => parseParamwise({ custom_keys: ['backbone'] }))).toMatchInlineSnapshot(
      `"ConfigError: paramwise_cfg.custom_keys: found a list of 1; allowed is a mapping from part of a parameter path to settings"`,
    );
    expect(refusal(() => parseParamwise({ custom_keys: { backbone: 0.1 } }))).toMatchInlineSnapshot(
      `"ConfigError: paramwise_cfg.custom_keys.backbone: found 0.1; allowed is a mapping"`,
    );
    expect(refusal(() => parseParamwise({ custom_keys: { backbone: { params: [] } } }))).toMatchInlineSnapshot(
      `"ConfigError: paramwise_cfg.custom_keys.backbone.params: found an empty list; allowed is any field but params, paramNames, param_names"`,
    );
  });

  it('lets a custom key name any argument of the optimizer', () => {
    const custom_keys = { a: { momentum: 0.5, betas: [0.5, 0.9], nesterov: true, lr: 1, eps: 0, lambd: 1 } };
    expect(parseParamwise({ custom_keys })).toEqual({ custom_keys });
  });
});

describe('param_scheduler', () => {
  it('takes one or a list, and fills in defaults', () => {
    expect(parseParamScheduler({ type: 'ExponentialLR', gamma: 0.9 })).toEqual([
      {
        type: 'ExponentialLR',
        gamma: 0.9,
        begin: 0,
        end: 1e9,
        by_epoch: true,
        last_step: -1,
        verbose: false,
        convert_to_iter_based: false,
      },
    ]);
  });

  it('refuses in the words of the field', () => {
    const refused = [
      { type: 'CosinAnnealingLR' },
      { type: 'LinearLR', start_facto: 0.1 },
      { type: 'LinearLR', begin: 5, end: 5 },
      { type: 'StepParamScheduler', step_size: 1 },
      { type: 'OneCycleLR', eta_max: 1 },
      { type: 'CosineAnnealingLR', eta_min: 0, eta_min_ratio: 0.1 },
      { type: 'ConstantLR', factor: 0, end: 4 },
    ];
    expect(refusal(() => parseParamScheduler(refused))).toMatchInlineSnapshot(`
      "ConfigError: 7 problems:
        param_scheduler[0].type: no parameter scheduler is named "CosinAnnealingLR"; did you mean "CosineAnnealingLR"? (registered: ConstantLR, ConstantMomentum, ConstantParamScheduler, StepLR, StepMomentum, StepParamScheduler, MultiStepLR, MultiStepMomentum, MultiStepParamScheduler, ExponentialLR, ExponentialMomentum, ExponentialParamScheduler, LinearLR, LinearMomentum, LinearParamScheduler, CosineAnnealingLR, CosineAnnealingMomentum, CosineAnnealingParamScheduler, PolyLR, PolyMomentum, PolyParamScheduler, OneCycleLR, OneCycleParamScheduler, CosineRestartLR, CosineRestartMomentum, CosineRestartParamScheduler, ReduceOnPlateauLR, ReduceOnPlateauMomentum, ReduceOnPlateauParamScheduler)
        param_scheduler[1].start_facto: unknown field; did you mean "start_factor"? (allowed: start_factor, end_factor, begin, end, last_step, by_epoch, counts, verbose, convert_to_iter_based)
        param_scheduler[2].end: found 5; allowed is a step after begin
        param_scheduler[3].param_name: missing; give the name of a group field, such as "lr"
        param_scheduler[4].total_steps: missing; give a whole number, or epochs together with steps_per_epoch
        param_scheduler[5].eta_min_ratio: found 0.1; allowed is one of eta_min and eta_min_ratio
        param_scheduler[6].factor: found 0; allowed is a number above 0 where the schedule ends, as the value is then divided by it"
    `);
  });
});

it('configJsonSchema describes the file to an editor', () => {
  const text = JSON.stringify(configJsonSchema());
  for (const name of ['optim_wrapper', 'norm_decay_mult', 'custom_keys', 'CosineAnnealingLR', 'T_max'])
    expect(text).toContain(name);
  for (const name of [
    'custom_keys_mode',
    'custom_keys_match',
    'freeze_until',
    'matrix_algorithm',
    'merge_groups',
    'strict',
    'counts',
  ])
    expect(text).toContain(name);
});

it('configJsonSchema gives the fields of layer decay to its constructors alone, and no function', () => {
  const { properties } = configJsonSchema() as { properties: { optim_wrapper: { anyOf: JsonWrapper[] } } };
  const withDecay = properties.optim_wrapper.anyOf.filter(({ properties: fields }) =>
    JSON.stringify(fields.paramwise_cfg ?? null).includes('decay_rate'),
  );
  expect(withDecay.map(({ properties: fields }) => fields.constructor.enum?.[0])).toEqual([
    'LayerDecayOptimWrapperConstructor',
    'LayerDecayOptimWrapperConstructor',
  ]);
  expect(JSON.stringify(properties)).not.toContain('layer_of');
});

interface JsonWrapper {
  readonly properties: { readonly constructor: { readonly enum?: string[] }; readonly paramwise_cfg: unknown };
}

it('nearestName is the nearest or none', () => {
  expect(nearestName('weigth_decay', ['lr', 'weight_decay'])).toBe('weight_decay');
  expect(nearestName('sgd', ['Adam', 'SGD'])).toBe('SGD');
  expect(nearestName('xyz', ['lr', 'weight_decay'])).toBeUndefined();
});
