/** Layer decay: layers worked out by hand for the models of torchvision and for the names of timm and OpenMMLab. */
import { beforeAll, describe, expect, it } from 'vitest';
import { describeGolden, golden } from '../../../testing/golden.ts';
import {
  buildOptimWrapper,
  LayerDecayOptimWrapperConstructor,
  type ModuleView,
  type ParamView,
  parseLayerDecay,
  planParamGroups,
  readModel,
} from '../src/index.ts';
import { node, other, param, registerFakes } from './models.ts';

const LR = 0.001;
const optimizer = { type: 'AdamW', lr: LR, weight_decay: 0.05 };
const BY_LAYER = 'LayerDecayOptimWrapperConstructor';

beforeAll(registerFakes);

const planned = (model: ModuleView, paramwise: object, name = BY_LAYER) =>
  planParamGroups(model, { optimizer, constructor: name }, paramwise);
const ratesOf = (model: ModuleView, paramwise: object): Record<string, number> =>
  Object.fromEntries(planned(model, paramwise).groups.map(({ path, options }) => [path, options.lr!]));

/** A model of parameters at these paths, all trained unless listed in `frozen`. */
function modelOf(paths: readonly string[], frozen: readonly string[] = []): ModuleView {
  const tree = (under: string): ModuleView => {
    const inside = paths.filter((path) => path.startsWith(under)).map((path) => path.slice(under.length));
    const children = [...new Set(inside.filter((path) => path.includes('.')).map((path) => path.split('.')[0]!))];
    const own = inside.filter((path) => !path.includes('.'));
    return node(
      other,
      Object.fromEntries(own.map((name) => [name, param([4, 4], !frozen.includes(under + name))])),
      Object.fromEntries(children.map((name) => [name, tree(`${under}${name}.`)])),
    );
  };
  return tree('');
}

/** Each path with its layer → the rates it must have, by powers taken one factor at a time. */
function expectLayers(model: ModuleView, paramwise: object, last: number, layers: Record<string, number>): void {
  const rates = ratesOf(model, { decay_rate: 0.75, flat_decay_mult: 0, ...paramwise });
  for (const [path, layer] of Object.entries(layers)) {
    let rate = LR;
    for (let step = layer; step < last; step++) rate *= 0.75;
    expect(rates[path], `${path} in layer ${layer}`).toBeCloseTo(rate, 12);
  }
}

const VIT_B_16 = {
  class_token: 0,
  'conv_proj.weight': 0,
  'conv_proj.bias': 0,
  'encoder.pos_embedding': 0,
  'encoder.layers.encoder_layer_0.ln_1.weight': 1,
  'encoder.layers.encoder_layer_0.self_attention.in_proj_weight': 1,
  'encoder.layers.encoder_layer_1.mlp.0.weight': 2,
  'encoder.layers.encoder_layer_9.ln_2.bias': 10,
  'encoder.layers.encoder_layer_10.mlp.3.weight': 11,
  'encoder.layers.encoder_layer_11.self_attention.out_proj.bias': 12,
  'encoder.ln.weight': 13,
  'heads.head.weight': 13,
};
/** Depths 2, 2, 6, 2. */
const SWIN_T = {
  'features.0.0.weight': 0,
  'features.0.2.bias': 0,
  'features.1.0.attn.relative_position_bias_table': 1,
  'features.1.1.mlp.0.weight': 2,
  'features.2.reduction.weight': 2,
  'features.3.0.norm1.weight': 3,
  'features.3.1.attn.qkv.bias': 4,
  'features.4.norm.weight': 4,
  'features.5.0.attn.qkv.weight': 5,
  'features.5.5.mlp.3.bias': 10,
  'features.6.reduction.weight': 10,
  'features.7.0.attn.proj.weight': 11,
  'features.7.1.norm2.weight': 12,
  'norm.weight': 13,
  'head.weight': 13,
};
/** Depths 3, 3, 9, 3: of stage 2 every three blocks are a layer. */
const CONVNEXT_TINY = {
  'features.0.0.weight': 0,
  'features.0.1.weight': 0,
  'features.1.0.layer_scale': 1,
  'features.1.2.block.5.bias': 1,
  'features.2.1.weight': 2,
  'features.3.0.block.0.weight': 2,
  'features.4.0.bias': 3,
  'features.5.2.block.3.weight': 3,
  'features.5.3.layer_scale': 4,
  'features.5.8.block.0.weight': 5,
  'features.6.1.weight': 6,
  'features.7.2.block.2.weight': 6,
  'classifier.0.weight': 7,
  'classifier.2.bias': 7,
};

