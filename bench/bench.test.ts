import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { interleave, median, type Rival, ratioOf, rowsOf } from './lib/harness.ts';
import type { Result } from './lib/report.ts';
import { elementsOf, isHiddenMatrix, resNet50, swinT, vitB16 } from './lib/shapes.ts';

describe('the harness', () => {
  it('takes the middle of times, of an even number the mean of both', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('runs rivals in turns and keeps no warm-up', async () => {
    const order: string[] = [];
    const rival = (who: string, ms: number): Rival => ({
      who,
      run: async () => {
        order.push(who);
        return ms * order.length;
      },
    });
    const times = await interleave([rival('a', 1), rival('b', 10)], { runs: 2, warmup: 1 });
    expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    expect(times).toEqual(
      new Map([
        ['a', [3, 5]],
        ['b', [40, 60]],
      ]),
    );
  });

  it('takes ratios round by round, and has none to a rival that is not there', () => {
    const times = new Map([
      ['a', [1, 20, 3]],
      ['b', [2, 10, 6]],
    ]);
    expect(ratioOf(times, 'a', 'b')).toBe(0.5);
    expect(ratioOf(times, 'a', 'c')).toBeUndefined();
    expect(rowsOf('w', times, [{ who: 'c', note: 'why' }])).toEqual([
      { work: 'w', who: 'a', median_ms: 3, min_ms: 1, runs: 3 },
      { work: 'w', who: 'b', median_ms: 6, min_ms: 2, runs: 3 },
      { work: 'w', who: 'c', median_ms: null, min_ms: null, runs: 0, note: 'why' },
    ]);
  });
});

describe('the shapes', () => {
  it.each([
    ['ViT-B/16', vitB16(), 152, 86_567_656],
    ['ResNet-50', resNet50(), 161, 25_557_032],
    ['Swin-T', swinT(), 173, 28_288_354],
  ])('of %s are all there', (_, shapes, count, elements) => {
    expect(shapes.length).toBe(count);
    expect(elementsOf(shapes)).toBe(elements);
  });

  it('give Muon the four matrices of each block of Swin-T and the three that merge patches', () => {
    expect(swinT().filter(isHiddenMatrix).length).toBe(12 * 4 + 3);
  });
});

describe('the benchmarks at the size of a test', () => {
  const names = ['step', 'plan', 'calls', 'train', 'memory', 'against'];
  const main = join(import.meta.dirname, 'main.ts');
  let out: string;

  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), 'paramwise-'));
    const root = join(import.meta.dirname, '..');
    const options = ['--tiny', '--runs', '2', '--warmup', '1', '--out', out, '--checkout', root];
    execFileSync('node', ['--conditions=source', '--import', 'tsx', main, ...names, ...options], { encoding: 'utf8' });
  });

  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it.each(names)('%s writes its result in the agreed form', (name) => {
    const result = JSON.parse(readFileSync(join(out, `${name}.json`), 'utf8')) as Result;
    expect(Object.keys(result)).toEqual(['machine', 'versions', 'rows', 'ratios']);
    expect(result.machine).toMatchObject({ cpu: expect.any(String), threads: expect.any(Number) });
    expect(result.versions).toMatchObject({ node: process.versions.node });
    expect(result.rows.length).toBeGreaterThan(1);
    for (const row of result.rows) {
      expect(row).toMatchObject({ work: expect.any(String), who: expect.any(String), runs: expect.any(Number) });
      if (row.median_ms === null) expect(row).toMatchObject({ min_ms: null, runs: 0, note: expect.any(String) });
      else expect(row.median_ms).toBeGreaterThanOrEqual(row.min_ms!);
    }
    expect(result.ratios.length).toBeGreaterThan(0);
    for (const ratio of result.ratios) {
      expect(Object.keys(ratio)).toEqual(['work', 'ours_to', 'ratio']);
      expect(ratio.ratio).toBeGreaterThan(0);
    }
  });
});
