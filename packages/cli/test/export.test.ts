/** Exported plans give the rates and decays that the plan gives. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeGolden, goldenFolder } from '../../../testing/golden.ts';
import { planFiles } from '../src/index.ts';
import { describePython, python } from './python.ts';
import { run, scratchFolder } from './run.ts';

const modelFile = (name: string) => join(goldenFolder, 'param-groups/models', `${name}.json.gz`);
const optimizer = { type: 'AdamW', lr: 0.001, weight_decay: 0.05 };

/** Settings of our own, each for a model that it means something to. */
const CASES: readonly (readonly [model: string, optimWrapper: Readonly<Record<string, unknown>>])[] = [
  ['resnet18', { optimizer, paramwise_cfg: { norm_decay_mult: 0, custom_keys: { layer1: { lr_mult: 0.1 } } } }],
  [
    'resnet18',
    {
      optimizer,
      paramwise_cfg: {
        custom_keys_mode: 'compose',
        norm_decay_mult: 0,
        bias_decay_mult: 0,
        custom_keys: { layer: { lr_mult: 0.1 }, 'layer4.1': { lr_mult: 0.3 }, fc: { lr: 0.02, eps: 1e-6 } },
      },
    },
  ],
  [
    'mobilenet_v2',
    { optimizer, paramwise_cfg: { strict: true, dwconv_decay_mult: 0, bias_lr_mult: 2, merge_groups: true } },
  ],
  [
    'vit_b_16',
    {
      optimizer,
      constructor: 'LayerDecayOptimWrapperConstructor',
      paramwise_cfg: { decay_rate: 0.75, flat_decay_mult: 0 },
    },
  ],
  [
    'swin_t',
    {
      optimizer,
      constructor: 'LayerDecayOptimWrapperConstructor',
      paramwise_cfg: {
        decay_rate: 0.8,
        flat_decay_mult: 0,
        custom_keys_mode: 'compose',
        custom_keys: { relative_position_bias_table: { decay_mult: 0 } },
      },
    },
  ],
  [
    'convnext_tiny',
    {
      optimizer,
      paramwise_cfg: {
        merge_groups: true,
        norm_decay_mult: 0,
        custom_keys: { 'features.0': { freeze: true }, layer_scale: { lr_mult: 0.5 } },
      },
    },
  ],
];

interface Setting {
  readonly lr: number;
  readonly weight_decay: number;
}

/** Rate and decay of every parameter that is trained, and of frozen ones if they have any. */
async function settingsOf(model: string, config: string): Promise<Map<string, Setting>> {
  const { plan } = await planFiles(model, config);
  return new Map(plan.groups.map(({ path, options }) => [path, { ...(plan.base as Setting), ...pick(options) }]));
}

const pick = ({ lr, weight_decay }: { readonly lr?: number; readonly weight_decay?: number }) => ({
  ...(lr !== undefined && { lr }),
  ...(weight_decay !== undefined && { weight_decay }),
});

function expectSame(found: ReadonlyMap<string, Setting>, wanted: ReadonlyMap<string, Setting>): void {
  for (const [path, { lr, weight_decay }] of wanted) {
    const setting = found.get(path);
    const isNear = (a = Number.NaN, b = 0) => Math.abs(a - b) <= 1e-12 * Math.abs(b);
    if (!isNear(setting?.lr, lr) || !isNear(setting?.weight_decay, weight_decay)) {
      expect.fail(`${path}: ${JSON.stringify(setting)}, the plan has ${lr}, ${weight_decay}`);
    }
  }
}

function writeConfig(folder: string, optim_wrapper: object, rest: object = {}): string {
  const path = join(folder, 'config.json');
  writeFileSync(path, JSON.stringify({ optim_wrapper, ...rest }));
  return path;
}

