/** What the recorded traces do not show. */
import { expect, it } from 'vitest';
import { getLr, getMomentum } from '../src/index.ts';
import { lossFactor, startsInsideAccumulation } from '../src/internal.ts';

it('lossFactor refuses more passes than were announced', () => {
  const counts = { accumulativeCounts: 4, innerCount: 8, maxCounts: 8 };
  expect(() => lossFactor(counts)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: maxCounts: 8 backward passes were announced and this is number 9; give the real number of passes, or -1 if it is not known]`,
  );
});

it('startsInsideAccumulation tells whether a run resumes between two steps', () => {
  expect(startsInsideAccumulation(8, 4)).toBe(false);
  expect(startsInsideAccumulation(9, 4)).toBe(true);
});

it('momentum is the first beta or 0 where there is none, and base_lr is reported where there is a base', () => {
  expect(getMomentum([{ momentum: 0.9 }, { betas: [0.8, 0.99] }, { lr: 1 }])).toEqual({ momentum: [0.9, 0.8, 0] });
  expect(getLr([{ lr: 1 }])).toEqual({ lr: [1] });
  expect(getLr([{ lr: 1 }], { lr: 2 })).toEqual({ base_lr: [2], lr: [1] });
});
