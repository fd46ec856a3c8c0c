/** Settings that PyTorch takes by position and that are options here are refused, never ignored. */
import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.ts';
import { nn, ones, tensor } from '../src/index.ts';

type Constructor = new (...args: unknown[]) => nn.Module;

const encoderLayer = () => new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 4 });
const decoderLayer = () => new nn.TransformerDecoderLayer(4, 2, { dimFeedforward: 4 });

/** What stands before the options of every layer that has options. */
const WITH_OPTIONS: Readonly<Record<string, () => unknown[]>> = {
  ...same([8, 8, 3], 'Conv1d', 'Conv2d', 'Conv3d', 'ConvTranspose1d', 'ConvTranspose2d', 'ConvTranspose3d'),
  ...same([8, 8, 3], 'DeformConv2d', 'DeformConv2dPack', 'ModulatedDeformConv2d', 'ModulatedDeformConv2dPack'),
  ...same([4, 4], 'Linear', 'RNN', 'LSTM', 'GRU', 'RNNCell', 'LSTMCell', 'GRUCell', 'Embedding', 'EmbeddingBag'),
  ...same([4, 4, 4], 'Bilinear'),
  ...same([8], 'BatchNorm1d', 'BatchNorm2d', 'BatchNorm3d', 'SyncBatchNorm'),
  ...same([8], 'InstanceNorm1d', 'InstanceNorm2d', 'InstanceNorm3d', 'LayerNorm', 'LocalResponseNorm', 'PReLU'),
  ...same([2, 8], 'GroupNorm'),
  ...same([8, 2], 'MultiheadAttention', 'TransformerEncoderLayer', 'TransformerDecoderLayer'),
  ...same([3], 'MaxPool1d', 'MaxPool2d', 'MaxPool3d', 'AvgPool1d', 'AvgPool2d', 'AvgPool3d', 'Unfold'),
  ...same([4, 2], 'Fold'),
  ...same([], 'BCELoss', 'BCEWithLogitsLoss', 'CTCLoss', 'CosineEmbeddingLoss', 'CrossEntropyLoss', 'GaussianNLLLoss'),
  ...same([], 'HingeEmbeddingLoss', 'HuberLoss', 'KLDivLoss', 'L1Loss', 'MSELoss', 'MarginRankingLoss', 'NLLLoss'),
  ...same([], 'MultiLabelMarginLoss', 'MultiLabelSoftMarginLoss', 'MultiMarginLoss', 'PoissonNLLLoss'),
  ...same([], 'SmoothL1Loss', 'SoftMarginLoss', 'TripletMarginLoss'),
  ...same([], 'CosineSimilarity', 'GELU', 'PairwiseDistance', 'Transformer', 'Upsample'),
  TransformerEncoder: () => [encoderLayer(), 1],
  TransformerDecoder: () => [decoderLayer(), 1],
};

/** All arguments of the others. */
const WITHOUT_OPTIONS: Readonly<Record<string, () => unknown[]>> = {
  ...same([], 'Hardsigmoid', 'Hardswish', 'LogSigmoid', 'Mish', 'ReLU', 'ReLU6', 'SELU', 'SiLU', 'Sigmoid'),
  ...same([], 'Softmax2d', 'Softsign', 'Tanh', 'Tanhshrink'),
  ...same([1], 'CELU', 'ELU', 'GLU', 'Hardshrink', 'LeakyReLU', 'LogSoftmax', 'Softmax', 'Softmin', 'Softshrink'),
  ...same([0.5], 'AlphaDropout', 'Dropout', 'Dropout1d', 'Dropout2d', 'Dropout3d', 'FeatureAlphaDropout'),
  ...same([0, 1], 'Hardtanh', 'RReLU', 'Softplus', 'Threshold', 'Flatten'),
  ...same([2], 'AdaptiveAvgPool1d', 'AdaptiveAvgPool2d', 'AdaptiveAvgPool3d', 'ChannelShuffle'),
  ...same([2], 'AdaptiveMaxPool1d', 'AdaptiveMaxPool2d', 'AdaptiveMaxPool3d', 'PixelShuffle', 'PixelUnshuffle'),
  ...same([2, 0], 'ConstantPad1d', 'ConstantPad2d', 'ConstantPad3d'),
  ...same([2], 'ReflectionPad1d', 'ReflectionPad2d', 'ReflectionPad3d', 'ZeroPad1d', 'ZeroPad2d', 'ZeroPad3d'),
  ...same([2], 'ReplicationPad1d', 'ReplicationPad2d', 'ReplicationPad3d'),
  ...same([1, [2, 2]], 'Unflatten'),
  ...same([[]], 'ModuleList', 'ParameterList'),
  ...same([{}], 'ModuleDict', 'ParameterDict'),
};

