/** `ZeroRedundancyOptimizer` of a config: the settings are those of the algorithm that it names. */
import { describe, expect, it } from 'vitest';
import { planParamGroups } from '../src/index.ts';
import { smallModel } from './models.ts';

const plan = (optimizer: object, paramwise?: object) =>
  planParamGroups(smallModel(), { optimizer: { type: 'ZeroRedundancyOptimizer', ...optimizer } }, paramwise);

describe('ZeroRedundancyOptimizer in a config', () => {
  it('is planned as what it steps by', () => {
    const { groups, warnings } = plan(
      { optimizer_type: 'AdamW', lr: 0.1, weight_decay: 0.5 },
      { bias_decay_mult: 0, custom_keys: { head: { betas: [0.8, 0.9] } } },
    );
    expect(warnings).toEqual([]);
    expect(groups.find(({ path }) => path === 'backbone.conv.bias')?.options).toMatchObject({ weight_decay: 0 });
    expect(groups.find(({ path }) => path === 'head.weight')?.options).toMatchObject({ betas: [0.8, 0.9] });
  });

  it.each([
    [{ lr: 0.1 }, /optimizer_type: missing; give the name of the optimizer that steps, such as "AdamW"/],
    [{ optimizer_type: 'AdamV', lr: 0.1 }, /optimizer_type: .*AdamV.*AdamW/s],
    [{ optimizer_type: 'LBFGS' }, /optimizer_type: .*LBFGS/],
    [{ optimizer_type: 'AdamW', lr: -1 }, /lr/],
    [{ optimizer_type: 'AdamW', momentum: 0.9 }, /momentum/],
  ])('refuses %o before anything is built', (optimizer, message) => expect(() => plan(optimizer)).toThrow(message));
});