describeGolden('export --to mmengine', () => {
  it.each(CASES)('%s: %j', async (name, optimWrapper) => {
    const folder = scratchFolder();
    const config = writeConfig(folder, optimWrapper);
    const exported = join(folder, 'out/exported.py');
    const { code, err } = await run('export', '--to', 'mmengine', modelFile(name), config, '-o', exported);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining(`wrote ${exported}`) });
    const wanted = await settingsOf(modelFile(name), config);
    const found = await settingsOf(modelFile(name), exported);
    expectSame(found, wanted);
    // What is frozen here is held at 0 there.
    for (const [path, { lr, weight_decay }] of found) if (!wanted.has(path)) expect(lr + weight_decay, path).toBe(0);
    const text = readFileSync(exported, 'utf8');
    expect(text).not.toMatch(/freeze|custom_keys_mode|merge_groups|strict|decay_rate|LayerDecay/);
  });

  it('leaves a config that MMEngine reads as it is, schedules included', async () => {
    const folder = scratchFolder();
    const config = writeConfig(folder, CASES[0]![1], {
      param_scheduler: [{ type: 'StepLR', step_size: 3, counts: 'iterations' }],
    });
    const exported = join(folder, 'exported.py');
    await run('export', '--to', 'mmengine', modelFile('resnet18'), config, '-o', exported);
    expect(readFileSync(exported, 'utf8')).toBe(`# Parameter settings of resnet18, for MMEngine.
optim_wrapper = dict(
    optimizer=dict(type="AdamW", lr=0.001, weight_decay=0.05),
    paramwise_cfg=dict(norm_decay_mult=0, custom_keys=dict(layer1=dict(lr_mult=0.1))),
)
param_scheduler = [dict(type="StepLR", step_size=3)]
`);
  });

  const freeze = { custom_keys: { conv1: { freeze: true } } };
  it.each([
    [
      { optimizer, paramwise_cfg: { custom_keys: { fc: { algorithm: 'SGD' } } } },
      undefined,
      'algorithm has no counterpart',
    ],
    [{ optimizer, paramwise_cfg: { custom_keys: { fc: { freeze_until: 3 } } } }, undefined, 'freeze_until has no'],
    [{ optimizer, paramwise_cfg: { matrix_algorithm: { type: 'Muon' } } }, undefined, 'algorithm has no counterpart'],
    [{ optimizer, paramwise_cfg: freeze }, { type: 'CosineAnnealingLR', eta_min: 1e-5 }, 'would lift the rate 0'],
    [{ optimizer: { type: 'SGD' }, paramwise_cfg: freeze }, undefined, 'optimizer.lr: missing'],
  ])('refuses %j with %j', async (optimWrapper, param_scheduler, reason) => {
    const folder = scratchFolder();
    const config = writeConfig(folder, optimWrapper, { param_scheduler });
    const exported = join(folder, 'exported.py');
    const { code, err } = await run('export', '--to', 'mmengine', modelFile('resnet18'), config, '-o', exported);
    expect(code).toBe(2);
    expect(err).toContain(reason);
    expect(existsSync(exported)).toBe(false);
  });

  it('warns of what frozen parameters and accumulation mean there', async () => {
    const folder = scratchFolder();
    const wrapper = { optimizer, accumulative_counts: 4, clip_grad: { max_norm: 1 }, paramwise_cfg: freeze };
    const config = writeConfig(folder, wrapper, { param_scheduler: { type: 'LinearLR', by_epoch: false } });
    const { err } = await run('export', '--to', 'mmengine', modelFile('resnet18'), config, '-o', join(folder, 'e.py'));
    expect(err).toContain('9 frozen parameters have rate and decay 0 here');
    expect(err).toContain('count when gradients are clipped by norm');
    expect(err).toContain('multiply their steps by accumulative_counts (4)');
  });

  it('leaves out on_non_finite, which MMEngine does not know, and says so', async () => {
    const folder = scratchFolder();
    const exported = join(folder, 'exported.py');
    const config = writeConfig(folder, { optimizer, on_non_finite: 'skip' });
    const { err } = await run('export', '--to', 'mmengine', modelFile('resnet18'), config, '-o', exported);
    expect(err).toContain('on_non_finite: skip is left out');
    expect(readFileSync(exported, 'utf8')).not.toContain('on_non_finite=');
  });
});

describe('export', () => {
  it.each([
    [['--to', 'keras', '-o', 'x'], '--to keras: give one of mmengine, pytorch'],
    [['-o', 'x'], 'give one of mmengine, pytorch'],
    [['--to', 'pytorch'], 'missing: --output'],
  ])('refuses %j', async (options, reason) => {
    const { code, err } = await run('export', 'model.json', 'config.json', ...options);
    expect(code).toBe(2);
    expect(err).toContain(reason);
  });

  it('keeps a name from breaking out of its comment', async () => {
    const folder = scratchFolder();
    const model = join(folder, 'm.json');
    const root = { id: 0, types: [], params: [{ name: 'w"\n', id: 0, shape: [1], requires_grad: true }], children: [] };
    writeFileSync(model, JSON.stringify({ format: 'paramwise-model/1', name: 'x\nimport os', root }));
    const config = writeConfig(folder, {
      optimizer,
      paramwise_cfg: { strict: true, custom_keys: { 'w"\n': { lr_mult: 2 } } },
    });
    const exported = join(folder, 'e.py');
    expect((await run('export', '--to', 'mmengine', model, config, '-o', exported)).code).toBe(0);
    expectSame(await settingsOf(model, exported), await settingsOf(model, config));
    expect(readFileSync(exported, 'utf8')).toContain('# Parameter settings of x\\u000aimport os, for');
  });

  it('refuses a parameter in two places for PyTorch', async () => {
    const folder = scratchFolder();
    const model = join(folder, 'm.json');
    const param = (name: string) => ({ name, id: 0, shape: [1], requires_grad: true });
    const child = { id: 1, types: [], params: [param('b')], children: [] };
    const root = { id: 0, types: [], params: [param('a')], children: [['c', child]] };
    writeFileSync(model, JSON.stringify({ format: 'paramwise-model/1', root }));
    const config = writeConfig(folder, { optimizer, paramwise_cfg: { norm_decay_mult: 0 } });
    const { code, err } = await run('export', '--to', 'pytorch', model, config, '-o', join(folder, 'p.json'));
    expect(code).toBe(2);
    expect(err).toContain('"a" and "c.b" are the same parameter');
  });
});

