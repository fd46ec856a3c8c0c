/** What commands say of the run: updates, scaled rates, unknown names, configs of another layout, the optimizer. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, scratchFolder } from './run.ts';

const MODEL = {
  format: 'paramwise-model/1',
  name: 'tiny',
  root: {
    id: 0,
    types: ['Net'],
    params: [{ name: 'weight', id: 0, shape: [2, 2], requires_grad: true }],
    children: [],
  },
};

function fileOf(value: unknown): string {
  const path = join(scratchFolder(), 'file.json');
  writeFileSync(path, JSON.stringify(value));
  return path;
}

const scheduled = (config: object, ...options: string[]) => run('schedule', fileOf(config), '--json', ...options);

async function rates(config: object, ...options: string[]): Promise<number[]> {
  const { out, err, code } = await scheduled(config, ...options);
  if (code !== 0) throw new Error(err);
  return (JSON.parse(out) as { groups: { lr: number[] }[] }).groups[0]!.lr;
}

const SGD = { type: 'SGD', lr: 0.1, momentum: 0.9 };
const ACCUMULATED = {
  optim_wrapper: { optimizer: SGD, accumulative_counts: 4 },
  train_cfg: { by_epoch: false, max_iters: 20 },
  param_scheduler: { type: 'PolyLR', by_epoch: false },
};

describe('accumulated gradients', () => {
  const note = 'here optimizer updates: a step shown is an update of accumulative_counts (4) iterations';

  it('make the run as long as its updates', async () => {
    const lr = await rates(ACCUMULATED);
    expect(lr).toHaveLength(6);
    expect(lr[4]).toBeCloseTo(0, 12);
    expect((await scheduled(ACCUMULATED)).err).toContain(note);
    const folder = scratchFolder();
    const page = join(folder, 'report.html');
    expect((await run('report', fileOf(MODEL), fileOf(ACCUMULATED), '-o', page)).code).toBe(0);
    expect(readFileSync(page, 'utf8')).toContain(note);
  });

  it('leave schedules alone that count epochs or iterations', async () => {
    const param_scheduler = { ...ACCUMULATED.param_scheduler, counts: 'iterations' };
    const { err } = await scheduled({ ...ACCUMULATED, param_scheduler });
    expect(err).toBe('');
    expect(await rates({ ...ACCUMULATED, param_scheduler })).toHaveLength(21);
  });

  it('tell of epochs that are no whole number of updates, also of converted schedules', async () => {
    const param_scheduler = { type: 'CosineAnnealingLR', T_max: 2, end: 2, convert_to_iter_based: true };
    const config = { ...ACCUMULATED, train_cfg: { max_epochs: 2 }, param_scheduler };
    expect(await rates(config, '--epoch-length', '8')).toHaveLength(5);
    const { err } = await scheduled(config, '--epoch-length', '10');
    expect(err).toContain('an epoch of 10 iterations is no whole number of updates of 4: it is shown as 3');
  });
});

describe('the steps of schedule', () => {
  it('that lack the length of an epoch are asked for', async () => {
    const { err } = await scheduled({ ...ACCUMULATED, train_cfg: { max_epochs: 3 } });
    expect(err).toContain('missing: --epoch-length, the iterations of an epoch: the run is 3 epochs');
    const { err: other } = await scheduled({ ...ACCUMULATED, param_scheduler: { type: 'StepLR', step_size: 1 } });
    expect(other).toContain('the run is 20 iterations, and its schedules count epochs');
  });

  it('are those of the run where nothing is scheduled', async () => {
    const bare = { optim_wrapper: { optimizer: SGD } };
    expect(await rates(bare, '--epochs', '4')).toHaveLength(5);
    expect(await rates({ ...bare, train_cfg: { max_epochs: 3 } })).toHaveLength(4);
    expect(await rates({ ...bare, train_cfg: { by_epoch: false, max_iters: 7 } })).toHaveLength(8);
  });
});

describe('groups of a config without a model', () => {
  it('warn of an optimizer that is not known', async () => {
    const { err } = await scheduled({ optim_wrapper: { optimizer: { type: 'MyOwnThing', lr: 0.1 } } }, '--steps', '2');
    expect(err).toContain('MyOwnThing');
  });

  it('take keys that match paths, and strict ones', async () => {
    const custom_keys = { 'backbone.**': { lr_mult: 0.1 } };
    const paramwise_cfg = { custom_keys, custom_keys_match: 'path', strict: true };
    const { out, err } = await scheduled({ optim_wrapper: { optimizer: SGD, paramwise_cfg } }, '--steps', '2');
    expect(err).toBe('');
    expect(JSON.parse(out).groups).toHaveLength(2);
  });
});

describe('auto_scale_lr', () => {
  const config = { optim_wrapper: { optimizer: SGD }, auto_scale_lr: { enable: true, base_batch_size: 16 } };
  const note = 'auto_scale_lr is enabled: training multiplies every rate by its whole batch size / 16';
  const times = (text: string) => text.split('auto_scale_lr is').length - 1;

  it('is a warning of every command, once', async () => {
    const [model, file] = [fileOf(MODEL), fileOf(config)];
    const output = join(scratchFolder(), 'out.py');
    const lines = [
      ['plan', model, file],
      ['explain', model, file, 'weight'],
      ['diff', model, file, file],
      ['export', '--to', 'mmengine', model, file, '-o', output],
      ['schedule', file, '--steps', '2'],
      ['schedule', file, '--steps', '2', '--model', model],
    ];
    for (const line of lines) {
      const { err } = await run(...line);
      expect(err, line[0]).toContain(note);
      expect(times(err), line[0]).toBe(1);
    }
    const { out } = await run('plan', model, file, '--json');
    expect((JSON.parse(out) as { warnings: string[] }).warnings.join()).toContain(note);
  });
});

describe('a config of another layout', () => {
  it('is told by its fields', async () => {
    const top = await scheduled({ optimizer: SGD, train_cfg: { max_epochs: 3 } });
    expect(top.err).toContain('optimizer stands at the top, beside train_cfg: write optim_wrapper = dict(optimizer=…)');
    for (const field of ['runner', 'checkpoint_config', 'total_epochs']) {
      const { err } = await scheduled({ optimizer: SGD, [field]: {} });
      expect(err).toContain(`a config of MMCV 1: it has optimizer, ${field} at the top`);
    }
  });
});

describe('diff', () => {
  const difference = async (before: object, after: object) => {
    const args = [fileOf(MODEL), fileOf({ optimizer: before }), fileOf({ optimizer: after })];
    const { out } = await run('diff', ...args);
    const json = await run('diff', ...args, '--json');
    return { out, json: JSON.parse(json.out) as { optimizer: unknown } };
  };

  it('shows settings of the optimizer', async () => {
    const { out, json } = await difference(SGD, { ...SGD, momentum: 0.5 });
    expect(out).toBe('optimizer: momentum 0.9 → 0.5\n');
    expect(json.optimizer).toEqual([{ name: 'momentum', before: 0.9, after: 0.5 }]);
  });

  it('shows its type, and no default that is spelt out', async () => {
    const { out } = await difference({ type: 'SGD', lr: 0.1 }, { type: 'Lion', lr: 0.1 });
    expect(out.split('\n')[0]).toContain('optimizer: type SGD → Lion');
    expect((await difference({ type: 'SGD', lr: 0.1 }, { type: 'SGD', lr: 0.1, momentum: 0 })).out).toBe(
      'no parameter changes\n',
    );
  });
});
