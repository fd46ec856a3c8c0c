import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSafetensors } from '@paramwise/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barChart } from './chart.ts';
import { mean, paired, percent, standardDeviation, wins } from './tally.ts';

describe('the tally', () => {
  it('has the mean, and the deviation of a sample', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(standardDeviation([1, 2, 6])).toBeCloseTo(Math.sqrt(7), 12);
    expect(standardDeviation([5])).toBe(0);
    expect(percent([0.5, 0.7])).toBe('60.0 ± 14.1 %');
  });

  it('compares seed by seed', () => {
    expect(wins([0.7, 0.5, 0.6], [0.6, 0.5, 0.5])).toBe(2);
    expect(paired([0.7, 0.6], [0.6, 0.7])).toBe('+0.0 ± 14.1 points, better in 1 of 2 seeds');
    expect(paired([0.5], [0.75])).toBe('-25.0 ± 0.0 points, better in 0 of 1 seeds');
  });

  it('is drawn as bars of which the longest is the best', () => {
    const lines = barChart([
      { name: 'a', values: [0.7, 0.72] },
      { name: 'bb', values: [0.6, 0.62] },
    ]).split('\n');
    expect(lines).toHaveLength(3);
    const bar = (line: string) => [...line].filter((char) => char === '█').length;
    expect(bar(lines[0]!)).toBeGreaterThan(bar(lines[1]!));
    expect(lines[2]).toMatch(/ %.* %$/);
  });
});

describe('the Fashion-MNIST example, quick', () => {
  const main = join(import.meta.dirname, 'main.ts');
  let out: string;
  let printed: string;

  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), 'paramwise-'));
    const options = ['--quick', '--seeds', '3', '--out', out];
    printed = execFileSync('node', ['--conditions=source', '--import', 'tsx', main, ...options], { encoding: 'utf8' });
  });

  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it('prints the plan, the rates tried, and the accuracy of each contender with its spread', () => {
    expect(printed).toMatch(/backbone\.\* .* custom_keys\["backbone"\]/);
    for (const name of ['param-wise', 'one rate', 'frozen backbone']) {
      expect(printed).toMatch(new RegExp(`${name} +\\d+\\.\\d ± \\d+\\.\\d %`));
      expect(printed).toMatch(new RegExp(`${name} +0\\.\\d+: \\d+\\.\\d %`));
    }
    expect(printed).toMatch(/param-wise against one rate: [+-]\d+\.\d ± \d+\.\d points, better in \d of 3 seeds/);
    expect(printed).toMatch(/images\/s, \d+:\d\d left/);
  });

  it('learns far above the one in ten of guessing', () => {
    const accuracy = Number(/param-wise +(\d+\.\d) ±/.exec(printed)?.[1]);
    expect(accuracy).toBeGreaterThan(50);
  });

  it('writes the curves of a seed, the weights, and a report with them', () => {
    const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const iterations = lines.filter((line) => line.run === 'param-wise' && 'loss' in line);
    expect(iterations.length).toBe(25);
    expect(iterations.every((line) => Number.isFinite(line.loss) && line.lr >= 0)).toBe(true);
    expect(lines.filter((line) => 'accuracy' in line).length).toBe(3);
    const { tensors } = loadSafetensors(join(out, 'param-wise.safetensors'));
    expect(tensors['head.weight']?.shape).toEqual([10, 96]);
    expect(existsSync(join(out, 'report.html'))).toBe(true);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('frozen backbone');
  });
});
