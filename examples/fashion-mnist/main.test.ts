import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSafetensors } from '@paramwise/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

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