describeGolden('layers of torchvision’s models', () => {
  const read = (name: string) => golden<Record<string, unknown>>(`param-groups/models/${name}.json.gz`);

  it.each([
    { name: 'vit_b_16', paramwise: {}, last: 13, layers: VIT_B_16 },
    { name: 'swin_t', paramwise: {}, last: 13, layers: SWIN_T },
    { name: 'convnext_tiny', paramwise: {}, last: 7, layers: CONVNEXT_TINY },
    // MMDetection's count for ConvNeXt-T in its large configs: the last stage is layer num_layers, whatever lies between.
    {
      name: 'convnext_tiny',
      paramwise: { num_layers: 12 },
      last: 13,
      layers: {
        'features.0.0.weight': 0,
        'features.5.8.block.0.weight': 5,
        'features.6.1.weight': 12,
        'classifier.2.bias': 13,
      },
    },
    {
      name: 'swin_t',
      paramwise: { decay_type: 'stage_wise' },
      last: 5,
      layers: {
        'features.0.0.weight': 0,
        'features.1.1.norm1.weight': 1,
        'features.2.reduction.weight': 1,
        'features.3.0.norm1.weight': 2,
        'features.5.4.mlp.0.weight': 3,
        'features.6.norm.bias': 3,
        'features.7.0.attn.qkv.weight': 4,
        'head.bias': 5,
      },
    },
    {
      name: 'convnext_tiny',
      paramwise: { decay_type: 'stage_wise', num_layers: 6 },
      last: 7,
      layers: {
        'features.0.0.weight': 0,
        'features.2.1.weight': 0,
        'features.6.1.weight': 0,
        'features.1.0.layer_scale': 1,
        'features.5.8.layer_scale': 3,
        'features.7.0.layer_scale': 4,
        'classifier.0.bias': 7,
      },
    },
  ])('$name $paramwise', ({ name, paramwise, last, layers }) => {
    expectLayers(readModel(read(name)), paramwise, last, layers as Record<string, number>);
  });

  it.each([
    { name: 'vit_b_16', last: 13, layers: VIT_B_16, frozen: /encoder_layer_(0|11)\.|class_token/ },
    { name: 'swin_t', last: 13, layers: SWIN_T, frozen: /^features\.[01]\.|features\.7/ },
    { name: 'convnext_tiny', last: 7, layers: CONVNEXT_TINY, frozen: /^features\.5\.[5-8]|^features\.0/ },
  ])('$name is not renumbered by frozen parameters', ({ name, last, layers, frozen }) => {
    const isFrozen = (path: string) => frozen.test(path);
    const model = readModel(frozenAt(read(name), isFrozen));
    const trained = Object.entries(layers).filter(([path]) => !isFrozen(path));
    expect(trained.length).toBeLessThan(Object.keys(layers).length);
    const rates = ratesOf(model, { decay_rate: 0.75, flat_decay_mult: 0 });
    for (const path of Object.keys(layers).filter(isFrozen)) expect(rates).not.toHaveProperty([path]);
    expectLayers(model, {}, last, Object.fromEntries(trained));
  });

  it('a sum over all of ViT-B/16: 12 parameters in each of 12 blocks, 4 before, 4 after', () => {
    const groups = planned(readModel(read('vit_b_16')), { decay_rate: 0.5, flat_decay_mult: 0 }).groups;
    const total = groups.reduce((sum, { options }) => sum + options.lr!, 0);
    let expected = 4 * LR * 0.5 ** 13 + 4 * LR;
    for (let block = 0; block < 12; block++) expected += 12 * LR * 0.5 ** (12 - block);
    expect(total).toBeCloseTo(expected, 12);
  });
});

