/** The texts about a plan. */
import { expect, it } from 'vitest';
import { diffPlans, explainParam, planParamGroups, planTable } from '../src/index.ts';
import { conv, layer, node, norm, other, param } from './models.ts';

const block = () => node(other, {}, { conv: layer(conv()), norm: layer(norm) });
const model = node(
  other,
  { token: param([1, 8]), frozen: param([3], false) },
  { backbone: node(other, {}, { '0': block(), '1': block() }), head: layer() },
);
const optimizer = { type: 'AdamW', lr: 0.001, weight_decay: 0.05 };
const paramwise = { norm_decay_mult: 0, bias_lr_mult: 2, custom_keys: { 'backbone.0': { lr_mult: 0.1 } } };
const plan = planParamGroups(model, { optimizer }, paramwise);

it('planTable puts equal settings on one line', () => {
  expect(planTable(plan)).toMatchInlineSnapshot(`
    "parameters              count  elements      lr  weight_decay  rule
    token                       1         8   0.001          0.05  -
    backbone.0.*                4        12  0.0001          0.05  custom_keys["backbone.0"]
    backbone.1.conv.weight      1         4   0.001          0.05  -
    backbone.1.conv.bias        1         2   0.002          0.05  bias_lr_mult
    backbone.1.norm.*           2         6   0.001             0  norm_decay_mult
    head.weight                 1         4   0.001          0.05  -
    head.bias                   1         2   0.002          0.05  bias_lr_mult
    frozen                      1         3       -             -  left out: requires no gradient"
  `);
});

it('explainParam tells all about one', () => {
  expect(explainParam(plan, 'backbone.0.norm.weight')).toMatchInlineSnapshot(`
    "backbone.0.norm.weight (2, 2): lr 0.0001, weight_decay 0.05, lr_mult 0.1
      custom_keys["backbone.0"] is in "backbone.0.norm.weight" and decides alone
      lr = 0.001 × lr_mult 0.1 = 0.0001
      weight_decay = 0.05 × decay_mult 1 = 0.05
      norm_decay_mult is left out: a custom key decides alone"
  `);
  expect(explainParam(plan, 'frozen')).toMatchInlineSnapshot(`
    "frozen (3) is not trained
      it requires no gradient"
  `);
  expect(() => explainParam(plan, 'head.wieght')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: the plan has no parameter "head.wieght"; did you mean "head.weight"?]`,
  );
});

it('diffPlans tells what changes', () => {
  const other = planParamGroups(model, { optimizer: { ...optimizer, lr: 0.002 } }, { norm_decay_mult: 0 });
  expect(diffPlans(plan, plan)).toBe('');
  expect(diffPlans(plan, other)).toMatchInlineSnapshot(`
    "lr 0.001 → 0.002: token, backbone.1.conv.weight, backbone.1.norm.weight, backbone.1.norm.bias, head.weight
    lr 0.0001 → 0.002, lr_mult 0.1 → default: backbone.0.conv.weight, backbone.0.conv.bias
    lr 0.0001 → 0.002, weight_decay 0.05 → 0, lr_mult 0.1 → default: backbone.0.norm.weight, backbone.0.norm.bias"
  `);
});
