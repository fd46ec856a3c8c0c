/** Messages that speak of what was written, where the code behind it used to. */
import { describe, expect, it } from 'vitest';
import { buildParamScheduler, LinearLR, StepLR } from '../src/index.ts';
import { LossScaler } from '../src/internal.ts';

describe('a schedule', () => {
  it.each([
    ['x', '"x"'],
    [undefined, 'undefined'],
    [{ lr: 0.1 }, 'a mapping with lr'],
  ])('of %j says what it schedules', (optimizer, found) => {
    const message = `schedules an optimizer or an optimizer wrapper, which has paramGroups; found ${found}`;
    expect(() => new StepLR(optimizer as never, { step_size: 1 })).toThrow(new TypeError(`StepLR ${message}`));
    expect(() => buildParamScheduler(optimizer as never, { type: 'StepLR', step_size: 1 })).toThrow(
      new TypeError(`buildParamScheduler ${message}`),
    );
  });

  it('to be converted says that the length of an epoch is missing', () => {
    const config = { type: 'LinearLR', end: 3, convert_to_iter_based: true };
    expect(() => buildParamScheduler({ paramGroups: [{ lr: 1 }] }, config)).toThrow(
      'epochLength: missing; give a whole number: convert_to_iter_based needs the iterations of an epoch',
    );
    expect(() => LinearLR.buildIterFromEpoch({ paramGroups: [{ lr: 1 }] }, { end: 3 } as never)).toThrow(
      'none is given',
    );
  });

  it('that divides by zero at its first step is refused when it is made', () => {
    expect(() => new LinearLR({ paramGroups: [{ lr: 1 }] }, { start_factor: 0 })).toThrow(
      'LinearLR.start_factor: found 0; allowed is a number above 0, up to 1',
    );
  });
});

it('a loss scale that is none is no dynamic one', () => {
  expect(() => new LossScaler('unknown' as never)).toThrow(
    'optim_wrapper.loss_scale: found "unknown"; allowed is "dynamic"',
  );
});