interface TreeNode {
  params: { name: string; requires_grad: boolean }[];
  children: [string, TreeNode][];
}

function frozenAt(file: Record<string, unknown>, isFrozen: (path: string) => boolean): unknown {
  const copy = structuredClone(file);
  const visit = (tree: TreeNode, prefix: string): void => {
    for (const entry of tree.params) if (isFrozen(prefix + entry.name)) entry.requires_grad = false;
    for (const [name, child] of tree.children) visit(child, `${prefix}${name}.`);
  };
  visit(copy.root as TreeNode, '');
  return copy;
}

describe('layers by the names of timm and OpenMMLab', () => {
  it.each([
    {
      family: 'ViT of timm',
      last: 3,
      layers: {
        cls_token: 0,
        pos_embed: 0,
        'patch_embed.proj.weight': 0,
        'blocks.0.norm1.weight': 1,
        'blocks.1.attn.qkv.weight': 2,
        'norm.weight': 3,
        'head.weight': 3,
      },
    },
    {
      family: 'ViT of MMPretrain',
      last: 3,
      layers: {
        'backbone.cls_token': 0,
        'backbone.patch_embed.projection.weight': 0,
        'backbone.layers.0.ln1.weight': 1,
        'backbone.layers.1.ffn.layers.0.0.weight': 2,
        'backbone.ln1.weight': 3,
        'head.layers.0.weight': 3,
      },
    },
    {
      family: 'Swin of MMPretrain, whose down-sampling ends a stage',
      last: 4,
      layers: {
        'backbone.patch_embed.projection.weight': 0,
        'backbone.stages.0.blocks.0.attn.w_msa.qkv.weight': 1,
        'backbone.stages.0.blocks.1.norm1.weight': 2,
        'backbone.stages.0.downsample.reduction.weight': 2,
        'backbone.stages.1.blocks.0.norm1.weight': 3,
        'backbone.norm3.weight': 4,
        'neck.layers.0.attn.weight': 4,
      },
    },
    {
      family: 'Swin of timm, whose down-sampling begins one',
      last: 4,
      layers: {
        'patch_embed.proj.weight': 0,
        'layers.0.blocks.0.attn.qkv.weight': 1,
        'layers.0.blocks.1.norm1.weight': 2,
        'layers.1.downsample.reduction.weight': 2,
        'layers.1.blocks.0.attn.qkv.weight': 3,
        'norm.weight': 4,
        'head.fc.weight': 4,
      },
    },
    {
      family: 'ConvNeXt of MMDetection',
      last: 6,
      layers: {
        'backbone.downsample_layers.0.0.weight': 0,
        'backbone.stages.0.1.gamma': 1,
        'backbone.downsample_layers.1.0.weight': 2,
        'backbone.stages.1.0.gamma': 2,
        'backbone.downsample_layers.2.1.weight': 3,
        'backbone.stages.2.2.gamma': 3,
        'backbone.stages.2.5.gamma': 4,
        'backbone.downsample_layers.3.1.weight': 5,
        'backbone.stages.3.0.gamma': 5,
        'backbone.norm0.weight': 6,
        'rpn_head.weight': 6,
      },
    },
    {
      family: 'ConvNeXt of timm',
      last: 6,
      layers: {
        'stem.0.weight': 0,
        'stages.0.blocks.0.conv_dw.weight': 1,
        'stages.1.downsample.1.weight': 2,
        'stages.1.blocks.0.gamma': 2,
        'stages.2.downsample.0.weight': 3,
        'stages.2.blocks.3.gamma': 4,
        'stages.2.blocks.5.gamma': 4,
        'stages.3.downsample.0.weight': 5,
        'stages.3.blocks.1.gamma': 5,
        'head.fc.weight': 6,
      },
    },
  ])('$family', ({ last, layers }) => {
    expectLayers(modelOf(Object.keys(layers)), {}, last, layers as unknown as Record<string, number>);
  });

  it('stage-wise as MMDetection’s own test has it: rates 2 ** 7 for the stem to 1 for the head', () => {
    const model = modelOf([
      'backbone.downsample_layers.0.0.weight',
      'backbone.downsample_layers.1.0.weight',
      'backbone.stages.0.0.gamma',
      'backbone.stages.1.0.gamma',
      'backbone.stages.2.0.gamma',
      'backbone.stages.3.0.gamma',
      'head.weight',
    ]);
    const rates = ratesOf(model, { decay_rate: 2, decay_type: 'stage_wise', num_layers: 6 });
    expect(Object.values(rates).map((rate) => rate / LR)).toEqual([128, 128, 64, 32, 16, 8, 1]);
  });

  it('a backbone under another path', () => {
    const layers = {
      'encoder.vit.pos_embed': 0,
      'encoder.vit.blocks.0.attn.qkv.weight': 1,
      'decoder.blocks.0.attn.qkv.weight': 2,
    };
    expectLayers(modelOf(Object.keys(layers)), { backbone: 'encoder.vit' }, 2, layers);
  });
});

