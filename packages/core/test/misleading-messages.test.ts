/** What is no optimizer, no list of schedulers, or nothing that counts is named as that. */
import { describe, expect, it } from 'vitest';
import { buildParamScheduler, ScheduleDriver, StepLR } from '../src/index.ts';

const optimizer = () => ({ paramGroups: [{ lr: 0.1 }] });

describe('a schedule', () => {
  it.each([
    ['x', '"x"'],
    [undefined, 'undefined'],
    [{ paramGroups: [null] }, 'a mapping with paramGroups'],
  ])('of %j says that it needs an optimizer', (wrong, found) => {
    const says = `schedules an optimizer or an optimizer wrapper, which has paramGroups; found ${found}`;
    expect(() => new StepLR(wrong as never, { step_size: 2 })).toThrow(says);
    expect(() => buildParamScheduler(wrong as never, { type: 'StepLR', step_size: 2 })).toThrow(says);
  });

  it('that counts epochs says that the iterations of an epoch are missing', () => {
    const config = { type: 'StepLR', step_size: 2, convert_to_iter_based: true };
    const says = 'convert_to_iter_based needs the iterations of an epoch';
    expect(() => buildParamScheduler(optimizer(), config)).toThrow(says);
  });
});

describe('a ScheduleDriver', () => {
  it('says what its arguments are', () => {
    const list = buildParamScheduler(optimizer(), { type: 'StepLR', step_size: 2 });
    const counter = { updateCount: 0 };
    expect(() => new ScheduleDriver(undefined as never, counter)).toThrow('list of schedulers');
    expect(() => new ScheduleDriver({ generator: list } as never, counter)).toThrow('under the same names');
    expect(() => new ScheduleDriver(list, undefined as never)).toThrow('what counts updates');
    expect(() => new ScheduleDriver(list, counter)).not.toThrow();
  });
});
