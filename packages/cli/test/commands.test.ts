/** What the commands print, and how they end. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makePaint } from '../src/index.ts';
import { root, run, scratchFolder } from './run.ts';

const param = (name: string, id: number, shape: number[]) => ({ name, id, shape, requires_grad: true });
const model = {
  format: 'paramwise-model/1',
  name: 'tiny',
  root: {
    id: 0,
    types: ['Net', 'Module'],
    params: [],
    children: [
      ['stem', { id: 1, types: ['Linear'], params: [param('weight', 0, [4, 3]), param('bias', 1, [4])], children: [] }],
      ['bn', { id: 2, types: ['_BatchNorm'], params: [param('weight', 2, [4]), param('bias', 3, [4])], children: [] }],
    ],
  },
};
const config = {
  optim_wrapper: {
    optimizer: { type: 'SGD', lr: 0.1, momentum: 0.9, weight_decay: 0.01 },
    paramwise_cfg: { norm_decay_mult: 0, custom_keys: { stem: { lr_mult: 0.1 } } },
  },
  param_scheduler: [{ type: 'MultiStepLR', milestones: [2], gamma: 0.5 }],
};

function files(changes: object = {}, modelChanges: object = {}) {
  const folder = scratchFolder();
  const write = (name: string, value: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
    return path;
  };
  const paths = {
    model: write('model.json', { ...model, ...modelChanges }),
    config: write('config.json', { ...config, ...changes }),
  };
  return { ...paths, write, folder };
}

describe('plan', () => {
  it('shows a tree, totals for each pair of settings, and warnings on standard error', async () => {
    const { model, config } = files();
    const { code, out, err } = await run('plan', model, config);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatchInlineSnapshot(`
      "tiny
      module  params  shape  elements    lr  weight_decay  rule
      stem.*       2               16  0.01          0.01  custom_keys["stem"]
      bn.*         2                8   0.1             0  norm_decay_mult

        lr  weight_decay  params  elements  size  set by
      0.01          0.01       2        16  64 B  custom_keys["stem"]
       0.1             0       2         8  32 B  norm_decay_mult
      4 parameters, 24 elements, 96 B
      "
    `);
  });

  it('gives every parameter a line with --full, and warns of a key that matches nothing', async () => {
    const { model, config } = files({
      optim_wrapper: { optimizer: { type: 'SGD', lr: 0.1 }, paramwise_cfg: { custom_keys: { sten: {} } } },
    });
    const { out, err } = await run('plan', '--config', config, model, '--full');
    expect(out).toContain('  weight          [4, 3]        12  0.1       default  -');
    expect(err).toBe('warning: custom_keys["sten"] matches no parameter; did you mean "stem"?\n');
  });

  it('writes out control characters of a name, so that they cannot steer the terminal', async () => {
    const { model, config } = files({}, { name: '<img src=x onerror=alert(1)>\u001b[2J' });
    const { out } = await run('plan', model, config);
    expect(out).toContain('<img src=x onerror=alert(1)>\\u001b[2J');
  });
});

describe('explain', () => {
  it('names the rule, and gives the same as data', async () => {
    const { model, config } = files();
    const { out } = await run('explain', model, config, 'bn.weight');
    expect(out).toContain('weight_decay = 0.01 × norm_decay_mult 0 = 0: it is a parameter of a norm');
    const json = JSON.parse((await run('explain', model, config, 'stem.bias', '--json')).out);
    expect(json).toMatchObject({ path: 'stem.bias', trained: true, decidedBy: ['custom_keys["stem"]'] });
  });

  it('suggests the nearest name', async () => {
    const { model, config } = files();
    expect(await run('explain', model, config, 'bn.wieght')).toEqual({
      code: 2,
      out: '',
      err: 'the plan has no parameter "bn.wieght"; did you mean "bn.weight"?\n',
    });
  });
});

describe('diff', () => {
  it('shows what changes, as text and as data', async () => {
    const { model, config: before, write } = files();
    const after = write('after.json', { optim_wrapper: { optimizer: { type: 'SGD', lr: 0.1, weight_decay: 0.01 } } });
    expect((await run('diff', model, before, after)).out).toContain('stem.weight, stem.bias');
    const { changes } = JSON.parse((await run('diff', model, before, after, '--json')).out);
    expect(changes).toContainEqual({
      path: 'bn.bias',
      before: { lr: 0.1, weight_decay: 0 },
      after: { lr: 0.1, weight_decay: 0.01 },
    });
    expect((await run('diff', model, before, before)).out).toBe('no parameter changes\n');
  });
});

describe('schedule', () => {
  it('draws every distinct group, of the config alone or of a model', async () => {
    const { model, config } = files();
    const { out } = await run('schedule', config, '--steps', '4');
    expect(out).toContain('o optimizer: 0.1 → 0.05');
    expect(out).toContain('x custom_keys["stem"]: 0.01 → 0.005');
    const json = JSON.parse((await run('schedule', config, '--steps', '3', '--model', model, '--json')).out);
    expect(json.groups).toEqual([
      {
        name: 'custom_keys["stem"]',
        lr: [0.010000000000000002, 0.010000000000000002, 0.005000000000000001, 0.005000000000000001],
        momentum: [0.9, 0.9, 0.9, 0.9],
      },
      { name: 'norm_decay_mult', lr: [0.1, 0.1, 0.05, 0.05], momentum: [0.9, 0.9, 0.9, 0.9] },
    ]);
  });

  it('writes CSV, and counts epochs in iterations', async () => {
    const { config, folder } = files();
    const csv = join(folder, 'out/rates.csv');
    await run('schedule', config, '--steps', '6', '--epoch-length', '3', '--csv', csv);
    const lines = readFileSync(csv, 'utf8').split('\r\n');
    expect(lines.slice(0, 3)).toEqual([
      'step,group,lr,momentum',
      '0,optimizer,0.1,0.9',
      '0,"custom_keys[""stem""]",0.010000000000000002,0.9',
    ]);
    expect(lines).toContain('5,optimizer,0.1,0.9');
    expect(lines).toContain('6,optimizer,0.05,0.9');
  });

  it.each([
    [['--steps', '0'], 'give a whole number'],
    [[], 'missing: --steps'],
  ])('refuses %j', async (options, reason) => {
    const { code, err } = await run('schedule', files().config, ...options);
    expect(code).toBe(2);
    expect(err).toContain(reason);
  });

  it('refuses a config without a rate, and one whose schedule does not fit', async () => {
    const bare = files({ optim_wrapper: { optimizer: { type: 'MyOwn' } } });
    expect((await run('schedule', bare.config, '--steps', '2')).err).toContain('optimizer.lr: missing');
    const cycle = files({ param_scheduler: { type: 'OneCycleLR', eta_max: 1, total_steps: 3 } });
    const { code, err } = await run('schedule', cycle.config, '--steps', '20');
    expect(code).toBe(2);
    expect(err).toContain('past the end of the cycle');
  });
});

describe('the command line', () => {
  it('explains itself', async () => {
    for (const args of [['--help'], ['plan', '--help']]) {
      const { code, out } = await run(...args);
      expect(code).toBe(0);
      expect(out).toContain('Exit codes: 0 done');
    }
    expect((await run('plan', '--help')).out).toContain('paramwise plan resnet50.json.gz config.py');
  });

  it.each([
    [[], 'Usage: paramwise'],
    [['plam'], 'Did you mean plan?'],
    [['plan', 'a'], 'missing: config'],
    [['plan', 'a', 'b', 'c'], 'too many arguments'],
    [['plan', '--jsn'], "unknown option '--jsn'"],
    [['plan', 'none.json', 'none.json'], 'none.json: there is no such file'],
    [['plan', 'a', '--config', 'b', 'c'], 'one argument too many: "c"'],
  ])('refuses %j with 2', async (args, reason) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(reason);
  });

  it('colours for a terminal alone, and not with NO_COLOR', () => {
    expect(makePaint(true, {}).red('x')).toBe('\u001b[31mx\u001b[39m');
    expect(makePaint(false, {}).red('x')).toBe('x');
    expect(makePaint(true, { NO_COLOR: '1' }).red('x')).toBe('x');
  });

  it('reports what the engine runs on', async () => {
    const { code, out } = await run('doctor', '--json');
    const report = JSON.parse(out);
    expect(code).toBe(report.ok ? 0 : 1);
    expect(report.findings).toContainEqual({ name: 'Node.js', value: process.version, ok: true });
  });

  const built = existsSync(join(root, 'packages/cli/dist/main.js'));
  it.skipIf(!built)(`runs as \`npx paramwise\`${built ? '' : ' (skipped: not built; npm run setup)'}`, () => {
    const printed = execFileSync(join(root, 'node_modules/.bin/paramwise'), ['--version'], { encoding: 'utf8' });
    expect(printed).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
