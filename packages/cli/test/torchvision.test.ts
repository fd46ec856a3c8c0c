/** Models of torchvision through every way in, compared with the recorded trees. */
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeGolden, golden, goldenFolder } from '../../../testing/golden.ts';
import type { PlanJson } from '../src/index.ts';
import { describePython, python } from './python.ts';
import { root, run, scratchFolder } from './run.ts';

const OWN_MODELS = ['corners', 'dcn_inside', 'shared', 'wide'];
const modelFile = (name: string) => join(goldenFolder, 'param-groups/models', `${name}.json.gz`);
const tool = join(root, 'tools/describe_model.py');

async function planned(model: string, folder: string) {
  const config = join(folder, 'config.json');
  const paramwise_cfg = { norm_decay_mult: 0, bias_decay_mult: 0.5, dwconv_decay_mult: 0.25, bias_lr_mult: 2 };
  const optimizer = { type: 'SGD', lr: 0.1, weight_decay: 0.01 };
  writeFileSync(config, JSON.stringify({ optimizer, paramwise_cfg }));
  const { code, out, err } = await run('plan', model, config, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const { groups } = JSON.parse(out) as PlanJson;
  return Object.fromEntries(groups.map(({ path, param: _, ...options }) => [path, options]));
}

describePython('torchvision', 'tools/describe_model.py', () => {
  describeGolden('compared with the recorded models', () => {
    it('describes torchvision’s models as they are recorded', () => {
      const names = readdirSync(join(goldenFolder, 'param-groups/models'))
        .map((file) => file.replace('.json.gz', ''))
        .filter((name) => !OWN_MODELS.includes(name));
      const script = `
import json, sys
sys.path.insert(0, ${JSON.stringify(join(root, 'tools'))})
import torch, torchvision
from describe_model import describe
# Shapes are all that is asked for: initial values would only take time.
for name in dir(torch.nn.init):
    if name.endswith('_') and not name.startswith('_'): setattr(torch.nn.init, name, lambda tensor, *a, **k: tensor)
for name in ${JSON.stringify(names)}:
    make = getattr(torchvision.models, name)
    print(json.dumps(describe(make(weights=None, **({'init_weights': False} if name == 'googlenet' else {})), name)))
`;
      const lines = python(script, scratchFolder()).trim().split('\n');
      expect(lines).toHaveLength(names.length);
      for (const [index, name] of names.entries()) {
        const recorded = golden<object>(`param-groups/models/${name}.json.gz`);
        expect(JSON.stringify(sorted(JSON.parse(lines[index]!))) === JSON.stringify(sorted(recorded)), name).toBe(true);
      }
    });
  });

  it('writes modules and parameters that stand in two places once', () => {
    const script = `
import json, sys
sys.path.insert(0, ${JSON.stringify(join(root, 'tools'))})
import torch
from describe_model import describe
model = torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False))
model.again = model[0]
model.tied = torch.nn.Linear(2, 2, bias=False)
model.tied.weight = model[0].weight
model[0].weight.requires_grad = False
print(json.dumps(describe(model)))
`;
    const weight = { name: 'weight', id: 0, shape: [2, 2], dtype: 'float32', requires_grad: false };
    const types = ['Linear', 'Module'];
    expect(JSON.parse(python(script, scratchFolder()))).toEqual({
      format: 'paramwise-model/1',
      name: 'Sequential',
      root: {
        id: 0,
        types: ['Sequential', 'Module'],
        params: [],
        children: [
          ['0', { id: 1, types, params: [weight], children: [] }],
          ['again', { id: 1, types, ref: true }],
          ['tied', { id: 2, types, params: [weight], children: [] }],
        ],
      },
    });
  });

  it('is a command', async () => {
    const folder = scratchFolder();
    writeFileSync(
      join(folder, 'own.py'),
      'import torch\nmake = lambda: torch.nn.Conv2d(4, 4, 1, groups=2)\nnumber = 3\n',
    );
    const describeModel = (...args: string[]) =>
      execFileSync('/usr/bin/python3', [tool, ...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    const json = JSON.parse(describeModel('own:make', '--name', 'mine'));
    expect(json).toMatchObject({ name: 'mine', root: { attrs: { in_channels: 4, groups: 2 } } });
    expect(() => describeModel('own')).toThrow('give MODULE:NAME');
    expect(() => describeModel('own:nothing')).toThrow("has no attribute 'nothing'");
    expect(() => describeModel('none_such:x')).toThrow("No module named 'none_such'");
  });
});

/** Keys in order, so that equal trees have equal text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([key, item]) => [key, sorted(item)]),
  );
}

const EXPORTED = ['resnet18', 'mobilenet_v2', 'convnext_tiny', 'swin_v2_t'];

describePython('torchvision', 'what PyTorch writes', () =>
  describeGolden('compared with the recorded models', () => {
    describe.each(EXPORTED)('%s', (name) => {
      it('as a checkpoint, new and old, is planned as the model itself', async () => {
        const folder = scratchFolder();
        python(
          `
import torch, torchvision
model = torchvision.models.${name}(weights=None)
torch.save(model.state_dict(), 'new.pth')
torch.save({'state_dict': model.half().state_dict(), 'epoch': 3}, 'old.pth', _use_new_zipfile_serialization=False)
`,
          folder,
        );
        const wanted = await planned(modelFile(name), folder);
        expect(await planned(join(folder, 'new.pth'), folder)).toEqual(wanted);
        expect(await planned(join(folder, 'old.pth'), folder)).toEqual(wanted);
      });
    });

    it.each(['resnet18', 'mobilenet_v2'])('%s as ONNX is planned as the model itself', async (name) => {
      const folder = scratchFolder();
      const script = `
import torch, torchvision
model = torchvision.models.${name}(weights=None)
torch.onnx.export(model, torch.zeros(1, 3, 64, 64), 'm.onnx', training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False)
`;
      python(script, folder);
      expect(await planned(join(folder, 'm.onnx'), folder)).toEqual(await planned(modelFile(name), folder));
    });
  }),
);

describePython('torch', 'a checkpoint', () => {
  it('with code for weights is refused, a whole module is read, and nothing is run', async () => {
    const folder = scratchFolder();
    const script = `
import os, torch
class Evil:
    def __reduce__(self): return os.system, ('touch was-run',)
torch.save({'state_dict': Evil()}, 'evil.pth')
torch.save(torch.nn.Linear(2, 2), 'model.pth')
`;
    python(script, folder);
    writeFileSync(join(folder, 'c.json'), '{"optimizer": {"type": "SGD", "lr": 1}}');
    const evil = await run('plan', join(folder, 'evil.pth'), join(folder, 'c.json'));
    expect(evil).toEqual({ code: 2, out: '', err: expect.stringContaining('it has state_dict (posix.system)') });
    const whole = await run('plan', join(folder, 'model.pth'), join(folder, 'c.json'));
    expect(whole).toMatchObject({ code: 0, err: expect.stringContaining('a module was saved whole') });
    expect(whole.err).toContain('nothing of it was run');
    expect(readdirSync(folder)).not.toContain('was-run');
  });
});
