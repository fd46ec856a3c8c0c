/** Names of classes as real configs have them: scopes, paths of modules, what they are here. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  buildOptimWrapper,
  buildParamScheduler,
  configJsonSchema,
  OPTIMIZERS,
  parseOptimWrapper,
  parseParamScheduler,
  parseParamwise,
  planParamGroups,
  previewSchedule,
  Registry,
} from '../src/index.ts';
import { FakeOptimizer, registerFakes, smallModel } from './models.ts';

beforeAll(registerFakes);

const sgd = { type: 'SGD', lr: 0.1 };

describe('an optim_wrapper', () => {
  it.each([
    ['torch.optim.AdamW', 'AdamW'],
    ['torch.optim.adamw.AdamW', 'AdamW'],
    ['torch.optim.sgd.SGD', 'SGD'],
    ['mmpretrain.engine.optimizers.lars.LARS', 'LARS'],
    ['mmpretrain.Lamb', 'Lamb'],
    ['mmdet.AdamW', 'AdamW'],
    ['lion_pytorch.Lion', 'Lion'],
    ['TorchAdafactor', 'Adafactor'],
    ['torch.optim.lr_scheduler.SGD', 'torch.optim.lr_scheduler.SGD'],
    ['bitsandbytes.optim.AdamW', 'bitsandbytes.optim.AdamW'],
    ['mine.AdamW', 'mine.AdamW'],
  ])('with an optimizer of type %s has %s', (type, name) => {
    expect(parseOptimWrapper({ optimizer: { type } }).optimizer.type).toBe(name);
  });

  it.each([
    ['mmengine.optim.AmpOptimWrapper', 'AmpOptimWrapper'],
    ['mmengine.optim.optimizer.amp_optimizer_wrapper.AmpOptimWrapper', 'AmpOptimWrapper'],
    ['mmengine.optim.optimizer.optimizer_wrapper.OptimWrapper', 'OptimWrapper'],
    ['mmengine.optim.OptimWrapper', 'OptimWrapper'],
  ])('of type %s is %s, and its fields are checked', (type, name) => {
    expect(parseOptimWrapper({ type, optimizer: sgd }).type).toBe(name);
    expect(() => parseOptimWrapper({ type, optimizer: sgd, accumulative_count: 2 })).toThrow(
      'accumulative_count: unknown field; did you mean "accumulative_counts"?',
    );
  });

  it('has constructors by path and by scope', () => {
    const nameOf = (maker: string, more: object = {}) =>
      parseOptimWrapper({ optimizer: sgd, constructor: maker, ...more }).constructor;
    const path = 'mmpretrain.engine.optimizers.LearningRateDecayOptimWrapperConstructor';
    expect(nameOf(path)).toBe('LearningRateDecayOptimWrapperConstructor');
    expect(nameOf('mmyolo.YOLOv5OptimizerConstructor')).toBe('YOLOv5OptimizerConstructor');
    const ofMmpose = 'mmpose.LayerDecayOptimWrapperConstructor';
    expect(nameOf(ofMmpose)).toBe(ofMmpose);
    expect(nameOf('mmpose.engine.optim_wrappers.LayerDecayOptimWrapperConstructor')).toBe(ofMmpose);
    expect(nameOf('LayerDecayOptimWrapperConstructor', { _scope_: 'mmpose' })).toBe(ofMmpose);
    expect(nameOf('LayerDecayOptimWrapperConstructor', { _scope_: 'mmdet' })).toBe('LayerDecayOptimWrapperConstructor');
  });

  it('is built with _scope_ wherever MMEngine leaves it', () => {
    const cfg = {
      type: 'OptimWrapper',
      _scope_: 'mmdet',
      optimizer: { ...sgd, _scope_: 'mmpretrain' },
      clip_grad: { type: 'norm', _scope_: 'mmdet', max_norm: 1 },
      paramwise_cfg: { _scope_: 'mmdet', custom_keys: { backbone: { lr_mult: 0.1 } } },
    };
    expect(parseOptimWrapper(cfg)).toEqual({
      type: 'OptimWrapper',
      constructor: 'DefaultOptimWrapperConstructor',
      optimizer: sgd,
      clip_grad: { type: 'norm', max_norm: 1 },
      paramwise_cfg: { custom_keys: { backbone: { lr_mult: 0.1 } } },
    });
    expect(buildOptimWrapper(smallModel(), cfg).optimizer.paramGroups[0]).toMatchObject({ lr: 0.1 * 0.1 });
    const dotted = { type: 'mmengine.optim.OptimWrapper', optimizer: { type: 'torch.optim.SGD', lr: 1e-4 } };
    expect(buildOptimWrapper(smallModel(), dotted).optimizer.paramGroups[0]!.lr).toBe(1e-4);
  });

  it('has what a user registered under such a name', () => {
    const scope = new Registry('OPTIMIZERS', { parent: OPTIMIZERS, scope: 'mmflow' });
    scope.register('SGD', (cfg) => new FakeOptimizer({ ...cfg, own: true }));
    const { optimizer } = buildOptimWrapper(smallModel(), { optimizer: { ...sgd, type: 'mmflow.SGD' } });
    expect(optimizer.defaults).toMatchObject({ own: true });
    OPTIMIZERS.register('MySGD', (cfg) => new FakeOptimizer(cfg), { force: true });
    expect(planParamGroups(smallModel(), { optimizer: { type: 'mmdet.MySGD', lr: 0.3 } }).base.lr).toBe(0.3);
  });
});

it('the sharded optimizer is found by its path', () => {
  const optimizer = { optimizer_type: 'SGD', lr: 0.1 };
  const planned = ['ZeroRedundancyOptimizer', 'mmengine.optim.ZeroRedundancyOptimizer'].map((type) => {
    return planParamGroups(smallModel(), { optimizer: { type, ...optimizer } }).groups;
  });
  expect(planned[1]).toEqual(planned[0]);
  expect(() => planParamGroups(smallModel(), { optimizer: { type: 'ZeroRedundancyOptimizer', lr: 0.1 } })).toThrow(
    'optim_wrapper.optimizer.optimizer_type',
  );
});

describe('what no engine has is refused by its name, with what to use', () => {
  it.each([
    [{ type: 'DeepSpeedOptimWrapper' }, 'needs no DeepSpeed'],
    [{ type: 'mmengine._strategy.deepspeed.DeepSpeedOptimWrapper' }, 'needs no DeepSpeed'],
    [{ type: 'ColossalAIOptimWrapper' }, 'needs no Colossal-AI'],
    [
      { optimizer: { type: 'HybridAdam', lr: 0.1 } },
      '"HybridAdam"; allowed is an optimizer that is no part of Colossal-AI',
    ],
    [{ optimizer: { type: 'ZeroOptimizer', lr: 0.1 } }, 'keeps its whole state'],
    [{ optimizer: { type: 'transformers.Adafactor' } }, 'allowed is an optimizer of torch.optim'],
  ])('%j', (fields, message) => {
    expect(() => planParamGroups(smallModel(), { optimizer: sgd, ...fields })).toThrow(message);
  });

  it('an unknown constructor is named, not its fields', () => {
    const cfg = { optimizer: sgd, constructor: 'ThirdOptimWrapperConstructor', paramwise_cfg: { num_layers: 12 } };
    expect(() => planParamGroups(smallModel(), cfg)).toThrow(
      'no optimizer wrapper constructor is named "ThirdOptimWrapperConstructor"',
    );
    expect(() => planParamGroups(smallModel(), { ...cfg, constructor: 'YOLOv5OptimizerConstuctor' })).toThrow(
      'did you mean "YOLOv5OptimizerConstructor"?',
    );
  });
});

describe('a param_scheduler', () => {
  it.each([
    ['mmengine.optim.LinearLR', 'LinearLR'],
    ['mmengine.optim.scheduler.lr_scheduler.CosineAnnealingLR', 'CosineAnnealingLR'],
    ['mmengine.optim.scheduler.momentum_scheduler.CosineAnnealingMomentum', 'CosineAnnealingMomentum'],
    ['mmdet.QuadraticWarmupLR', 'QuadraticWarmupLR'],
    ['mmdet.engine.schedulers.QuadraticWarmupLR', 'QuadraticWarmupLR'],
    ['mmseg.engine.schedulers.PolyLRRatio', 'PolyLRRatio'],
    ['mmpose.ConstantLR', 'mmpose.ConstantLR'],
    ['mmpose.engine.schedulers.constant_lr.ConstantLR', 'mmpose.ConstantLR'],
  ])('of type %s is %s', (type, name) => {
    expect(parseParamScheduler({ type, end: 9 })[0]!.type).toBe(name);
  });

  it('has what _scope_ says, and no more of it', () => {
    const [linear] = parseParamScheduler({ type: 'LinearLR', _scope_: 'mmdet', end: 5 });
    expect(linear).not.toHaveProperty('_scope_');
    expect(parseParamScheduler({ type: 'ConstantLR', _scope_: 'mmpose', factor: 1.5, end: 5 })[0]).toMatchObject({
      type: 'mmpose.ConstantLR',
      factor: 1.5,
    });
    expect(() => parseParamScheduler({ type: 'ConstantLR', factor: 1.5, end: 5 })).toThrow(
      'param_scheduler.factor: found 1.5; allowed is a number from 0 to 1; any with type: "mmpose.ConstantLR", the schedule that MMPose has by this name',
    );
  });

  it('of PyTorch is refused: its classes take other arguments', () => {
    expect(() => parseParamScheduler({ type: 'torch.optim.lr_scheduler.LinearLR' })).toThrow(
      'no parameter scheduler is named "torch.optim.lr_scheduler.LinearLR"',
    );
    expect(() => parseParamScheduler({ type: 'QuadraticWarmUpLR' })).toThrow('did you mean "QuadraticWarmupLR"?');
  });

  it('may be None, for no schedule', () => {
    expect(parseParamScheduler(null)).toEqual([]);
    expect(buildParamScheduler({ paramGroups: [{ lr: 0.1 }] }, null, { maxEpochs: 3 })).toEqual([]);
    expect(previewSchedule(null, [{ lr: 0.1 }], 1)).toEqual([[{}], [{}]]);
  });
});

describe('slips that MMEngine ignores', () => {
  const keys = (settings: object) => ({ custom_keys: { backbone: settings } });
  const cfg = { optimizer: { ...sgd, weight_decay: 0.1 } };

  it.each([
    [keys({ decay_multi: 0 }), 'custom_keys.backbone.decay_multi', 'did you mean "decay_mult"?'],
    [keys({ wd_mult: 0 }), 'custom_keys.backbone.wd_mult', 'did you mean "decay_mult"?'],
    [{ _delete: true }, '_delete', 'did you mean "_delete_"?'],
    [{ _delete_: true }, '_delete_', 'a mark of inheritance that found nothing to replace: remove it.'],
    [keys({ _delete_: true }), 'custom_keys.backbone._delete_', 'a mark of inheritance'],
  ])('%j are refused, and warned of with strict: false', (paramwise, path, meant) => {
    const ignored = 'MMEngine ignores it; strict: false in paramwise_cfg has it ignored here, with a warning';
    expect(() => planParamGroups(smallModel(), cfg, paramwise)).toThrow(
      `paramwise_cfg.${path}: unknown field; ${meant}`,
    );
    expect(() => planParamGroups(smallModel(), cfg, paramwise)).toThrow(ignored);
    expect(() => planParamGroups(smallModel(), cfg, { ...paramwise, strict: true })).toThrow(ignored);
    const lenient = planParamGroups(smallModel(), cfg, { ...paramwise, strict: false });
    expect(lenient.warnings.find((text) => text.includes(path))).toContain(
      `paramwise_cfg.${path} is ignored, here as in MMEngine (strict: false); ${meant}`,
    );
    const [first] = lenient.groups;
    expect({ lr: 0.1, weight_decay: 0.1, ...first!.options }).toEqual({ lr: 0.1, weight_decay: 0.1 });
  });

  it('and fields that no optimizer reads are left in the group, where a hook may look for them', () => {
    const adamw = { optimizer: { type: 'AdamW', lr: 0.1 } };
    const withHook = { ...keys({ fix_lr: true }), strict: false };
    expect(() => planParamGroups(smallModel(), adamw, keys({ fix_lr: true }))).toThrow('fix_lr: unknown field');
    const plan = planParamGroups(smallModel(), adamw, withHook);
    expect(plan.groups[0]!.options).toMatchObject({ fix_lr: true });
    expect(plan.warnings.join()).toContain('fix_lr is ignored, here as in MMEngine (strict: false)');
  });

  it('leave a config that is wrong in other ways refused', () => {
    const wrong = { ...keys({ decay_multi: 0, lr_mult: -1 }), strict: false };
    expect(() => planParamGroups(smallModel(), cfg, wrong)).toThrow('lr_mult: found -1');
    expect(() => parseParamwise({ bias_lr_mlt: 2 })).toThrow('did you mean "bias_lr_mult"? (allowed');
  });
});

it('the JSON Schema has these names, with and without scopes', () => {
  const text = JSON.stringify(configJsonSchema());
  for (const name of ['QuadraticWarmupLR', '_scope_', 'base_total_batch_size', 'YOLOWv5OptimizerConstructor'])
    expect(text).toContain(name);
  const patterns = [...text.matchAll(/"pattern":"(\^\(\?:\[[^"]*LinearLR\)\$)"/g)].map(([, source]) =>
    JSON.parse(`"${source}"`),
  );
  const linear = new RegExp(patterns.find((source: string) => source.includes('(?:LinearLR)'))!);
  for (const name of ['LinearLR', 'mmdet.LinearLR', 'mmengine.optim.LinearLR']) expect(linear.test(name)).toBe(true);
  expect(linear.test('NonLinearLR')).toBe(false);
});
