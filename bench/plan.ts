/**
 * How long does planning take as models grow? Prints the median time for each size; linear growth means a constant
 * last column.
 *
 *   npx tsx --conditions=source bench/plan.ts
 *
 * The model: blocks of a convolution, a norm and a linear layer. The config: 20 custom keys, every rule,
 * `bypass_duplicate`. Reading the reasons is not part of it: they are rendered on demand.
 */
import { type ModuleKind, type ModuleView, type ParamView, planParamGroups } from '@paramwise/core';

const PARAMS_A_BLOCK = 6;

function layer(moduleKind: ModuleKind, weight: readonly number[], bias: readonly number[]): ModuleView {
  const params: [string, ParamView][] = [
    ['weight', { shape: weight, requiresGrad: true }],
    ['bias', { shape: bias, requiresGrad: true }],
  ];
  return { moduleKind, ownParams: () => params, ownChildren: () => [] };
}

function container(children: [string, ModuleView][]): ModuleView {
  return { moduleKind: { type: 'other' }, ownParams: () => [], ownChildren: () => children };
}

function wideModel(params: number): ModuleView {
  const blocks = Array.from({ length: Math.ceil(params / PARAMS_A_BLOCK) }, (_, index): [string, ModuleView] => [
    `block${index}`,
    container([
      ['conv', layer({ type: 'conv2d', inChannels: 8, groups: index % 2 === 0 ? 8 : 1 }, [8, 1, 3, 3], [8])],
      ['norm', layer({ type: 'norm' }, [8], [8])],
      ['fc', layer({ type: 'other' }, [8, 8], [8])],
    ]),
  ]);
  return container([['backbone', container(blocks)]]);
}

const customKeys = Array.from({ length: 20 }, (_, index) => [`block${index}7.fc`, { lr_mult: 0.1, decay_mult: 0.5 }]);
const optimWrapper = { optimizer: { type: 'AdamW', lr: 1e-3, weight_decay: 0.05 } };
const paramwise = {
  custom_keys: Object.fromEntries(customKeys),
  bias_lr_mult: 2,
  dcn_offset_lr_mult: 0.1,
  norm_decay_mult: 0,
  bias_decay_mult: 0,
  dwconv_decay_mult: 0,
  flat_decay_mult: 0,
  bypass_duplicate: true,
};

function medianMs(repeats: number, run: () => void): number {
  run();
  const times = Array.from({ length: repeats }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(repeats / 2)]!;
}

console.log('parameters   median ms   µs a parameter');
for (const size of [1_000, 16_384, 100_000, 1_000_000]) {
  const model = wideModel(size);
  const ms = medianMs(size > 500_000 ? 3 : 9, () => {
    planParamGroups(model, optimWrapper, paramwise);
  });
  console.log(
    `${String(size).padStart(10)}${ms.toFixed(1).padStart(12)}${((ms * 1000) / size).toFixed(2).padStart(17)}`,
  );
}
