import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildOptimWrapper, planOf, tensor } from '@paramwise/torch';
import { describe, expect, it } from 'vitest';
import { MUON, scheduleOf } from './contenders.ts';
import { Gpt } from './model.ts';
import { pieces, startsOf } from './text.ts';

describe('the text', () => {
  it('is cut into pieces whose targets are one character further', () => {
    const text = tensor([0, 1, 2, 3, 4, 5, 6, 7], { dtype: 'int64' });
    const { inputs, targets } = pieces(text, startsOf(text, 3), 3);
    expect(inputs.toArray()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(targets.toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });
});

describe('the config', () => {
  it('gives the matrices of the blocks to Muon, and nothing else', () => {
    const wrapper = buildOptimWrapper(new Gpt(85), MUON.optimWrapper(MUON.tries[0]!), { onWarning: () => {} });
    const groups = planOf(wrapper)!.groups.filter(({ options }) => options.algorithm === 'Muon');
    expect(groups.map(({ path }) => path.replace(/\d/, 'N'))).toEqual(
      Array(3).fill(['h.N.attn.c_attn', 'h.N.attn.c_proj', 'h.N.mlp.c_fc', 'h.N.mlp.c_proj']).flat().map(weightOf),
    );
  });

  it('has a schedule that can be drawn out', () => {
    expect(scheduleOf(300).map(({ begin, end }) => [begin, end])).toEqual([
      [0, 30],
      [30, 300],
    ]);
  });
});

const weightOf = (path: string) => `${path}.weight`;

describe('the GPT example, quick', () => {
  it('has less loss with Muon than with AdamW after as many steps, and shows samples and speed', () => {
    const main = join(import.meta.dirname, 'main.ts');
    const printed = execFileSync('node', ['--conditions=source', '--import', 'tsx', main, '--quick'], {
      encoding: 'utf8',
    });
    const lossOf = (name: string) => Number(new RegExp(`^  ${name} +(\\d\\.\\d+) ±`, 'm').exec(printed)?.[1]);
    expect(lossOf('Muon \\+ AdamW')).toBeLessThan(lossOf('AdamW'));
    expect(printed).toMatch(/h\.\*\.weight .* matrix_algorithm, algorithm "Muon"/);
    expect(printed).toMatch(/characters\/s, \d+:\d\d left/);
    expect(printed).toMatch(/Muon \+ AdamW after 20 steps:\n +This License /);
    expect(printed).toMatch(/better in 1 of 1 seeds/);
  });
});