describePython('torchvision', 'an exported plan', () =>
  describeGolden('compared with ours', () => {
    it.each(CASES.slice(1))('%s in PyTorch, wrapped and not: %j', async (name, optimWrapper) => {
      const folder = scratchFolder();
      const config = writeConfig(folder, optimWrapper);
      await run('export', '--to', 'pytorch', modelFile(name), config, '-o', join(folder, 'plan.json'));
      const script = `
import json, sys
sys.path.insert(0, '.')
import torch, torchvision
from paramwise_groups import build_optimizer, clean_name, load_plan
class Wrapper(torch.nn.Module):
    def __init__(self, name, model):
        super().__init__()
        self.add_module(name, model)
plan, out = load_plan('plan.json'), []
for names in [[], ['module'], ['_fsdp_wrapped_module'], ['_fsdp_wrapped_module', '_orig_mod', 'module']]:
    model = torchvision.models.${name}(weights=None)
    for name, child in list(model.named_children())[:2]:
        if names and '_fsdp' in names[0]: setattr(model, name, Wrapper('_fsdp_wrapped_module', child))
    for name in names: model = Wrapper(name, model)
    optimizer = build_optimizer(model, plan)
    paths = {id(param): clean_name(path) for path, param in model.named_parameters()}
    out.append({
        'settings': {paths[id(p)]: {'lr': g['lr'], 'weight_decay': g['weight_decay']} for g in optimizer.param_groups for p in g['params']},
        'frozen': [clean_name(path) for path, p in model.named_parameters() if not p.requires_grad],
    })
print(json.dumps(out))
`;
      const runs = JSON.parse(python(script, folder)) as { settings: Record<string, Setting>; frozen: string[] }[];
      const wanted = await settingsOf(modelFile(name), config);
      const { plan } = await planFiles(modelFile(name), config);
      expect(runs).toHaveLength(4);
      for (const { settings, frozen } of runs) {
        const found = new Map(Object.entries(settings));
        expect(found.size).toBe(wanted.size);
        expectSame(found, wanted);
        expect(frozen).toEqual(plan.frozen.map(({ path }) => path));
      }
    });

    it('refuses a model that it is not for, and changes nothing', async () => {
      const folder = scratchFolder();
      const config = writeConfig(folder, { optimizer, paramwise_cfg: { custom_keys: { conv1: { freeze: true } } } });
      await run('export', '--to', 'pytorch', modelFile('resnet18'), config, '-o', join(folder, 'plan.json'));
      const script = `
import sys
sys.path.insert(0, '.')
import torch
from paramwise_groups import load_plan, param_groups
for model in [torch.nn.Linear(2, 2), torch.nn.Module()]:
    try: param_groups(model, load_plan('plan.json'))
    except ValueError as error: print(error)
`;
      expect(python(script, folder)).toBe(
        '62 parameters are in the plan, but not in the model: bn1.bias, bn1.weight, conv1.weight, fc.bias, fc.weight\n'.repeat(
          2,
        ),
      );
    });

    it('is a Python file with the values that are read without Python', async () => {
      const folder = scratchFolder();
      const config = writeConfig(folder, CASES[1]![1]);
      const exported = join(folder, 'exported.py');
      await run('export', '--to', 'mmengine', modelFile('resnet18'), config, '-o', exported);
      const script = `
import json
names = {}
exec(open('exported.py').read(), names)
print(json.dumps(names['optim_wrapper']))
`;
      const { config: read } = await planFiles(modelFile('resnet18'), exported);
      expect(JSON.parse(python(script, folder))).toEqual(read.optim_wrapper);
    });
  }),
);
