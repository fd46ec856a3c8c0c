/** Memory of large tensors is used again, and given back when asked for. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { emptyCache, full, type Tensor, tidy, zeros } from '../src/index.ts';

const MIB = 2 ** 20;
const HUGE_PAGE = 2 * MIB;
const pageFaults = () => process.resourceUsage().minorPageFault;

/** Makes and fills a tensor of so many MiB, and lets it go. */
const fill = (mib: number) => tidy(() => void full([mib * MIB], 1, { dtype: 'uint8' }));

it('uses the memory of a released tensor for the next of its size', () => {
  const faultsOf = (work: () => void) => {
    const before = pageFaults();
    work();
    return pageFaults() - before;
  };
  emptyCache();
  const rounds = Array.from({ length: 11 }, () =>
    faultsOf(() => {
      for (let i = 0; i < 10; i++) fill(64);
    }),
  );
  // 64 MiB: more than malloc ever keeps. Afresh they take a page fault for each huge page at least. The middle round: what
  // V8 compiles and collects now and then takes faults of its own.
  const middle = rounds.toSorted((a, b) => a - b)[5]!;
  expect(middle).toBeLessThan((10 * 64 * MIB) / HUGE_PAGE / 4);
});

it('gives the memory of released tensors back when asked to', () => {
  emptyCache();
  fill(256);
  const before = process.memoryUsage().rss;
  expect(emptyCache()).toBeGreaterThanOrEqual(256 * MIB);
  expect(before - process.memoryUsage().rss).toBeGreaterThan(200 * MIB);
  expect(emptyCache()).toBe(0);
});

it('keeps at most an eighth and 16 MiB more than was ever in use', () => {
  emptyCache();
  for (let mib = 8; mib <= 80; mib += 8) fill(mib);
  expect(emptyCache()).toBeLessThanOrEqual((80 + 10 + 16) * MIB);
});

it('says how much it was asked for where memory runs out', () => {
  expect(() => zeros([2 ** 46])).toThrow(/out of memory: \d+ bytes/);
  expect(() => fill(1)).not.toThrow();
});

it('never hands the same memory to two live tensors', () => {
  const size = fc.integer({ min: 1, max: 3 * MIB });
  const actions = fc.array(fc.record({ size, at: fc.nat(7) }), { minLength: 20, maxLength: 60 });
  fc.assert(
    fc.property(actions, (list) =>
      tidy(() => {
        const live: { value: number; tensor: Tensor }[] = [];
        for (const [value, { size, at }] of list.entries()) {
          live[at]?.tensor.dispose();
          live[at] = { value, tensor: full([size], value, { dtype: 'uint8' }) };
        }
        for (const each of live) {
          if (!each) continue;
          expect(Number(each.tensor.min().item())).toBe(each.value);
          expect(Number(each.tensor.max().item())).toBe(each.value);
        }
      }),
    ),
    { numRuns: 20 },
  );
});