describe('layer_of', () => {
  const model = modelOf(['stem.w', 'a.w', 'b.w', 'b.bias', 'out.w']);
  const ids: Record<string, number> = { stem: 0, a: 1, b: 2, out: 3 };
  const layer_of = (path: string) => ids[path.split('.')[0]!]!;

  it('numbers any model; the highest layer has the full rate', () => {
    expect(ratesOf(model, { decay_rate: 0.5, layer_of })).toEqual({
      'stem.w': LR / 8,
      'a.w': LR / 4,
      'b.w': LR / 2,
      'b.bias': LR / 2,
      'out.w': LR,
    });
  });

  it('sees frozen parameters, so that these shift nothing', () => {
    const seen: [string, boolean][] = [];
    const look = (path: string, { requiresGrad }: ParamView) => {
      seen.push([path, requiresGrad]);
      return layer_of(path);
    };
    const frozen = modelOf(['stem.w', 'a.w', 'b.w', 'out.w'], ['out.w', 'stem.w']);
    expect(ratesOf(frozen, { decay_rate: 0.5, layer_of: look })).toEqual({ 'a.w': LR / 4, 'b.w': LR / 2 });
    expect(seen).toContainEqual(['out.w', false]);
  });

  it('is refused where it gives no layer', () => {
    const refused = (fields: object) => () => planned(model, { decay_rate: 0.5, ...fields });
    expect(refused({ layer_of: () => 0.5 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.layer_of: found 0.5 for stem.w; allowed is a whole number from 0 up]`,
    );
    expect(refused({ layer_of, num_layers: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.layer_of: found 3 for out.w; allowed is a whole number from 0 to 2, which is num_layers + 1]`,
    );
    expect(refused({ layer_of: 'vit' })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.layer_of: found "vit"; allowed is a function (path, param) => layer]`,
    );
  });
});

describe('with the other rules', () => {
  const paths = ['patch_embed.w', 'blocks.0.attn.w', 'blocks.0.attn.bias', 'blocks.1.attn.w', 'head.w', 'head.bias'];
  const decay = { decay_rate: 0.5, flat_decay_mult: 0 };

  it('multipliers multiply the layer’s rate; a custom lr is that very rate', () => {
    const custom_keys = { 'blocks.0': { lr_mult: 3, decay_mult: 0.1 }, 'head.w': { lr: 7 } };
    const { groups } = planned(modelOf(paths), { ...decay, bias_lr_mult: 2, custom_keys });
    expect(groups.map(({ options }) => options)).toEqual([
      { lr: LR / 8 },
      { lr: (LR * 3) / 4, weight_decay: 0.05 * 0.1, lr_mult: 3, decay_mult: 0.1 },
      { lr: (LR * 3) / 4, weight_decay: 0.05 * 0.1, lr_mult: 3, decay_mult: 0.1 },
      { lr: LR / 2 },
      { lr: 7, weight_decay: 0.05 },
      { lr: LR * 2 },
    ]);
  });

  it('keys that set only the decay leave the rate alone in either mode', () => {
    const custom_keys = { '.bias': { decay_mult: 0 } };
    for (const custom_keys_mode of ['replace', 'compose']) {
      const rates = ratesOf(modelOf(paths), { ...decay, bias_lr_mult: 1, custom_keys_mode, custom_keys });
      expect(rates['blocks.0.attn.bias']).toBe(LR / 4);
    }
  });

  it('an algorithm for matrices decays from its own rate', () => {
    const matrix_algorithm = { type: 'Muon', lr: 0.02 };
    const { groups } = planned(modelOf(paths), { ...decay, matrix_algorithm });
    expect(groups[1]!.options).toEqual({ algorithm: 'Muon', lr: 0.005 });
    expect(groups[0]!.options).toEqual({ lr: LR / 8 });
  });

  it('reasons give the layer and the factor', () => {
    const [, first] = planned(modelOf(paths), { ...decay, custom_keys: { 'blocks.0': { lr_mult: 3 } } }).groups;
    expect(first!.decidedBy).toEqual(['custom_keys["blocks.0"]', 'layer 1']);
    expect(first!.reasons).toMatchInlineSnapshot(`
      [
        "custom_keys["blocks.0"] is in "blocks.0.attn.w" and decides alone",
        "lr = 0.001 × lr_mult 3 × layer_decay 0.25 = 0.00075",
        "it is in layer 1 of 0 to 3: layer_decay = decay_rate 0.5 ** (3 − 1) = 0.25",
        "weight_decay = 0.05 × decay_mult 1 = 0.05",
      ]
    `);
    expect(planned(modelOf(paths), decay).groups[0]!.reasons).toMatchInlineSnapshot(`
      [
        "lr = 0.001 × layer_decay 0.125 = 0.000125",
        "it is in layer 0 of 0 to 3: layer_decay = decay_rate 0.5 ** (3 − 0) = 0.125",
        "weight_decay: no rule applies, the optimizer's 0.05 holds",
      ]
    `);
  });

  it('groups merge by layer', () => {
    const paramwise_cfg = { ...decay, merge_groups: true };
    const { paramGroups } = buildOptimWrapper(modelOf(paths), {
      optimizer: { ...optimizer, type: 'SGD' },
      constructor: BY_LAYER,
      paramwise_cfg,
    }).optimizer;
    expect(paramGroups.map(({ name, paramNames }) => [name, paramNames])).toEqual([
      ['layer 0', ['patch_embed.w']],
      ['layer 1', ['blocks.0.attn.w', 'blocks.0.attn.bias']],
      ['layer 2', ['blocks.1.attn.w']],
      ['layer 3', ['head.w', 'head.bias']],
    ]);
  });

  it('warns where no decay rule is set, as MMDetection has a hidden one', () => {
    expect(planned(modelOf(paths), { decay_rate: 0.5 }).warnings).toMatchInlineSnapshot(`
      [
        "weight_decay acts on norms and biases too, which MMDetection’s layer decay exempts; set flat_decay_mult: 0 to exempt them here, 1 to keep it so",
      ]
    `);
    expect(planned(modelOf(paths), { decay_rate: 0.5, norm_decay_mult: 0 }).warnings.join()).not.toContain('exempts');
  });
});

describe('the constructor', () => {
  const model = modelOf(['backbone.patch_embed.w', 'backbone.blocks.0.attn.w', 'head.w']);
  const rates = [LR / 4, LR / 2, LR];

  it.each([
    [BY_LAYER, { decay_rate: 0.5 }],
    ['LearningRateDecayOptimWrapperConstructor', { layer_decay_rate: 0.5 }],
    ['LearningRateDecayOptimizerConstructor', { decay_rate: 0.5, decay_type: 'layer_wise', num_layers: 1 }],
  ])('%s is registered, takes %j, and plans as planParamGroups does', (name, paramwise_cfg) => {
    const cfg = { optimizer: { ...optimizer, type: 'SGD' }, constructor: name, paramwise_cfg };
    const { paramGroups } = buildOptimWrapper(model, cfg).optimizer;
    expect(paramGroups.map(({ lr }) => lr)).toEqual(rates);
    expect(planParamGroups(model, cfg).groups.map(({ options }) => options.lr)).toEqual(rates);
    expect(new LayerDecayOptimWrapperConstructor(cfg).plan(model).groups.map(({ options }) => options.lr)).toEqual(
      rates,
    );
  });

  it('refuses what it cannot decay', () => {
    const refused = (paramwise: object, at = model, opt: object = optimizer) => {
      return () => planParamGroups(at, { optimizer: opt, constructor: BY_LAYER }, paramwise);
    };
    expect(refused({})).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.decay_rate: missing; give a number above 0]`,
    );
    expect(refused({ decay_rate: 0.5, layer_decay_rate: 0.6 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.decay_rate: found 0.5; allowed is one of decay_rate and layer_decay_rate]`,
    );
    expect(refused({ decay_rat: 0.5 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.decay_rat: unknown field; did you mean "decay_rate"? (allowed: decay_rate, layer_decay_rate, decay_type, num_layers, backbone, layer_of, custom_keys, bias_lr_mult, bias_decay_mult, norm_decay_mult, dwconv_decay_mult, dcn_offset_lr_mult, flat_decay_mult, bypass_duplicate, custom_keys_mode, custom_keys_match, matrix_algorithm, merge_groups, strict)]`,
    );
    expect(refused({ decay_rate: 0.5 }, model, { type: 'SGD' })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.decay_rate: needs the optimizer's lr, which it multiplies; set optim_wrapper.optimizer.lr]`,
    );
    expect(refused({ decay_rate: 0.5 }, modelOf(['layer1.w', 'fc.w']))).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.layer_of: missing; give a function (path, param) => layer: the parameters of the model are not named as those of a ViT, Swin or ConvNeXt]`,
    );
    expect(refused({ decay_rate: 0.5, decay_type: 'stage_wise' })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.decay_type: found "stage_wise"; allowed is "layer_wise" for a ViT, which has no stages]`,
    );
    expect(refused({ decay_rate: 0.5, backbone: 'bckbone' })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.backbone: found "bckbone"; allowed is the path of a module with parameters]`,
    );
    const deep = modelOf(['blocks.0.attn.w', 'blocks.1.attn.w', 'blocks.2.attn.w']);
    expect(refused({ decay_rate: 0.5, num_layers: 2 }, deep)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.num_layers: found 2; allowed is 3, which the model has, or more]`,
    );
    // Layer decay is a constructor's: the default one does not know its fields.
    expect(() => planParamGroups(model, { optimizer }, { decay_rate: 0.5 })).toThrow('decay_rate: unknown field');
  });

  it('reads its config', () => {
    expect(parseLayerDecay({ layer_decay_rate: 0.5, norm_decay_mult: 0 })).toEqual({
      decay_rate: 0.5,
      norm_decay_mult: 0,
    });
  });
});
