/** `paramwise check` with what the command line says of the run, the model and the scope. */
import { expect, it } from 'vitest';
import { configFiles } from './config-files.ts';
import { run } from './run.ts';

const WITHOUT_END = `optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1))
param_scheduler = dict(type='CosineAnnealingLR', begin=0)
`;

it('schedules without an end are right where the command says how long the run is', async () => {
  const config = configFiles({ 'config.py': WITHOUT_END })['config.py'];
  expect((await run('check', config, '--strict')).code).toBe(1);
  expect(await run('check', config, '--strict', '--epochs', '10')).toMatchObject({ code: 0 });
  expect(await run('check', config, '--epochs', '0')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--epochs 0'),
  });
});

it('an epoch length decides whether a schedule by iteration acts before the run ends', async () => {
  const text = WITHOUT_END.replace('begin=0', 'begin=0, T_max=10, convert_to_iter_based=True');
  const config = configFiles({ 'config.py': text })['config.py'];
  expect((await run('check', config, '--epoch-length', '0')).err).toContain('--epoch-length 0');
  expect((await run('check', config, '--epoch-length', '7', '--epochs', '10')).code).toBe(0);
});

it('schedules alone are read in the scope of their file', async () => {
  const text = "default_scope = 'mmpose'\nparam_scheduler = dict(type='ConstantLR', factor=2.0, end=3)\n";
  const { code, out } = await run('check', configFiles({ 'config.py': text })['config.py']);
  expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('(0 with errors, 0 with warnings)') });
});

it('what MMagic reads of modules at the top is told to belong into a member', async () => {
  const text = "optim_wrapper = dict(modules=['unet', 'text'], optimizer=dict(type='AdamW', lr=1e-4))\n";
  const { code, out } = await run('check', configFiles({ 'config.py': text })['config.py']);
  expect(code).toBe(1);
  expect(out).toContain("optim_wrapper.modules: unknown field; MMagic's choice of modules is read in a member");
});

it('a rule without its decay names the optimizer of its own member', async () => {
  const text =
    "optim_wrapper = dict(a=dict(optimizer=dict(type='SGD', lr=0.1), paramwise_cfg=dict(bias_decay_mult=0)))\n";
  const { out } = await run('check', configFiles({ 'config.py': text })['config.py']);
  expect(out).toContain('set optim_wrapper.a.optimizer.weight_decay');
});