/** Takes layers, as many as there are; takes and ignores anything, as in PyTorch; is there to be derived from. */
const OTHERS = ['Sequential', 'Identity', 'Module'];

function same(args: unknown[], ...names: string[]): Record<string, () => unknown[]> {
  return Object.fromEntries(names.map((name) => [name, () => args]));
}

const layers = Object.entries(nn).filter(
  ([, value]) => typeof value === 'function' && (value === nn.Module || value.prototype instanceof nn.Module),
) as [string, Constructor][];

const layerNamed = (name: string) => (nn as unknown as Record<string, Constructor>)[name] as Constructor;

/** Upsample needs one of its options. */
const OPTIONS: Readonly<Record<string, object>> = { Upsample: { size: 2 }, Transformer: { numEncoderLayers: 1 } };

it('knows every exported layer', () => {
  const known = [...Object.keys(WITH_OPTIONS), ...Object.keys(WITHOUT_OPTIONS), ...OTHERS];
  expect(layers.map(([name]) => name).sort()).toEqual(known.sort());
});

describe.each(Object.keys(WITH_OPTIONS))('nn.%s', (name) => {
  const Layer = layerNamed(name);
  const args = () => WITH_OPTIONS[name]?.() ?? [];

  it.each([2, 1e-3, true, false, 'tanh', null, [2, 2]])('refuses %j where its options stand', (wrong) => {
    expect(() => new Layer(...args(), wrong)).toThrow(`${name}: options are an object; found `);
  });

  it('refuses a tensor and another layer where its options stand', () => {
    expect(() => new Layer(...args(), ones([2]))).toThrow(`${name}: options are an object; found a Tensor`);
    expect(() => new Layer(...args(), new nn.LayerNorm(4))).toThrow(
      `${name}: options are an object; found a LayerNorm`,
    );
  });

  it('refuses an argument behind its options', () => {
    expect(() => new Layer(...args(), OPTIONS[name] ?? {}, 1)).toThrow(`${name}: an argument too many: 1`);
  });

  it('takes an object', () => {
    expect(new Layer(...args(), OPTIONS[name] ?? {})).toBeInstanceOf(nn.Module);
  });
});

it.each(Object.keys(WITHOUT_OPTIONS))('nn.%s refuses an argument too many', (name) => {
  const Layer = layerNamed(name);
  const args = WITHOUT_OPTIONS[name]?.() ?? [];
  expect(new Layer(...args)).toBeInstanceOf(nn.Module);
  const all = [...args, ...new Array<undefined>(Math.max(0, Layer.length - args.length)).fill(undefined)];
  expect(() => new Layer(...all, true)).toThrow(`${name}: an argument too many: true`);
});

it('takes undefined for an argument that is not given', () => {
  const ReLU = nn.ReLU as unknown as Constructor;
  expect(new ReLU(undefined)).toBeInstanceOf(nn.ReLU);
  expect(() => new ReLU(undefined, 1)).toThrow('ReLU: an argument too many: 1');
});

it('Identity ignores its arguments, as in PyTorch', () => {
  const Identity = nn.Identity as unknown as Constructor;
  expect(new Identity(54, { unused: true })).toBeInstanceOf(nn.Identity);
});

