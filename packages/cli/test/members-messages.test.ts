/** What is said of several optimizers names the member and its place in the file; their names are read as those of one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../src/index.ts';
import { run, scratchFolder } from './run.ts';

function file(text: string, name = 'config.py'): string {
  const path = join(scratchFolder(), name);
  writeFileSync(path, text);
  return path;
}

it('a rule without the decay that it multiplies stands under the member, by every command', async () => {
  const config = file(`
optim_wrapper = dict(
    generator=dict(optimizer=dict(type='Adam', lr=1e-4), paramwise_cfg=dict(norm_decay_mult=0.)),
    discriminator=dict(optimizer=dict(type='SGD', lr=4e-4)))
param_scheduler = dict(type='StepLR', step_size=2)
`);
  const where = 'optim_wrapper.generator.paramwise_cfg.norm_decay_mult';
  expect((await run('schedule', config, '--steps', '2')).err).toContain(where);
  expect((await run('check', config)).out).toContain(where);
});

it('default_scope tells classes of the same name apart in members and their schedules', () => {
  const config = loadConfig(
    file(`
default_scope = 'mmpose'
optim_wrapper = dict(
    a=dict(optimizer=dict(type='AdamW', lr=1e-4), constructor='LayerDecayOptimWrapperConstructor'),
    b=dict(optimizer=dict(type='SGD', lr=4e-4)))
param_scheduler = dict(a=[dict(type='ConstantLR', factor=2.0)], b=dict(type='ConstantLR', factor=2.0))
`),
  );
  expect(config.optim_wrapper).toMatchObject({ a: { constructor: 'mmpose.LayerDecayOptimWrapperConstructor' } });
  expect(config.param_scheduler).toMatchObject({
    a: [{ type: 'mmpose.ConstantLR' }],
    b: { type: 'mmpose.ConstantLR' },
  });
});

it('diff changes and completes both configs, as the other commands do', async () => {
  const folder = scratchFolder();
  const model = join(folder, 'model.json');
  const root = {
    id: 0,
    types: ['Net', 'Module'],
    params: [{ name: 'w', id: 1, shape: [2], requires_grad: true }],
    children: [],
  };
  writeFileSync(model, JSON.stringify({ format: 'paramwise-model/1', name: 'net', root }));
  writeFileSync(join(folder, 'base.py'), "optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1))");
  writeFileSync(join(folder, 'a.py'), "_base_ = 'pkg::base.py'");
  writeFileSync(join(folder, 'b.py'), "_base_ = 'pkg::base.py'\noptim_wrapper = dict(optimizer=dict(lr=0.2))");
  const [a, b] = [join(folder, 'a.py'), join(folder, 'b.py')];
  const options = ['--package', `pkg=${folder}`];
  expect(await run('diff', model, a, b, ...options)).toMatchObject({ code: 0, out: 'lr 0.1 → 0.2: w\n' });
  const same = await run('diff', model, a, b, ...options, '--set', 'optim_wrapper.optimizer.lr=0.3');
  expect(same).toMatchObject({ code: 0, out: 'no parameter changes\n' });
});
