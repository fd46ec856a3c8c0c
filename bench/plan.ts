/**
 * How long does planning take as models grow? The growth ratio compares the time a parameter needs in models of different
 * sizes: 1 is linear.
 *
 * The model: blocks of a convolution, a norm and a linear layer. The config: 20 custom keys, every rule,
 * `bypass_duplicate`. Reading the reasons is not part of it: they are rendered on demand.
 */
import { type ModuleKind, type ModuleView, type ParamView, planParamGroups } from '@paramwise/core';
import { type Findings, interleave, type Rival, ratioOf, rowsOf } from './lib/harness.ts';
import type { BenchOptions } from './lib/options.ts';
import type { Peers } from './lib/peers.ts';

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

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const title = (size: number) => `${size.toLocaleString('en')} parameters`;

/** Plans a model of so many parameters, by the planner of this checkout or of another. */
export function planning(size: number, plan: typeof planParamGroups, who: string): Rival {
  const model = wideModel(size);
  const run = async () => {
    const start = performance.now();
    plan(model, optimWrapper, paramwise);
    return performance.now() - start;
  };
  return { who, run };
}

export async function plan(_peers: Peers, options: BenchOptions): Promise<Findings> {
  const sizes = options.tiny ? [10, 100] : SIZES;
  const [least = 0] = sizes;
  const times = await interleave(
    sizes.map((size) => planning(size, planParamGroups, title(size))),
    options,
  );
  const growth = sizes.slice(1).map((size) => ({
    work: `time a parameter, ${title(size)}`,
    ours_to: title(least),
    ratio: (ratioOf(times, title(size), title(least))! * least) / size,
  }));
  return { rows: rowsOf('plan', times), ratios: growth };
}
