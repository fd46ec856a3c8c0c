/** What layers and losses refuse, and in which words. */
import { describe, expect, it } from 'vitest';
import { nn, ones } from '../src/index.ts';

describe('refusals', () => {
  const cases: [() => unknown, string][] = [
    [() => new nn.Conv2d(3, 4, 3, { groups: 2 }), 'Conv2d: inChannels (3) must be divisible by groups (2)'],
    [() => new nn.Conv2d(3, 4, [3, 3, 3]), 'Conv2d: kernelSize must be a number or 2 numbers, found [3, 3, 3]'],
    [() => new nn.Conv2d(3, 4, 3, { padding: 'same', stride: 2 }), 'padding "same" needs stride 1, found [2, 2]'],
    [() => new nn.Conv1d(3, 4, 0), 'Conv1d: kernelSize must be a whole number of at least 1, found 0'],
    [() => new nn.Linear(-1, 2), 'Linear: inFeatures must be a whole number of at least 0, found -1'],
    [() => new nn.Linear(1, 2, { biass: true } as object), 'Linear: unknown option "biass"; did you mean "bias"?'],
    [() => new nn.GroupNorm(3, 4), 'GroupNorm: numChannels (4) must be divisible by numGroups (3)'],
    [() => new nn.Dropout(1.5), 'Dropout: p must be from 0 to 1, found 1.5'],
    [() => new nn.MaxPool2d(2, { padding: 2 }), 'padding [2, 2] must be at most half of kernelSize [2, 2]'],
    [() => new nn.MultiheadAttention(7, 2), 'embedDim (7) must be divisible by numHeads (2)'],
    [() => new nn.Embedding(3, 2, { paddingIdx: 3 }), 'Embedding: paddingIdx must be from -3 to 2, found 3'],
    [() => new nn.MSELoss({ reduction: 'avg' as 'mean' }), 'MSELoss: reduction must be one of none, mean, sum'],
    [() => new nn.Upsample({}), 'Upsample: give either size or scaleFactor'],
    [() => new nn.Linear(3, 2).forward(ones([2, 4])), 'dimension -1 of the input must be inFeatures (3)'],
    [() => new nn.Conv2d(3, 2, 1).forward(ones([3])), '([batch,] channels, height, width); found shape [3]'],
    [() => new nn.BatchNorm2d(3).forward(ones([2, 3])), 'BatchNorm2d: the input must have 4 dimensions'],
    [() => new nn.BatchNorm1d(3).forward(ones([1, 3])), 'in training each channel needs more than one value'],
    [() => new nn.Embedding(3, 2).forward(ones([2])), 'indices must be int64 or int32, found float32'],
    [() => nn.functional.crossEntropy(ones([2, 3]), ones([2])), 'class indices must be int64, found float32'],
    [() => nn.functional.crossEntropy(ones([2, 3]), ones([3])), 'must be class indices of shape [2] or probabilities'],
    [() => new nn.PixelShuffle(2).forward(ones([1, 6, 2, 2])), 'channels (6) must be divisible by upscaleFactor² (4)'],
    [
      () => new nn.DeformConv2d(2, 2, 3, { padding: 1 }).forward(ones([1, 2, 4, 4]), ones([1, 18, 3, 3])),
      'offset must have shape [1, 18, 4, 4], found [1, 18, 3, 3]',
    ],
  ];

  it.each(cases.map(([refused, text]) => [text, refused] as const))('%s', (text, refused) => {
    expect(refused).toThrow(text);
  });
});
