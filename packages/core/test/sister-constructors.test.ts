/**
 * Constructors of the libraries around MMEngine against those libraries themselves.
 *
 * The figures in `data/sister-libraries.json` are what the classes of MMYOLO 0.6, YOLO-World, MMSegmentation 1.2, MMPose 1.3
 * and ViT-Adapter gave on PyTorch 1.13 with MMEngine 0.11: name, rate and decay of every parameter of `optimizer.param_groups`
 * for two small models, which were written out by `tools/describe_model.py`. For MMYOLO's the number of processes was set.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildOptimWrapper, explainParam, type ParamPlan, planParamGroups, readModel } from '../src/index.ts';
import { registerFakes } from './models.ts';

type Row = readonly [path: string, lr: number, decay: number];
const { models, groups: figures } = JSON.parse(
  readFileSync(new URL('data/sister-libraries.json', import.meta.url), 'utf8'),
) as { models: Record<'yolo' | 'layers' | 'blocks', unknown>; groups: Record<string, readonly Row[]> };

const YOLO = readModel(models.yolo);
const SGD = { type: 'SGD', lr: 0.01, momentum: 0.937, weight_decay: 0.0005, nesterov: true, batch_size_per_gpu: 16 };
const ADAMW = { type: 'AdamW', lr: 0.001, weight_decay: 0.05 };
const { momentum: _, nesterov: __, ...adamwOfYolo } = { ...SGD, type: 'AdamW' };

beforeAll(registerFakes);

/** Rate and decay of each parameter as the optimizer has them. The reference lists frozen parameters, which none steps. */
function expectFigures(plan: ParamPlan, name: string, isOrdered = false): void {
  const found = plan.groups.map(({ path, options }): Row => {
    const { lr = plan.base.lr!, weight_decay = plan.base.weight_decay! } = options;
    return [path, lr, weight_decay];
  });
  const wanted = figures[name]!.filter(([path]) => path !== 'head.frozen.weight');
  const inOrder = (rows: readonly Row[]) => (isOrdered ? rows : [...rows].sort(([a], [b]) => (a < b ? -1 : 1)));
  expect(inOrder(found).map(([path]) => path)).toEqual(inOrder(wanted).map(([path]) => path));
  for (const [index, [path, lr, decay]] of inOrder(found).entries()) {
    const [, wantedLr, wantedDecay] = inOrder(wanted)[index]!;
    expect(lr, `lr of ${path}`).toBeCloseTo(wantedLr, 15);
    expect(decay, `weight_decay of ${path}`).toBeCloseTo(wantedDecay, 15);
  }
}

