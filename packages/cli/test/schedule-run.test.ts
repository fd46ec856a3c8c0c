/** Schedules as the run has them: its length, its units, what starts where, and what is odd about it. */
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
    children: [
      [
        'backbone',
        {
          id: 1,
          types: ['Linear'],
          params: [{ name: 'weight', id: 1, shape: [2, 2], requires_grad: true }],
          children: [],
        },
      ],
    ],
  },
};

function files(config: object) {
  const folder = scratchFolder();
  const write = (name: string, value: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(value));
    return join(folder, name);
  };
  return { config: write('config.json', config), model: write('model.json', MODEL), folder };
}

interface Group {
  readonly name: string;
  readonly [field: string]: unknown;
}

async function curves(config: object, ...options: string[]) {
  const { code, out, err } = await run('schedule', files(config).config, '--json', ...options);
  if (code !== 0) throw new Error(err);
  const { groups } = JSON.parse(out) as { groups: Group[] };
  return { groups, err, values: (field: string, group = 0) => groups[group]![field] as number[] };
}

const refusal = async (config: object, ...options: string[]) => {
  const { code, err } = await run('schedule', files(config).config, ...options);
  expect(code).toBe(2);
  return err;
};

const ADAMW = { optimizer: { type: 'AdamW', lr: 0.001 } };
const RUN = {
  optim_wrapper: ADAMW,
  train_cfg: { by_epoch: true, max_epochs: 30 },
  param_scheduler: [
    { type: 'LinearLR', start_factor: 0.01, end: 5 },
    { type: 'CosineAnnealingLR', eta_min: 1e-5, begin: 5 },
  ],
};

describe('the length of the run', () => {
  const expectCosine = (lr: number[]) => {
    expect(lr).toHaveLength(31);
    expect(lr[10]).toBeCloseTo(0.00090546, 8);
    expect(lr[20]).toBeCloseTo(0.00035204, 8);
    expect(lr[29]).toBeCloseTo(0.0000139, 7);
  };

  it('is that of train_cfg, and the end of schedules that have none', async () => {
    const { values, err } = await curves(RUN, '--steps', '30');
    expectCosine(values('lr'));
    expect(err).toBe('');
    expectCosine((await curves(RUN)).values('lr'));
    const loop = { ...RUN, train_cfg: { type: 'mmengine.EpochBasedTrainLoop', max_epochs: 30, max_iters: 7 } };
    expectCosine((await curves(loop)).values('lr'));
  });

  it('is that of --epochs, whatever train_cfg says', async () => {
    expectCosine((await curves({ ...RUN, train_cfg: { max_epochs: 3 } }, '--epochs', '30')).values('lr'));
    expectCosine(
      (await curves({ ...RUN, train_cfg: { by_epoch: false, max_iters: 3 } }, '--epochs', '30')).values('lr'),
    );
  });

  it('is counted in iterations where schedules are', async () => {
    const param_scheduler = { type: 'PolyLR', by_epoch: false };
    const train_cfg = { type: 'IterBasedTrainLoop', max_iters: 20 };
    const lr = (await curves({ ...RUN, train_cfg, param_scheduler })).values('lr');
    expect(lr).toHaveLength(21);
    expect(lr[19]).toBeCloseTo(0, 12);
    const shorter = await curves({ ...RUN, train_cfg, param_scheduler }, '--iters', '11');
    expect(shorter.values('lr')[5]).toBeCloseTo(0.0005, 12);
    const epochs = await curves({ ...RUN, param_scheduler }, '--epochs', '2', '--epoch-length', '5');
    expect(epochs.values('lr')).toHaveLength(11);
    expect(epochs.values('lr')[9]).toBeCloseTo(0, 12);
  });

  it('that is not known leaves a warning, never a flat line without a word', async () => {
    const { err } = await curves({ ...RUN, train_cfg: undefined }, '--steps', '30');
    expect(err).toBe(
      'warning: CosineAnnealingLR: neither end nor T_max is given, so lr stays as it is; give one of them, or the length of the run (maxEpochs, --epochs)\n',
    );
    expect(await refusal({ ...RUN, train_cfg: undefined })).toContain('missing: --steps');
  });
});

