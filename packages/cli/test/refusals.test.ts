/** The commands refuse what building refuses; names that may be registered elsewhere are warned about. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlanJson } from '../src/index.ts';
import { run, scratchFolder } from './run.ts';

const linear = (id: number) => ({
  id,
  types: ['Linear', 'Module'],
  params: [{ name: 'weight', id, shape: [2, 2], requires_grad: true }],
  children: [],
});
const MODEL = {
  format: 'paramwise-model/1',
  name: 'net',
  root: {
    id: 0,
    types: ['Net'],
    params: [],
    children: [
      ['backbone', linear(1)],
      ['head', linear(2)],
    ],
  },
};

function files(config: string, model: object = MODEL) {
  const folder = scratchFolder();
  const paths = [join(folder, 'model.json'), join(folder, 'config.py')] as const;
  writeFileSync(paths[0], JSON.stringify(model));
  writeFileSync(paths[1], config);
  return { folder, paths, plan: (...more: string[]) => run('plan', ...paths, ...more) };
}

const MINE = "optim_wrapper = dict(constructor='MyOptimWrapperConstructor', optimizer=dict(type='AdamW', lr=0.001)";

describe('a command refuses', () => {
  it.each([
    [
      "dict(optimizer=dict(type='AdmaW', lr=0.1, momentun=0.9))",
      'no optimizer is named "AdmaW"; did you mean "AdamW"?',
    ],
    [
      "dict(optimizer=dict(type='SGD', lr=0.1, momentun=0.9))",
      'optimizer.momentun: unknown field; did you mean "momentum"?',
    ],
    [
      "dict(optimizer=dict(type='AdamW', lr=0.001, weight_decay=0.05, paramwise_cfg=dict(norm_decay_mult=0)))",
      'it belongs beside "optimizer": move it to optim_wrapper.paramwise_cfg',
    ],
    [
      "dict(optimizer=dict(type='SGD', lr=0.1), paramwise_cfg=dict(custom_keys=dict(head=dict(momentun=0.5))))",
      'custom_keys.head.momentun: unknown field; did you mean "momentum"?',
    ],
    [
      "dict(optimizer=dict(type='SGD', lr=0.1), paramwise_cfg=dict(custom_keys=dict(head=dict(requires_grad=False))))",
      'allowed is freeze: true',
    ],
  ])('%s', async (wrapper, expected) => {
    const { paths, folder, plan } = files(`optim_wrapper = ${wrapper}\n`);
    const output = join(folder, 'out.py');
    const commands = [
      () => plan(),
      () => run('explain', ...paths, 'head.weight'),
      () => run('diff', paths[0], paths[1], paths[1]),
      () => run('report', ...paths, '-o', join(folder, 'out.html')),
      () => run('export', '--to', 'mmengine', ...paths, '-o', output),
      () => run('export', '--to', 'pytorch', ...paths, '-o', output),
    ];
    for (const command of commands) {
      const { code, err } = await command();
      expect(code).toBe(2);
      expect(err).toContain(expected);
    }
  });

  it('a model with nothing to train', async () => {
    const frozen = structuredClone(MODEL);
    for (const [, child] of frozen.root.children as [string, ReturnType<typeof linear>][]) {
      child.params[0]!.requires_grad = false;
    }
    const cfg = "optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1), paramwise_cfg=dict(bias_lr_mult=2))\n";
    const { code, err } = await files(cfg, frozen).plan();
    expect([code, err]).toEqual([2, expect.stringContaining('there is no parameter to train (2 left out)')]);
  });

  it('a config of MMCV 1, by name', async () => {
    const old =
      "optimizer = dict(type='SGD', lr=0.1)\noptimizer_config = dict(grad_clip=None)\nlr_config = dict(policy='step')\n";
    const { code, err } = await files(old).plan();
    expect(code).toBe(2);
    expect(err).toContain('a config of MMCV 1: it has optimizer, lr_config, optimizer_config at the top');
    expect(err).toContain('in MMEngine: optim_wrapper = dict(optimizer=');
    expect(err).not.toContain('unknown field');
  });
});

describe('a command warns, and plans by the default rules', () => {
  it('for a constructor that is not known', async () => {
    const { code, out } = await files(`${MINE}, paramwise_cfg=dict(stem_lr=0.1))\n`).plan('--json');
    expect(code).toBe(0);
    expect((JSON.parse(out) as PlanJson).warnings).toEqual([
      'planned by the default rules, constructor "MyOptimWrapperConstructor" is not known here',
      'left out of paramwise_cfg, as only that constructor may read it: stem_lr',
    ]);
  });

  it('whatever the command', async () => {
    const { paths, folder } = files(`${MINE})\n`);
    const commands = [
      ['explain', ...paths, 'head.weight'],
      ['diff', paths[0], paths[1], paths[1]],
      ['report', ...paths, '-o', join(folder, 'out.html')],
    ];
    for (const command of commands) {
      const { code, err } = await run(...command);
      expect([code, err]).toEqual([0, expect.stringContaining('"MyOptimWrapperConstructor" is not known here')]);
      expect(err.match(/warning:/g)).toHaveLength(1);
    }
  });

  it('for an optimizer that is not known', async () => {
    const { code, err } = await files(
      "optim_wrapper = dict(optimizer=dict(type='Prodigy', lr=1.0, d_coef=2.0))\n",
    ).plan();
    expect([code, err]).toEqual([0, expect.stringContaining('no optimizer named "Prodigy" is known here')]);
  });
});

describe('export', () => {
  it('keeps a constructor of the user’s', async () => {
    const { paths, folder } = files(`${MINE}, paramwise_cfg=dict(stem_lr=0.1))\n`);
    const output = join(folder, 'out.py');
    expect((await run('export', '--to', 'mmengine', ...paths, '-o', output)).code).toBe(0);
    const text = readFileSync(output, 'utf8');
    expect(text).toContain('MyOptimWrapperConstructor');
    expect(text).toContain('stem_lr');
  });

  it('refuses where the plan is not that constructor’s', async () => {
    const { paths, folder } = files(`${MINE}, paramwise_cfg=dict(custom_keys=dict(head=dict(freeze=True))))\n`);
    for (const target of ['mmengine', 'pytorch']) {
      const { code, err } = await run('export', '--to', target, ...paths, '-o', join(folder, 'out.json'));
      expect([code, err]).toEqual([2, expect.stringContaining('MyOptimWrapperConstructor is not known here')]);
    }
  });
});