describe('YOLOv5OptimizerConstructor and YOLOv7OptimWrapperConstructor', () => {
  const v5 = (world_size?: number) => ({
    optimizer: SGD,
    constructor: 'YOLOv5OptimizerConstructor',
    ...(world_size !== undefined && { paramwise_cfg: { base_total_batch_size: 64, world_size } }),
  });

  it.each([1, 3, 8])('make the groups that MMYOLO makes with %i processes, in its order', (world_size) => {
    const paramwise_cfg = { base_total_batch_size: 64, world_size };
    expectFigures(planParamGroups(YOLO, v5(world_size)), `yolov5 world ${world_size}`, true);
    const v7 = { optimizer: SGD, constructor: 'YOLOv7OptimWrapperConstructor', paramwise_cfg };
    expectFigures(planParamGroups(YOLO, v7), `yolov7 world ${world_size}`, true);
  });

  it('build three groups without batch_size_per_gpu', () => {
    const { optimizer } = buildOptimWrapper(YOLO, v5(8));
    expect(optimizer.paramGroups.map(({ params, weight_decay }) => [params.length, weight_decay])).toEqual([
      [4, 0.001],
      [1, 0],
      [5, 0],
    ]);
    expect(optimizer.defaults).not.toHaveProperty('batch_size_per_gpu');
    expect(optimizer.defaults).not.toHaveProperty('weight_decay');
  });

  it('take the class’s own decay for norms and biases, and say so where that is none of SGD', () => {
    const { batch_size_per_gpu: ___, ...optimizer } = adamwOfYolo;
    const plan = planParamGroups(YOLO, { optimizer, constructor: 'YOLOv5OptimizerConstructor' });
    expectFigures(plan, 'yolov5 adamw', true);
    expect(plan.warnings).toContain(
      "norms and biases decay by 0.01, the default of AdamW: YOLOv5OptimizerConstructor gives the config's weight_decay to weights alone",
    );
  });

  it('say why, what is not trained, and that the decay depends on the number of processes', () => {
    const plan = planParamGroups(YOLO, v5());
    expect(plan.warnings).toMatchInlineSnapshot(`
      [
        "weight_decay is for one process of 16 items: say world_size in paramwise_cfg where there are more, as the decay grows with the batch (base_total_batch_size 64)",
        "1 parameter is left out as requiring no gradient: head.frozen.weight",
        "3 parameters are not trained, as YOLOv5OptimizerConstructor takes weights and biases alone: neck.scale, head.ia.implicit, head.im.implicit",
      ]
    `);
    expect(explainParam(planParamGroups(YOLO, v5(8)), 'backbone.conv.weight')).toMatchInlineSnapshot(`
      "backbone.conv.weight (4, 3, 1, 1): lr 0.01, weight_decay 0.001
        lr: the optimizer's 0.01 holds
        weight_decay 0.001 = 0.0005 × 2, for 16 items × 8 processes (base_total_batch_size 64): it is a weight outside batch and instance norms"
    `);
    expect(explainParam(plan, 'backbone.bn.weight')).toMatchInlineSnapshot(`
      "backbone.bn.weight (4): lr 0.01, weight_decay 0
        lr: the optimizer's 0.01 holds
        weight_decay: the default of the optimizer's class (0) holds, as only weights have another: it is a weight of a batch or instance norm, or implicit knowledge"
    `);
    expect(explainParam(plan, 'neck.scale')).toMatchInlineSnapshot(`
      "neck.scale (4) is not trained
        YOLOv5OptimizerConstructor takes weights and biases alone"
    `);
  });

  it('refuse what they do not read', () => {
    const refused = (paramwise_cfg: object) => () => planParamGroups(YOLO, { ...v5(), paramwise_cfg });
    expect(refused({ norm_decay_mult: 0 })).toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: 2 problems:
        paramwise_cfg.base_total_batch_size: missing; give a finite number
        paramwise_cfg.norm_decay_mult: unknown field (allowed: base_total_batch_size, world_size, strict)]
    `);
    const lenient = { base_total_batch_size: 64, norm_decay_mult: 0, strict: false };
    expect(planParamGroups(YOLO, { ...v5(), paramwise_cfg: lenient }).warnings[0]).toBe(
      'paramwise_cfg.norm_decay_mult is ignored, here as in MMEngine (strict: false)',
    );
  });
});

describe('YOLOWv5OptimizerConstructor', () => {
  const keys = { backbone: { lr_mult: 0.1, decay_mult: 0.5 } };
  it.each([1, 3, 8])('decides as YOLO-World does with %i processes', (world_size) => {
    const paramwise = {
      base_total_batch_size: 64,
      bias_decay_mult: 0,
      norm_decay_mult: 0,
      custom_keys: keys,
      world_size,
    };
    const plan = planParamGroups(
      YOLO,
      { optimizer: adamwOfYolo, constructor: 'YOLOWv5OptimizerConstructor' },
      paramwise,
    );
    expectFigures(plan, `yolow world ${world_size}`, true);
    const bare = { optimizer: SGD, constructor: 'YOLOWv5OptimizerConstructor' };
    const bareFigures = planParamGroups(YOLO, bare, { base_total_batch_size: 64, world_size });
    // Without a rule there is one group, which holds frozen parameters too.
    expect(new Set(figures[`yolow bare world ${world_size}`]!.map(([, , decay]) => decay))).toEqual(
      new Set([bareFigures.base.weight_decay]),
    );
  });

  it('says how the decay came about', () => {
    const cfg = { optimizer: SGD, constructor: 'YOLOWv5OptimizerConstructor' };
    const plan = planParamGroups(YOLO, cfg, { bias_decay_mult: 0, world_size: 8 });
    expect(explainParam(plan, 'head.conv.weight')).toMatchInlineSnapshot(`
      "head.conv.weight (2, 4, 1, 1): lr 0.01, weight_decay 0.001
        lr: no rule applies, the optimizer's 0.01 holds
        weight_decay: no rule applies, the optimizer's 0.001 holds: weight_decay 0.001 = 0.0005 × 2, for 16 items × 8 processes (base_total_batch_size 64)"
    `);
  });
});

describe('ForceDefaultOptimWrapperConstructor', () => {
  const paramwise = {
    ...{ bias_decay_mult: 0, norm_decay_mult: 0, flat_decay_mult: 0.2, bias_lr_mult: 2 },
    custom_keys: {
      backbone: { lr_mult: 0.1, decay_mult: 0.5 },
      'head.conv': { lr: 0.3, weight_decay: 0.7 },
      'neck.dw': { lr: 0.4, weight_decay: 0.6 },
    },
  };
  const cfg = { optimizer: ADAMW, constructor: 'ForceDefaultOptimWrapperConstructor' };

  it('lets rules decide where keys match, with force_default_settings alone', () => {
    const forced = planParamGroups(YOLO, cfg, { ...paramwise, force_default_settings: true });
    expectFigures(forced, 'force', true);
    expectFigures(planParamGroups(YOLO, cfg, paramwise), 'not forced', true);
    expect(explainParam(forced, 'neck.dw.bias')).toMatchInlineSnapshot(`
      "neck.dw.bias (4): lr 0.002, weight_decay 0
        custom_keys["neck.dw"] is in "neck.dw.bias" and decides where no rule does
        lr = 0.001 × bias_lr_mult 2 = 0.002: it is a bias outside norms and deformable convolutions
        weight_decay = 0.05 × bias_decay_mult 0 = 0: it is a bias outside deformable convolutions
        flat_decay_mult is left out: bias_decay_mult comes first"
    `);
    expect(() => planParamGroups(YOLO, cfg, { force_default_settings: 1 })).toThrow(
      'paramwise_cfg.force_default_settings: found 1; allowed is true or false',
    );
    expect(() => planParamGroups(YOLO, { optimizer: ADAMW }, { force_default_settings: true })).toThrow(
      'unknown field',
    );
  });
});

describe('layer decay', () => {
  const LAYERS = readModel(models.layers);
  const planned = (maker: string, paramwise: object, model = LAYERS) =>
    planParamGroups(model, { optimizer: ADAMW, constructor: maker }, paramwise);

  it('of MMDetection and MMSegmentation takes the decay of biases and flat parameters away', () => {
    const paramwise = { num_layers: 3, decay_rate: 0.5, decay_type: 'layer_wise' };
    for (const name of ['LearningRateDecayOptimizerConstructor', 'mmseg.LearningRateDecayOptimizerConstructor']) {
      const plan = planned(name, paramwise);
      expectFigures(plan, 'mmseg layer');
      expect(plan.warnings).toEqual([]);
    }
  });

  it('of MMSegmentation goes by its older name too', () => {
    expectFigures(planned('LayerDecayOptimizerConstructor', { num_layers: 3, layer_decay_rate: 0.5 }), 'mmseg older');
  });

  it('of MMPose is another than ours of that name, and reads no custom keys', () => {
    const paramwise = { num_layers: 3, layer_decay_rate: 0.5, custom_keys: { bias: { decay_multi: 0 } } };
    const plan = planned('mmpose.LayerDecayOptimWrapperConstructor', paramwise);
    expectFigures(plan, 'mmpose layer');
    expect(plan.warnings).toMatchInlineSnapshot(`
      [
        "mmpose.LayerDecayOptimWrapperConstructor of MMPose does not read custom_keys, so nothing here does; LayerDecayOptimWrapperConstructor does",
      ]
    `);
    const scoped = { optimizer: ADAMW, constructor: 'LayerDecayOptimWrapperConstructor', _scope_: 'mmpose' };
    expectFigures(planParamGroups(LAYERS, scoped, paramwise), 'mmpose layer');
    const ours = planned('LayerDecayOptimWrapperConstructor', { num_layers: 3, layer_decay_rate: 0.5 });
    expect(ours.warnings.join()).toContain('say mmpose.LayerDecayOptimWrapperConstructor for that one');
  });

  it('of ViT-Adapter numbers the queries of a mask decoder among the embeddings', () => {
    const name = 'CustomLayerDecayOptimizerConstructor';
    expectFigures(planned(name, { num_layers: 3, layer_decay_rate: 0.5 }), 'custom layers');
    const blocks = readModel(models.blocks);
    expectFigures(planned(name, { num_layers: 5, layer_decay_rate: 0.5 }, blocks), 'custom blocks');
    expect(() => planned(name, { layer_decay_rate: 0.5 })).toThrow('paramwise_cfg.num_layers: missing');
  });

  it('of MMPretrain sets the rate by layer alone', () => {
    const paramwise = { layer_decay_rate: 0.5, custom_keys: { cls_token: { decay_mult: 0, lr_mult: 3 } } };
    const plan = planned('mmpretrain.LearningRateDecayOptimWrapperConstructor', paramwise);
    const token = plan.groups.find(({ path }) => path === 'backbone.cls_token')!;
    expect(token.options).toMatchObject({ lr: 0.001 * 0.5 ** 4, weight_decay: 0 });
    expect(plan.warnings[0]).toContain('does not read custom_keys["cls_token"].lr_mult');
    const unasked = planned('LearningRateDecayOptimWrapperConstructor', { norm_decay_mult: 0 });
    expect(new Set(unasked.groups.map(({ options }) => options.lr))).toEqual(new Set([0.001]));
  });
});
