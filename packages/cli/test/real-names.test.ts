/** Names of classes as configs have them, through the commands that read and write them. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.ts';
import { run } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'paramwise-names-'));
const { models } = JSON.parse(
  readFileSync(new URL('../../core/test/data/sister-libraries.json', import.meta.url), 'utf8'),
) as { models: Record<string, unknown> };
for (const [name, model] of Object.entries(models)) writeFileSync(join(folder, `${name}.json`), JSON.stringify(model));
const modelPath = (name: string) => join(folder, `${name}.json`);

function configOf(text: string): string {
  const path = join(mkdtempSync(join(folder, 'c-')), 'config.py');
  writeFileSync(path, text);
  return path;
}

describe('a default_scope', () => {
  it('says whose class a name is, where that is another', () => {
    const path = configOf(`default_scope = 'mmpose'
optim_wrapper = dict(constructor='LayerDecayOptimWrapperConstructor', optimizer=dict(type='AdamW', lr=1e-3))
param_scheduler = [dict(type='LinearLR', end=5), dict(type='ConstantLR', factor=2.5, end=9)]
`);
    expect(loadConfig(path)).toMatchObject({
      optim_wrapper: { constructor: 'mmpose.LayerDecayOptimWrapperConstructor', optimizer: { type: 'AdamW' } },
      param_scheduler: [{ type: 'LinearLR' }, { type: 'mmpose.ConstantLR' }],
    });
  });
});

describe('paramwise export', () => {
  const dotted = `optim_wrapper = dict(type='mmengine.optim.OptimWrapper', _scope_='mmdet',
  optimizer=dict(type='torch.optim.AdamW', lr=1e-3, weight_decay=0.05), paramwise_cfg=dict(norm_decay_mult=0.0))
`;

  it('to pytorch names the class of torch.optim', async () => {
    const out = join(mkdtempSync(join(folder, 'o-')), 'plan.json');
    const { code, err } = await run('export', modelPath('layers'), configOf(dotted), '--to', 'pytorch', '-o', out);
    expect([code, err]).toEqual([0, expect.any(String)]);
    expect(JSON.parse(readFileSync(out, 'utf8')).optimizer).toEqual({ type: 'AdamW', lr: 1e-3, weight_decay: 0.05 });
  });

  it('to mmengine keeps the names that MMEngine reads', async () => {
    const out = join(mkdtempSync(join(folder, 'o-')), 'plain.py');
    const { code } = await run('export', modelPath('layers'), configOf(dotted), '--to', 'mmengine', '-o', out);
    expect(code).toBe(0);
    expect(readFileSync(out, 'utf8')).toContain('torch.optim.AdamW');
  });

  it('to mmengine writes out what only a constructor of another library reads', async () => {
    const config = configOf(`optim_wrapper = dict(constructor='mmyolo.YOLOv5OptimizerConstructor',
  optimizer=dict(type='SGD', lr=0.01, weight_decay=0.0005, batch_size_per_gpu=16),
  paramwise_cfg=dict(base_total_batch_size=64, world_size=8, strict=True))
`);
    const out = join(mkdtempSync(join(folder, 'o-')), 'plain.py');
    const { code, err } = await run('export', modelPath('yolo'), config, '--to', 'mmengine', '-o', out);
    expect([code, err]).toEqual([0, expect.any(String)]);
    const text = readFileSync(out, 'utf8');
    expect(text).not.toContain('batch_size_per_gpu');
    expect(text).not.toContain('YOLOv5OptimizerConstructor');
    expect(text).toContain('weight_decay=0.001');
  });
});
