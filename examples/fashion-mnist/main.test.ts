import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSafetensors } from '@paramwise/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, 'main.ts');

describe('the Fashion-MNIST example on few images', () => {
  let out: string;
  let printed: string;

  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), 'paramwise-'));
    const options = ['--images', '9600', '--epochs', '1', '--out', out];
    printed = execFileSync('node', ['--conditions=source', '--import', 'tsx', main, ...options], { encoding: 'utf8' });
  });

  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it('prints the plan, grouped, and both accuracies', () => {
    expect(printed).toContain('backbone.');
    expect(printed).toMatch(/with paramwise_cfg +\d+\.\d\d %/);
    expect(printed).toMatch(/without +\d+\.\d\d %/);
    expect(printed).toContain('10000 test images');
  });

  it('learns: after one short epoch well above the one in ten of guessing', () => {
    const accuracy = Number(/with paramwise_cfg +(\d+\.\d\d) %/.exec(printed)?.[1]);
    expect(accuracy).toBeGreaterThan(50);
  });

  it('writes metrics of every iteration and weights that load', () => {
    const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const iterations = lines.filter((line) => line.run === 'paramwise' && 'loss' in line);
    expect(iterations.length).toBe(150);
    expect(iterations.every((line) => Number.isFinite(line.loss) && line.lr > 0)).toBe(true);
    const { tensors } = loadSafetensors(join(out, 'paramwise.safetensors'));
    expect(tensors['head.weight']?.shape).toEqual([10, 96]);
  });
});
