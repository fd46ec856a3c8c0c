import { describe, expect, it } from 'vitest';
import { callOperator, ops, tensor, tidy } from '../src/index.ts';

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Equation `n` of those that sum over three dimensions; all differ. */
const equation = (n: number) =>
  `${letters[n % 52]}${letters[Math.floor(n / 52) % 52]}${letters[Math.floor(n / 2704) % 52]}->`;

const x = tensor([[[2]]]);

/** Text that no call has carried before, of whatever length. */
const longEquation = (spaces: number) => `abc${' '.repeat(spaces)}->`;

function sumAll(from: number, to: number): void {
  for (let n = from; n < to; n++) tidy(() => expect(ops.einsum(equation(n), [x]).item()).toBe(2));
}

describe('strings of calls', () => {
  it('are not kept for good: 60,000 equations leave no memory behind', () => {
    sumAll(0, 60_000);
    const before = process.memoryUsage().rss;
    sumAll(60_000, 120_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(4e6);
  }, 60_000);

  it('mean the same whether the engine knows them by a number or not', () => {
    sumAll(120_000, 120_100);
    for (const spaces of [0, 1, 3, 4, 5, 61, 200, 5000]) expect(ops.einsum(longEquation(spaces), [x]).item()).toBe(2);
    expect(x.to('float64').dtype).toBe('float64');
    expect(x.sum([0, 1], { keepdim: true, dtype: 'float64' }).shape).toEqual([1, 1, 1]);
  });

  it('are quoted whole by an error', () => {
    expect(() => callOperator('aten::einsum', 'ü→€ → 😀'.repeat(20), [x])).toThrow(/einsum/);
    expect(() => x.to('überlang'.repeat(20) as 'float32')).toThrow(/'(überlang){20}'/);
  });

  it('name a keyword that nobody knows', () => {
    for (let n = 0; n < 1100; n++)
      expect(() => callOperator('aten::sum', x, { [`no_${n}`]: 1 })).toThrow(`it has no argument 'no_${n}'`);
    const long = 'k'.repeat(100);
    expect(() => callOperator('aten::sum', x, { [long]: 1 })).toThrow(`it has no argument '${long}'`);
  });
});
