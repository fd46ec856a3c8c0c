/** `paramwise check`: every config under folders, what is wrong and odd, and where. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findFiles } from '../src/check/files.ts';
import { inspectAll } from '../src/check/pool.ts';
import type { Problem } from '../src/check/problem.ts';
import { configFiles } from './config-files.ts';
import { run } from './run.ts';

const SGD = "optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=1e-4)";

interface Checked {
  readonly summary: Record<string, number>;
  readonly files: readonly { path: string; kind: string; problems: readonly Problem[]; values?: unknown }[];
}

async function check(files: Readonly<Record<string, string>>, ...options: string[]) {
  const { folder } = configFiles(files);
  const { code, out } = await run('check', folder, '--json', ...options);
  const { summary, files: found } = JSON.parse(out) as Checked;
  const problems = found.flatMap((file) => file.problems.map(({ rule, level, line }) => `${level} ${rule} ${line}`));
  const messages = found.flatMap((file) => file.problems.map(({ message }) => message));
  return { code, summary, found, problems, messages, folder };
}
const one = (text: string, ...options: string[]) => check({ 'a.py': text }, ...options);

describe('paramwise check', () => {
  it('tells configs, what they inherit from and other files apart', async () => {
    const { code, summary, found } = await check({
      '_base_/optim.py': 'optim_wrapper = dict(paramwise_cfg=dict(norm_decay_mult=0))\n',
      'data.py': "dataset = 'x'\n",
      'whole.py': `_base_ = './_base_/optim.py'\noptim_wrapper = dict(${SGD})\n`,
      'from-parts.py': "_base_ = './parts.py'\noptim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1))\n",
      'parts.py': 'optim_wrapper = dict(clip_grad=dict(max_norm=1))\n',
      'only-data.py': "_base_ = './data.py'\n",
      'tools/train.py': "import os\ndef main(cfg):\n    cfg.optim_wrapper.type = 'AmpOptimWrapper'\n",
      'schedule.yaml': 'param_scheduler: {type: StepLR, step_size: 3}\n',
      'package.json': '{"name": "x"}',
      'node_modules/a.py': 'optim_wrapper = 3\n',
      '.hidden/a.py': 'optim_wrapper = 3\n',
      'notes.md': 'optim_wrapper = 3\n',
    });
    expect(code).toBe(0);
    expect(summary).toMatchObject({ files: 9, configs: 3, fragments: 3, others: 3, errors: 0, warnings: 0 });
    const fragments = found.filter(({ kind }) => kind === 'fragment').map(({ path }) => path.split('/').at(-1));
    expect(fragments.sort()).toEqual(['only-data.py', 'optim.py', 'parts.py']);
  });

  it.each([
    ['optim_wrapper = dict(\n', 'error unreadable 2'],
    ["_base_ = 'none.py'\n", 'error unreadable 1'],
    ['x = 1\noptim_wrapper = dict(\n    optimizer=dict(\n        lr=-1))\n', 'error invalid-config 3'],
    [`x = 1\noptim_wrapper = dict(${SGD},\n    paramwise_cfg=dict(\n        norm_decay=0))`, 'warning unknown-field 4'],
    [`\noptim_wrapper = dict(${SGD},\n    constructor='OurOwnThing')`, 'warning unknown-name 3'],
    [`optim_wrapper = dict(${SGD})\nparam_scheduler = dict(type='CosineAnnealingLR')`, 'warning schedule 2'],
    [
      `optim_wrapper = dict(${SGD}, paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=10))))\n\nparam_scheduler = [\n    dict(type='CosineAnnealingLR', T_max=9, eta_min=0.01)]`,
      'warning ratio-lost 4',
    ],
    [`optim_wrapper = dict(${SGD},\n    name='{{ fileBase }}')`, 'error invalid-config 2'],
    [`optim_wrapper = dict(optimizer=dict(type='Ours', lr=0.1,\n    name='{{$NAME}}'))`, 'warning placeholder 2'],
    [`optim_wrapper = dict(${SGD})\nauto_scale_lr = dict(enable=True, base_batch_size=16)`, 'note run 2'],
    ["optimizer = dict(type='SGD', lr=0.1)\nlr_config = dict(policy='step')\n", 'error unreadable 1'],
  ])('finds in %j: %s', async (text, problem) => {
    const { code, problems } = await one(text);
    expect(problems).toContain(problem);
    expect(code).toBe(problems.some((each) => each.startsWith('error')) ? 1 : 0);
  });

  it('finds nothing in what is right: layer decay, several optimizers, schedules in both units', async () => {
    const { problems, code } = await check({
      'vit.py': `optim_wrapper = dict(${SGD}, constructor='LayerDecayOptimWrapperConstructor', paramwise_cfg=dict(decay_rate=0.7))\n`,
      'gan.py': `optim_wrapper = dict(generator=dict(${SGD}), discriminator=dict(${SGD}))\n`,
      'mixed.py': `optim_wrapper = dict(${SGD})\ntrain_cfg = dict(by_epoch=True, max_epochs=12)\nparam_scheduler = [dict(type='LinearLR', start_factor=0.001, by_epoch=False, begin=0, end=500), dict(type='MultiStepLR', milestones=[8, 11])]\n`,
      'converted.py': `optim_wrapper = dict(${SGD})\nparam_scheduler = dict(type='CosineAnnealingLR', T_max=12, convert_to_iter_based=True)\n`,
    });
    expect([problems, code]).toEqual([[], 0]);
  });

  it('names the base file that is at fault', async () => {
    const { found, folder } = await check(
      { 'a.py': "_base_ = 'b/base.py'\n", 'b/base.py': 'x = 1\ny = x +\n' },
      '--strict',
    );
    const [{ problems }] = found as [Checked['files'][number]];
    expect(problems).toMatchObject([{ rule: 'unreadable', file: join(folder, 'b/base.py'), line: 2 }]);
  });

  it('plans a model by each config: keys that match nothing are warnings, and errors with --strict', async () => {
    const { folder } = configFiles({
      'a.py': `optim_wrapper = dict(${SGD},\n  paramwise_cfg=dict(custom_keys={\n    'hed': dict(lr_mult=10)}))\n`,
    });
    const model = join(folder, '..', `${folder.split('/').at(-1)}-model.json`);
    const root = {
      id: 0,
      types: ['Module'],
      params: [{ name: 'head', id: 0, shape: [2], requires_grad: true }],
      children: [],
    };
    writeFileSync(model, JSON.stringify({ format: 'paramwise-model/1', name: 'm', root }));
    const loose = await run('check', folder, '--model', model);
    expect(loose.out).toContain(
      'warning line 3: custom_keys["hed"] matches no parameter; did you mean "head"? [unmatched-key]',
    );
    expect(loose.out).toContain('1 files: 1 configs (0 with errors, 1 with warnings)');
    expect([loose.code, (await run('check', folder, '--model', model, '--strict')).code]).toEqual([0, 1]);
  });

  it('applies --set, and tells what it read with --values', async () => {
    const { found } = await one(`optim_wrapper = dict(${SGD})\n`, '--values', '--set', 'optim_wrapper.optimizer.lr=3');
    expect(found[0]!.values).toEqual({
      optim_wrapper: { optimizer: { type: 'SGD', lr: 3, momentum: 0.9, weight_decay: 1e-4 } },
    });
  });

  it('writes SARIF 2.1.0 with rules, files and lines', async () => {
    const { folder } = configFiles({ 'a b.py': 'x = 1\noptim_wrapper = dict(optimizer=dict(lr=-1))\n' });
    const sarif = join(folder, 'out/paramwise.sarif');
    const { code, err } = await run('check', folder, '--sarif', sarif);
    const log = JSON.parse(readFileSync(sarif, 'utf8'));
    const [{ tool, results }] = log.runs;
    expect([code, err, log.version, tool.driver.name]).toEqual([1, 'checking 1 files\n', '2.1.0', 'paramwise']);
    const [{ ruleId, ruleIndex, level, locations }] = results;
    expect([ruleId, level, tool.driver.rules[ruleIndex].id]).toEqual(['invalid-config', 'error', 'invalid-config']);
    const { artifactLocation, region } = locations[0].physicalLocation;
    expect(artifactLocation.uri).toMatch(/\/a%20b\.py$/);
    expect(region).toEqual({ startLine: 2 });
  });

  it('gives the same in threads as in one', async () => {
    const texts = Array.from({ length: 12 }, (_, n) => [
      `c${n}.py`,
      `optim_wrapper = dict(optimizer=dict(type='SGD', lr=${n - 3}))\n`,
    ]);
    const { folder } = configFiles(Object.fromEntries(texts));
    const files = findFiles([folder]);
    const done: number[] = [];
    const options = { values: true };
    const inThreads = await inspectAll(files, options, (count) => done.push(count), 2);
    expect(inThreads).toEqual(await inspectAll(files, options, () => {}, 1));
    expect(done).toEqual(files.map((_, index) => index + 1));
  });

  it('refuses paths that are not there, folders without configs, and --values without --json', async () => {
    const { folder } = configFiles({ 'a.py': 'x = 1\n' });
    expect(await run('check', join(folder, 'none'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('no such file'),
    });
    mkdirSync(join(folder, 'empty'));
    expect((await run('check', join(folder, 'empty'))).err).toContain('there is no .py, .json');
    expect((await run('check', folder, '--values')).err).toContain('give --json as well');
    expect((await run('check')).err).toContain('missing: path');
  });
});
