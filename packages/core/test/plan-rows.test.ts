/** A plan as rows, the one way in which it is shown. */
import { expect, it } from 'vitest';
import { planParamGroups } from '../src/index.ts';
import { effectiveGroups, planRows } from '../src/internal.ts';
import { node, other, param, smallModel } from './models.ts';

const optimizer = { type: 'SGD', lr: 0.1 };

it('has a row for each parameter, with what takes effect', () => {
  const model = node(other, { frozen: param([2], false), weight: param() }, { head: node(other, { weight: param() }) });
  const custom_keys = { head: { lr_mult: 0.5, momentum: 0.9 } };
  const rows = planRows(planParamGroups(model, { optimizer }, { custom_keys }));
  expect(rows).toMatchObject([
    { isTrained: true, path: 'weight', lr: 0.1, weightDecay: undefined, others: {}, decidedBy: [] },
    { isTrained: true, path: 'head.weight', lr: 0.05, others: { momentum: 0.9 }, decidedBy: ['custom_keys["head"]'] },
    { isTrained: false, path: 'frozen', reasons: ['it requires no gradient'] },
  ]);
  expect(rows[1]!.reasons.join()).toContain('lr = 0.1 × lr_mult 0.5 = 0.05');
});

it('has one group for each set of settings, merged or not', () => {
  const paramwise = { norm_decay_mult: 0 };
  const plan = planParamGroups(smallModel(), { optimizer: { ...optimizer, weight_decay: 0.01 } }, paramwise);
  expect(plan.mergeGroups).toBe(false);
  expect(effectiveGroups(plan).map(({ paramNames, weight_decay }) => [paramNames?.length, weight_decay])).toEqual([
    [4, 0.01],
    [2, 0],
  ]);
});
