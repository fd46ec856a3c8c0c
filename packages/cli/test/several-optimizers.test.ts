/** Configs of several optimizers: every command shows a plan and curves for each. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run, scratchFolder } from './run.ts';

const linear = (id: number) => ({
  id,
  types: ['Linear', 'Module'],
  params: ['weight', 'bias'].map((name, index) => {
    return { name, id: 8 * id + index, shape: name === 'bias' ? [2] : [2, 2], requires_grad: true };
  }),
  children: [],
});
const net = (id: number) => ({
  id,
  types: ['Net', 'Module'],
  params: [],
  children: [
    ['backbone', linear(id + 1)],
    ['head', linear(id + 2)],
  ],
});
const MODEL = {
  format: 'paramwise-model/1',
  name: 'gan',
  root: {
    id: 0,
    types: ['GAN', 'Module'],
    params: [],
    children: [
      ['generator', net(1)],
      ['discriminator', net(4)],
    ],
  },
};
const GENERATOR = `generator=dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=2e-4, betas=(0.5, 0.999)),
        paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))))`;
const CONFIG = `
optim_wrapper = dict(
    constructor='MultiOptimWrapperConstructor',
    ${GENERATOR},
    discriminator=dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=1e-2, momentum=0.9)))
param_scheduler = dict(generator=dict(type='StepLR', step_size=10), discriminator=[])
`;

function files(config = CONFIG): { model: string; config: string; folder: string } {
  const folder = scratchFolder();
  const paths = { model: join(folder, 'gan.json'), config: join(folder, 'gan.py'), folder };
  writeFileSync(paths.model, JSON.stringify(MODEL));
  writeFileSync(paths.config, config);
  return paths;
}

it('plan: a tree for each member, and a plan for each as JSON', async () => {
  const { model, config } = files();
  const text = await run('plan', model, config);
  expect(text).toMatchObject({ code: 0, err: '' });
  expect(text.out).toMatch(/gan: generator[\s\S]*backbone[\s\S]*gan: discriminator/);
  const { out } = await run('plan', model, config, '--json');
  const { members, warnings } = JSON.parse(out);
  expect(warnings).toEqual([]);
  expect(Object.keys(members)).toEqual(['generator', 'discriminator']);
  expect(members.generator.module).toBe('generator');
  expect(members.generator.groups[0]).toMatchObject({ path: 'backbone.weight', param: 16 });
  expect(members.generator.groups[0].lr).toBeCloseTo(2e-5, 12);
  expect(members.discriminator.groups).toHaveLength(4);
});

it('explain: by the path in the model', async () => {
  const { model, config } = files();
  const { out } = await run('explain', model, config, 'generator.backbone.weight');
  expect(out).toMatch(/^generator: backbone\.weight \(2, 2\): lr 0\.00002/);
  const json = await run('explain', model, config, 'generator.backbone.weight', '--json');
  expect(Object.keys(JSON.parse(json.out).members)).toEqual(['generator']);
  expect(await run('explain', model, config, 'generator.backbone.wieght')).toMatchObject({
    code: 2,
    err: 'the plan has no parameter "backbone.wieght"; did you mean "backbone.weight"?\n',
  });
  expect((await run('explain', model, config, 'vgg.weight')).err).toMatch(/^no member has a parameter "vgg\.weight"/);
});

it('diff: member by member', async () => {
  const { model, config } = files();
  const other = files(
    CONFIG.replace('lr_mult=0.1', 'lr_mult=0.5')
      .replace('discriminator=dict(type', 'critic=dict(modules="discriminator", type')
      .replace('discriminator=[]', 'critic=[]'),
  ).config;
  const { out, code } = await run('diff', model, config, other);
  expect(code).toBe(0);
  expect(out).toMatch(
    /^generator:\n {2}.*backbone[\s\S]*discriminator: only in the first config\ncritic: only in the second config\n$/,
  );
  const json = JSON.parse((await run('diff', model, config, other, '--json')).out);
  expect(json).toMatchObject({ onlyBefore: ['discriminator'], onlyAfter: ['critic'] });
  expect(json.members.generator.changes).toHaveLength(2);
  const single = files("optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1))").config;
  expect(await run('diff', model, config, single)).toMatchObject({ code: 2 });
});

it('schedule: curves of each member, with a model and without', async () => {
  const { model, config, folder } = files();
  for (const more of [[], ['--model', model]]) {
    const { out, code } = await run('schedule', config, '--steps', '20', '--json', ...more);
    expect(code).toBe(0);
    const { members } = JSON.parse(out);
    const last = (name: string) => members[name].groups.map(({ lr }: { lr: number[] }) => lr.at(-1));
    expect(last('generator').sort((a: number, b: number) => b - a)).toEqual([
      expect.closeTo(2e-6, 12),
      expect.closeTo(2e-7, 12),
    ]);
    expect(last('discriminator')).toEqual([0.01]);
  }
  const csv = join(folder, 'rates.csv');
  const { out } = await run('schedule', config, '--steps', '20', '--csv', csv);
  expect(out).toMatch(/generator: lr[\s\S]*discriminator: lr/);
  expect(readFileSync(csv, 'utf8')).toMatch(/^step,member,group,lr,momentum\r\n0,generator,/);
});

it('export: a mapping of members for MMEngine, a file for each for PyTorch', async () => {
  const { model, config, folder } = files();
  const py = join(folder, 'out.py');
  expect(await run('export', '--to', 'mmengine', model, config, '-o', py)).toMatchObject({ code: 0 });
  const [a, b] = await Promise.all([config, py].map((path) => run('plan', model, path, '--json')));
  expect(b).toEqual(a);
  const json = await run('export', '--to', 'pytorch', model, config, '-o', join(folder, 'plan.json'), '--json');
  expect(JSON.parse(json.out).files.map((path: string) => path.slice(folder.length + 1))).toEqual([
    'plan.generator.json',
    'plan.discriminator.json',
    'paramwise_groups.py',
  ]);
});

it('report: holds each member', async () => {
  const { model, config, folder } = files();
  const page = join(folder, 'report.html');
  expect(await run('report', model, config, '-o', page)).toMatchObject({ code: 0 });
  const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(readFileSync(page, 'utf8'))![1]!);
  expect(data.members.map(({ name }: { name: string }) => name)).toEqual(['generator', 'discriminator']);
  expect(data.members[0].data.charts[0].title).toBe('Learning rate');
});

it.each([
  [CONFIG.replace('lr=2e-4', 'lr=-1'), /optim_wrapper\.generator\.optimizer\.lr: found -1/],
  [
    CONFIG.replace('discriminator=[]', 'x=[]'),
    /param_scheduler\.x: unknown field[\s\S]*param_scheduler\.discriminator: missing/,
  ],
  [CONFIG.replace('step_size=10', 'step_size=0'), /param_scheduler\.generator\.step_size: found 0/],
  [
    CONFIG.replace("type='SGD', lr=1e-2, momentum=0.9", "type='Mine'"),
    /optim_wrapper\.discriminator\.optimizer\.lr: missing/,
  ],
])('refusals name the member', async (text, message) => {
  const { config } = files(text);
  const { code, err } = await run('schedule', config, '--steps', '3');
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

it('a constructor that is not known is told of, and not written out', async () => {
  const { model, config, folder } = files(CONFIG.replace('MultiOptim', 'PGGANOptim'));
  const { code, err } = await run('plan', model, config);
  expect({ code, err }).toEqual({
    code: 0,
    err: 'warning: each member is planned for the module of its name, constructor "PGGANOptimWrapperConstructor" is not known here\n',
  });
  expect((await run('export', '--to', 'pytorch', model, config, '-o', join(folder, 'x.json'))).code).toBe(2);
});