describe('what to write instead', () => {
  /** As plain JavaScript calls it: without types. */
  const made = (name: string, ...args: unknown[]) => new (layerNamed(name))(...args);
  const called = (fn: unknown, ...args: unknown[]) => (fn as (...args: unknown[]) => unknown)(...args);
  const x = ones([1, 2, 4, 4]);
  const cases: [() => unknown, string][] = [
    [
      () => made('Conv2d', 1, 8, 3, 2),
      "Conv2d: options are an object; found 2 — PyTorch's argument by position is { stride: 2 }",
    ],
    [() => made('Conv2d', 1, 8, 3, 2, 1), 'Conv2d: options are an object; found 2'],
    [() => made('Conv2d', 1, 8, 3, [2, 1]), "found [2, 1] — PyTorch's argument by position is { stride: [2, 1] }"],
    [
      () => made('MaxPool2d', 3, 2),
      "MaxPool2d: options are an object; found 2 — PyTorch's argument by position is { stride: 2 }",
    ],
    [
      () => made('Linear', 4, 4, false),
      "Linear: options are an object; found false — PyTorch's argument by position is { bias: false }",
    ],
    [
      () => made('BatchNorm2d', 8, 1e-3),
      "BatchNorm2d: options are an object; found 0.001 — PyTorch's argument by position is { eps: 0.001 }",
    ],
    [() => made('LayerNorm', 8, 1e-3), 'by position is { eps: 0.001 }'],
    [() => made('EmbeddingBag', 5, 4, 'sum'), 'by position is { mode: "sum" }'],
    [() => made('Embedding', 5, 4, 0), 'by position is { paddingIdx: 0 }'],
    [
      () => made('GELU', 'tanh'),
      'GELU: options are an object; found "tanh" — PyTorch\'s argument by position is { approximate: "tanh" }',
    ],
    [() => made('GRU', 4, 4, 2), 'by position is { numLayers: 2 }'],
    [() => made('MSELoss', 'sum'), 'by position is { reduction: "sum" }'],
    [() => made('MSELoss', false), 'MSELoss: options are an object; found false — options: reduction'],
    [() => made('Upsample'), 'Upsample: options are an object; found undefined — options: size, scaleFactor'],
    [() => made('ReLU', true), 'ReLU: an argument too many: true'],
    [
      () => called(torch.zeros, [2, 3], 'int64'),
      'zeros: options are an object; found "int64" — PyTorch\'s argument by position is { dtype: "int64" }',
    ],
    [() => called(torch.zeros, [2, 3], { requires_grad: true }), 'zeros: unknown option "requires_grad"'],
    [() => called(torch.zeros, [2, 3], { dtpye: 'int64' }), 'unknown option "dtpye"; did you mean "dtype"?'],
    [() => called(tensor, [1, 2], 'int64'), 'tensor: options are an object; found "int64"'],
    [() => called(torch.arange, 0, 4, 1, 'float32'), 'arange: options are an object; found "float32"'],
    [
      () => called(nn.functional.conv2d, x, ones([1, 2, 1, 1]), null, 2),
      "conv2d: options are an object; found 2 — PyTorch's argument by position is { stride: 2 }",
    ],
    [() => called(nn.functional.maxPool2d, x, 2, 1), 'maxPool2d: options are an object; found 1'],
    [() => called(nn.functional.batchNorm, x, ones([2])), 'by position is { runningMean: a Tensor }'],
    [() => called(nn.functional.mseLoss, x, x, 'sum'), 'mseLoss: options are an object; found "sum"'],
    [
      () => called(nn.init.kaimingUniform_, ones([2, 2]), 5),
      "kaimingUniform_: options are an object; found 5 — PyTorch's argument by position is { slope: 5 }",
    ],
    [() => called(nn.Embedding.fromPretrained, ones([2, 2]), false), 'by position is { freeze: false }'],
    [() => called(torch.grad, x, [x], x), 'grad: options are an object; found a Tensor'],
    [() => called(torch.backward, x, x), 'by position is { gradient: a Tensor }'],
  ];
  it.each(cases.map(([refused, text]) => [text, refused] as const))('%s', (text, refused) => {
    expect(refused).toThrow(text);
  });
});

describe('methods', () => {
  const layer = new nn.Linear(2, 2) as unknown as Record<string, (...args: unknown[]) => unknown>;

  it.each([
    ['parameters', [false], 'parameters: options are an object; found false'],
    ['namedParameters', ['prefix'], 'by position is { prefix: "prefix" }'],
    ['loadStateDict', [new Map(), false], 'Linear.loadStateDict: options are an object; found false'],
    ['registerBuffer', ['mean', ones([1]), false], 'by position is { persistent: false }'],
  ] as const)('%s', (method, args, text) => {
    expect(() => layer[method]?.(...args)).toThrow(text);
  });

  it('a mask by position is no option of a transformer', () => {
    const mask = ones([3, 3]);
    const input = ones([3, 1, 4]);
    const forwardOf = (module: nn.Module) => module.forward.bind(module) as (...args: unknown[]) => unknown;
    expect(() => forwardOf(encoderLayer())(input, mask)).toThrow('by position is { srcMask: a Tensor }');
    expect(() => forwardOf(new nn.TransformerEncoder(encoderLayer(), 1))(input, mask)).toThrow('{ mask: a Tensor }');
    expect(() => forwardOf(decoderLayer())(input, input, mask)).toThrow('{ tgtMask: a Tensor }');
    expect(() => forwardOf(new nn.MultiheadAttention(4, 2))(input, input, input, mask)).toThrow(
      'options are an object',
    );
  });
});
