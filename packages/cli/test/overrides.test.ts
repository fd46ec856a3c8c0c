/** `--set`: values of the command line over those of a config, as MMEngine's `--cfg-options`. */
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/index.ts';
import { configFiles } from './config-files.ts';
import { run } from './run.ts';

const CONFIG = {
  optim_wrapper: { optimizer: { type: 'SGD', lr: 0.1 }, paramwise_cfg: { custom_keys: { head: { lr_mult: 10 } } } },
  param_scheduler: [
    { type: 'LinearLR', end: 5 },
    { type: 'MultiStepLR', milestones: [8, 11] },
  ],
};

function set(...overrides: string[]) {
  const path = configFiles({ 'a.json': JSON.stringify(CONFIG) })['a.json'];
  return loadConfig(path, { overrides }) as { optim_wrapper: Record<string, unknown>; param_scheduler: unknown };
}
const settingOf = (text: string) => (set(`optim_wrapper.x=${text}`).optim_wrapper as { x: unknown }).x;

describe('--set', () => {
  it.each([
    ['1', 1],
    ['-1_000', -1000],
    ['1e-4', 1e-4],
    ['.5', 0.5],
    ['True', true],
    ['false', false],
    ['None', null],
    ['SGD', 'SGD'],
    ["'a b'", 'ab'],
    ['1,2,3', [1, 2, 3]],
    ['1,', [1]],
    ['[a, b, c]', ['a', 'b', 'c']],
    ['(0.9,0.999)', [0.9, 0.999]],
    ['[(1, 2, 3), [a, b], c]', [[1, 2, 3], ['a', 'b'], 'c']],
    ['[]', []],
    ['a=b', 'a=b'],
    ['{"max_norm": 1.5}', { max_norm: 1.5 }],
    ['[{type: StepLR, gamma: None}]', [{ type: 'StepLR', gamma: null }]],
  ])('reads %s as MMEngine does', (text, value) => {
    expect(settingOf(text)).toEqual(value);
  });

  it('goes into mappings and lists, makes what is not there, and can be repeated', () => {
    const config = set(
      'optim_wrapper.optimizer.lr=1',
      'param_scheduler.1.milestones.0=7',
      'optim_wrapper.clip_grad.max_norm=2',
    );
    expect(config.optim_wrapper).toEqual({
      ...CONFIG.optim_wrapper,
      optimizer: { type: 'SGD', lr: 1 },
      clip_grad: { max_norm: 2 },
    });
    expect(config.param_scheduler).toEqual([CONFIG.param_scheduler[0], { type: 'MultiStepLR', milestones: [7, 11] }]);
  });

  it('replaces a mapping with _delete_, whichever comes first', () => {
    const optimizer = (...overrides: string[]) => set(...overrides).optim_wrapper.optimizer;
    expect(optimizer('optim_wrapper.optimizer.type=Lion', 'optim_wrapper.optimizer._delete_=True')).toEqual({
      type: 'Lion',
    });
    expect(optimizer('optim_wrapper.optimizer={type: Lion, _delete_: true}')).toEqual({ type: 'Lion' });
    expect(optimizer('optim_wrapper.optimizer={type: Lion}')).toEqual({ type: 'Lion', lr: 0.1 });
  });

  it.each([
    ['lr', 'give field=value'],
    ['=1', 'give field=value'],
    ['a..b=1', 'give field=value'],
    ['__proto__.x=1', '__proto__'],
    ['param_scheduler.2.end=1', 'there is no item 2 in a list of 2'],
    ['param_scheduler.end=1', 'end is no place in a list of 2'],
    ['optim_wrapper.optimizer.lr.x=1', 'x would be a field of 0.1'],
    ['x=[1,(2]', 'brackets that do not close'],
    ['x={1', 'a value with braces is a mapping'],
  ])('refuses %s', (override, reason) => {
    expect(() => set(override)).toThrow(reason);
    expect(() => set(override)).toThrow(`--set ${override}`);
  });

  it('is an option of the commands', async () => {
    const path = configFiles({ 'a.json': JSON.stringify(CONFIG) })['a.json'];
    const options = [
      '--set',
      'optim_wrapper.optimizer.lr=0.5',
      '--set',
      'param_scheduler=[]',
      '--steps',
      '1',
      '--csv',
      '-',
    ];
    const { out, code } = await run('schedule', path, ...options);
    expect([code, out.split(/\r?\n/)[1]]).toEqual([0, '0,optimizer,0.5,0']);
  });
});
