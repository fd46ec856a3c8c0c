/** Custom keys that are whole paths, written out for MMEngine, whose keys are parts of paths. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeGolden, goldenFolder } from '../../../testing/golden.ts';
import { planFiles } from '../src/index.ts';
import { run, scratchFolder } from './run.ts';

const model = join(goldenFolder, 'param-groups/models/resnet18.json.gz');

async function ratesOf(config: string): Promise<[path: string, lr: unknown, decay: unknown][]> {
  const { groups, base } = (await planFiles(model, config)).plan;
  return groups.map(({ path, options }) => [path, options.lr ?? base.lr, options.weight_decay ?? base.weight_decay]);
}

describeGolden('custom_keys_match: path', () => {
  it('slows the stem of resnet18 and no other conv1, here and as exported', async () => {
    const folder = scratchFolder();
    const config = join(folder, 'config.json');
    const custom_keys = {
      conv1: { lr_mult: 0.25 },
      'layer4.*.conv*': { lr_mult: 0.5 },
      're:^fc\\.b': { decay_mult: 0 },
    };
    const paramwise_cfg = { custom_keys_match: 'path', norm_decay_mult: 0, custom_keys };
    const optimizer = { type: 'SGD', lr: 0.5, weight_decay: 0.125 };
    writeFileSync(config, JSON.stringify({ optim_wrapper: { optimizer, paramwise_cfg } }));
    const wanted = await ratesOf(config);
    const slowed = wanted.filter(([, lr]) => lr !== 0.5).map(([path, lr]) => [path, lr]);
    expect(slowed).toEqual([
      ['conv1.weight', 0.125],
      ['layer4.0.conv1.weight', 0.25],
      ['layer4.0.conv2.weight', 0.25],
      ['layer4.1.conv1.weight', 0.25],
      ['layer4.1.conv2.weight', 0.25],
    ]);
    expect(wanted.at(-1)).toEqual(['fc.bias', 0.5, 0]);

    const exported = join(folder, 'exported.py');
    expect((await run('export', '--to', 'mmengine', model, config, '-o', exported)).code).toBe(0);
    expect(readFileSync(exported, 'utf8')).not.toContain('custom_keys_match');
    expect(await ratesOf(exported)).toEqual(wanted);
  });
});
