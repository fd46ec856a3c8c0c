/** A driver whose counter was loaded behind its back. */
import { describe, expect, it } from 'vitest';
import { buildParamScheduler, type GroupSettings, ScheduleDriver } from '../src/index.ts';

function make(options?: { maxUpdatesPerIteration?: number }) {
  const group: GroupSettings = { lr: 1 };
  const schedules = buildParamScheduler(
    { paramGroups: [group] },
    { type: 'ExponentialLR', gamma: 0.5, by_epoch: false },
  );
  const counter = { updateCount: 0 };
  return { group, counter, driver: new ScheduleDriver(schedules, counter, options) };
}

describe('a driver made before the counters were loaded', () => {
  it('refuses to move schedules 20 steps at once, until it is told', () => {
    const { group, counter, driver } = make();
    counter.updateCount = 20;
    const message =
      'ScheduleDriver: 20 updates since the last call: counters loaded by themselves: pass the driver to loadCheckpoint, ' +
      'or make it after loading; for a loop that updates several times an iteration, set maxUpdatesPerIteration (now 1)';
    for (let i = 0; i < 2; i++) expect(() => driver.afterIteration()).toThrow(message);
    expect(group.lr).toBe(1);
    expect(driver.stateDict()).toEqual({ update_count: 0 });
    driver.sync();
    counter.updateCount = 21;
    driver.afterIteration();
    expect(group.lr).toBe(0.5);
  });

  it('refuses a counter that went back', () => {
    const { group, counter, driver } = make();
    counter.updateCount = 1;
    driver.afterIteration();
    counter.updateCount = 0;
    expect(() => driver.afterIteration()).toThrow('1 updates fewer than at the last call');
    expect(group.lr).toBe(0.5);
  });

  it('takes a state that is a count, and no other', () => {
    const { driver } = make();
    for (const update_count of [Number.NaN, -1, 0.5, '3', null])
      expect(() => driver.loadStateDict({ update_count })).toThrow('a whole number from 0');
    expect(driver.stateDict()).toEqual({ update_count: 0 });
  });
});

describe('a loop that updates several times an iteration', () => {
  it('says so, and its schedules follow every update', () => {
    const { group, counter, driver } = make({ maxUpdatesPerIteration: 5 });
    counter.updateCount = 5;
    driver.afterIteration();
    expect(group.lr).toBe(1 / 32);
    counter.updateCount = 11;
    expect(() => driver.afterIteration()).toThrow('6 updates since the last call');
    const { counter: any, driver: open } = make({ maxUpdatesPerIteration: Number.POSITIVE_INFINITY });
    any.updateCount = 100;
    expect(() => open.afterIteration()).not.toThrow();
  });

  it('cannot say nonsense', () => {
    for (const maxUpdatesPerIteration of [0, -1, 1.5, Number.NaN])
      expect(() => make({ maxUpdatesPerIteration })).toThrow('maxUpdatesPerIteration is');
  });
});
