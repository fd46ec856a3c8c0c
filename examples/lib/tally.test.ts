import { describe, expect, it } from 'vitest';
import { barChart } from './chart.ts';
import { ACCURACY, best, LOSS, mean, paired, spread, standardDeviation, wins } from './tally.ts';

describe('the tally', () => {
  it('has the mean, and the deviation of a sample', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(standardDeviation([1, 2, 6])).toBeCloseTo(Math.sqrt(7), 12);
    expect(standardDeviation([5])).toBe(0);
    expect(spread([0.5, 0.7], ACCURACY)).toBe('60.0 ± 14.1 %');
  });

  it('compares seed by seed', () => {
    expect(wins([0.7, 0.5, 0.6], [0.6, 0.5, 0.5], ACCURACY)).toBe(2);
    expect(wins([0.7, 0.5, 0.6], [0.6, 0.5, 0.5], LOSS)).toBe(0);
    expect(paired([0.7, 0.6], [0.6, 0.7], ACCURACY)).toBe('+0.0 ± 14.1 points, better in 1 of 2 seeds');
    expect(paired([0.5], [0.75], ACCURACY)).toBe('-25.0 ± 0.0 points, better in 0 of 1 seeds');
    expect(paired([0.5], [0.75], LOSS)).toBe('-0.250 ± 0.000 nats, better in 1 of 1 seeds');
  });

  it('finds the best try, of equal ones the first', () => {
    const tries = [0.5, 0.7, 0.7, 0.4].map((value, at) => ({ value, at }));
    expect(best(tries, ACCURACY)).toBe(tries[1]);
    expect(best(tries, LOSS)).toBe(tries[3]);
  });

  it('is drawn as bars of which the longest is the best', () => {
    const bars = [
      { name: 'a', values: [0.7, 0.72] },
      { name: 'bb', values: [0.6, 0.62] },
    ];
    const lines = barChart(bars, ACCURACY).split('\n');
    expect(lines).toHaveLength(3);
    const bar = (line: string) => [...line].filter((char) => char === '█').length;
    expect(bar(lines[0]!)).toBeGreaterThan(bar(lines[1]!));
    expect(lines[2]).toMatch(/ %.* %$/);
  });
});
