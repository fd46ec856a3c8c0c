/** The records of the optimizers: found by name, complete, and what is checked against them. */
import { ConfigError } from '@paramwise/core';
import {
  ALGORITHMS,
  checkSettings,
  completeDefaults,
  findAlgorithmInfo,
  GROUP_FIELDS,
  groupDefaults,
  unknownSettings,
} from '@paramwise/core/internal';
import { describe, expect, it } from 'vitest';

const INHERITED = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__'];

const infoOf = (name: string) => findAlgorithmInfo(name)!;

/** A mapping that owns a field of any name, as parsed JSON does. */
const owning = (name: string, value: unknown) => JSON.parse(JSON.stringify({ key: value }).replace('key', name));

function messageOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('nothing was refused');
}

describe('an algorithm', () => {
  it('is found by its name, and by nothing that objects inherit', () => {
    expect(ALGORITHMS).toHaveLength(18);
    for (const info of ALGORITHMS) expect(findAlgorithmInfo(info.name)).toBe(info);
    for (const name of [...INHERITED, 'adamw', '']) expect(findAlgorithmInfo(name)).toBeUndefined();
  });

  it.each(ALGORITHMS.map((info) => [info.name, info] as const))('%s has defaults that keep its rules', (_, info) => {
    expect(() => checkSettings(info, info.defaults, [])).not.toThrow();
    for (const name of Object.keys(info.defaults)) expect(info.rules, name).toHaveProperty(name);
  });

  it.each(ALGORITHMS.map((info) => [info.name, info] as const))('%s names its state without a tensor', (_, info) => {
    for (const shape of [[], [3], [4, 3], [4, 3, 2, 2]])
      for (const slot of Object.values(info.slots(info.defaults, shape)))
        expect(typeof slot === 'number' || slot.every(Number.isInteger)).toBe(true);
    const scalars = info.scalars?.first(info.defaults) ?? {};
    const constants = info.kernel?.constants(info.defaults, { step: 1, scalars, fresh: true }) ?? [];
    expect(constants.every(Number.isFinite)).toBe(true);
  });

  it('has state that the shape decides', () => {
    const adafactor = infoOf('Adafactor');
    expect(adafactor.slots(adafactor.defaults, [7])).toEqual({ variance: 0 });
    expect(adafactor.slots(adafactor.defaults, [2, 4, 3])).toEqual({ row_var: [2, 4, 1], col_var: [2, 1, 3] });
    const muon = infoOf('Muon');
    expect(muon.refuses?.([7], muon.defaults)?.found).toBe('shape [7]');
    expect(muon.refuses?.([7, 1], muon.defaults)).toBeUndefined();
  });
});

describe('options', () => {
  it('are merged with the defaults, which stay as they are', () => {
    const own = [0.8, 0.9];
    const settings = completeDefaults(infoOf('AdamW'), { lr: 0.1, betas: own, eps: undefined }, ['AdamW']);
    expect(settings).toMatchObject({ lr: 0.1, betas: [0.8, 0.9], eps: 1e-8, weight_decay: 0.01 });
    expect(settings.betas).not.toBe(own);
    expect(completeDefaults(infoOf('AdamW'), {}, []).betas).not.toBe(infoOf('AdamW').defaults.betas);
  });

  it.each([
    [0.1, 'SGD: found 0.1; allowed is an object of options: { lr: 0.1 }'],
    [0.02, 'SGD: found 0.02; allowed is an object of options: { lr: 0.02 }'],
    [null, 'SGD: found null; allowed is an object of options: { lr: 0.1 }'],
    [[0.1], 'SGD: found a list of 1; allowed is an object of options: { lr: 0.1 }'],
    ['lr', 'SGD: found "lr"; allowed is an object of options: { lr: 0.1 }'],
  ])('are an object, not %j', (options, message) => {
    expect(messageOf(() => completeDefaults(infoOf('SGD'), options as never, ['SGD']))).toBe(message);
  });

  it.each(INHERITED)('have no field %s', (name) => {
    expect(messageOf(() => completeDefaults(infoOf('SGD'), owning(name, 1), ['SGD']))).toMatch(
      new RegExp(`^SGD\\.${name}: unknown field`),
    );
  });
});

describe('settings of a group', () => {
  it.each(INHERITED)('named %s are refused, whatever they hold', (name) => {
    const settings = owning(name, 1);
    expect(messageOf(() => checkSettings(infoOf('SGD'), settings, ['SGD', 'params', 0]))).toBe(
      `SGD.params[0].${name}: found 1; allowed is no field of this name: every object has one`,
    );
    expect(unknownSettings(infoOf('SGD'), settings, [])).toMatchObject([{ code: 'unknown_field', path: [name] }]);
  });

  it('that no part of the algorithm reads are told, each with those that it knows', () => {
    const issues = unknownSettings(infoOf('SGD'), { momentun: 0.5, lr: 1, betas: [0, 0], eps: undefined }, ['head']);
    expect(issues.map(({ path }) => path)).toEqual([
      ['head', 'momentun'],
      ['head', 'betas'],
    ]);
    expect(new ConfigError(issues).message).toContain(
      'head.momentun: unknown field; did you mean "momentum"? (allowed: lr, momentum, dampening, weight_decay, nesterov',
    );
  });

  it('that surround the algorithm are known to all', () => {
    const carried = { initial_lr: 1, algorithm: 'SGD', lr_mult: 0.1, name: 'head' };
    for (const info of ALGORITHMS) expect(unknownSettings(info, carried, [])).toEqual([]);
    expect(unknownSettings(infoOf('SGD'), Object.fromEntries([...GROUP_FIELDS].map((name) => [name, 1])), [])).toEqual(
      [],
    );
  });

  it('that a scheduler keeps are known where the algorithm has what is scheduled', () => {
    const unknownTo = (name: string, field: string) => unknownSettings(infoOf(name), { [field]: 0.9 }, []).length === 1;
    expect(['SGD', 'AdamW', 'Adagrad'].map((name) => unknownTo(name, 'initial_momentum'))).toEqual([
      false,
      false,
      true,
    ]);
    expect(['SGD', 'AdamW'].map((name) => unknownTo(name, 'initial_foo'))).toEqual([true, true]);
  });

  it('of another algorithm take what means the same to both', () => {
    expect(groupDefaults(infoOf('Lion'), { lr: 0.3, weight_decay: 0.2, momentum: 0.9 })).toEqual({
      ...infoOf('Lion').defaults,
      lr: 0.3,
      weight_decay: 0.2,
    });
    expect(groupDefaults(infoOf('Rprop'), { weight_decay: 0.2 })).not.toHaveProperty('weight_decay');
  });
});