describe('units', () => {
  const mixed = {
    optim_wrapper: { optimizer: { type: 'SGD', lr: 0.1 } },
    param_scheduler: [
      { type: 'LinearLR', start_factor: 0.01, by_epoch: false, end: 300 },
      { type: 'MultiStepLR', by_epoch: true, milestones: [6, 9] },
    ],
  };

  it('that are mixed are refused without the length of an epoch, by schedule and report', async () => {
    const reason =
      'param_scheduler: schedules by epoch and by iteration need the iterations of an epoch; give --epoch-length';
    expect(await refusal(mixed, '--steps', '10')).toContain(reason);
    const { config, model, folder } = files(mixed);
    expect((await run('report', model, config, '-o', join(folder, 'report.html'))).err).toContain(reason);
    const { values } = await curves(mixed, '--steps', '1000', '--epoch-length', '100');
    expect([values('lr')[299], values('lr')[600], values('lr')[900]].map((lr) => Number(lr!.toPrecision(6)))).toEqual([
      0.1, 0.01, 0.001,
    ]);
  });

  it('that are to be converted are refused in the words of the command', async () => {
    const config = { ...mixed, param_scheduler: { type: 'CosineAnnealingLR', T_max: 3, convert_to_iter_based: true } };
    const err = await refusal(config, '--steps', '10');
    expect(err).toContain('convert_to_iter_based needs the iterations of an epoch; give --epoch-length');
    expect(err).not.toContain('NaN');
  });
});

describe('warnings of schedules', () => {
  const config = {
    optim_wrapper: {
      optimizer: { type: 'AdamW', lr: 2e-4 },
      paramwise_cfg: { custom_keys: { backbone: { lr_mult: 0.1 } } },
    },
    param_scheduler: { type: 'CosineAnnealingLR', T_max: 6, eta_min: 0.01, end: 6 },
    auto_scale_lr: { enable: true, base_batch_size: 16 },
  };
  const ratio = 'breaks the ratio between them; give eta_min_ratio instead';
  const scaled = 'auto_scale_lr is enabled: training multiplies every rate by its whole batch size / 16';

  it('are shown by schedule', async () => {
    const { err } = await curves(config, '--steps', '6');
    expect(err).toContain(ratio);
    expect(err).toContain(scaled);
    expect((await curves({ ...config, auto_scale_lr: { enable: false } }, '--steps', '6')).err).not.toContain('scale');
  });

  it('are shown by report', async () => {
    const { config: path, model, folder } = files(config);
    const output = join(folder, 'report.html');
    expect(await run('report', model, path, '-o', output)).toMatchObject({ code: 0 });
    const page = readFileSync(output, 'utf8');
    expect(page).toContain(ratio);
    expect(page).toContain(scaled);
  });
});

describe('every scheduled field', () => {
  const decay = (field: object = {}) => ({
    optim_wrapper: ADAMW,
    param_scheduler: { type: 'LinearParamScheduler', param_name: 'weight_decay', start_factor: 0.5, end: 10, ...field },
  });

  it('has a curve, which starts where the algorithm does', async () => {
    const { groups, values } = await curves(decay(), '--steps', '10');
    expect(Object.keys(groups[0]!)).toEqual(['name', 'lr', 'momentum', 'weight_decay']);
    expect(values('weight_decay')[0]).toBeCloseTo(0.005, 12);
    expect(values('weight_decay')[10]).toBeCloseTo(0.01, 12);
    expect(values('momentum')).toEqual(Array.from({ length: 11 }, () => 0.9));
    const { out } = await run('schedule', files(decay()).config, '--steps', '10', '--csv', '-');
    expect(out.split('\r\n').slice(0, 2)).toEqual([
      'step,group,lr,momentum,weight_decay',
      '0,optimizer,0.001,0.9,0.005',
    ]);
    expect((await run('schedule', files(decay()).config, '--steps', '10')).out).toContain('o optimizer: 0.005 → 0.01');
  });

  it('tells groups apart that differ in it alone', async () => {
    const optim_wrapper = {
      optimizer: { type: 'AdamW', lr: 0.001, weight_decay: 0.05 },
      paramwise_cfg: { norm_decay_mult: 0, bias_decay_mult: 0.5, custom_keys: { backbone: { decay_mult: 0.1 } } },
    };
    const { groups, values } = await curves({ ...decay(), optim_wrapper }, '--steps', '10');
    expect(groups.map(({ name }) => name)).toEqual([
      'optimizer',
      'bias_decay_mult',
      'custom_keys["backbone"]',
      'norm_decay_mult',
    ]);
    expect([0, 1, 2, 3].map((group) => Number(values('weight_decay', group)[10]!.toPrecision(6)))).toEqual([
      0.05, 0.025, 0.005, 0,
    ]);
  });

  it.each([
    ['Muon', 0.95],
    ['SGD', 0],
    ['Lion', 0.9],
    ['RAdam', 0.9],
  ])('of %s has the momentum of its record', async (type, momentum) => {
    const param_scheduler = { type: 'ConstantMomentum', factor: 1 };
    const { values } = await curves(
      { optim_wrapper: { optimizer: { type, lr: 0.1 } }, param_scheduler },
      '--steps',
      '2',
    );
    expect(values('momentum')).toEqual([momentum, momentum, momentum]);
  });
});
