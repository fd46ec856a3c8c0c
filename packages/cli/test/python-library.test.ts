/** Copies, exact arithmetic of `math`, names in expressions, and mappings joined in place, each with MMEngine's result. */
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/index.ts';
import { configFiles } from './config-files.ts';

const BASE = "optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1))";
const read = (text: string) =>
  loadConfig(configFiles({ 'config.py': text, 'base.py': BASE })['config.py']).optim_wrapper;
const lrOf = (text: string) =>
  Object(
    read(`${text}
optim_wrapper = dict(optimizer=dict(lr=lr))`),
  ).optimizer.lr;

describe('rates by', () => {
  it.each([
    ['import math\nlr = math.sqrt(2) / math.pi', 0.4501581580785531],
    ['from math import ceil, floor as f\nlr = ceil(1.2) * f(7.5)', 14],
    ['import math as m\nlr = m.trunc(-2.5) + m.fabs(-3) + m.ceil(2)', 3],
    ['a = (lr := 0.3)', 0.3],
    ['x = [y := 1, y**2]\nlr = y / 4', 0.25],
    ['xs = [lr := v for v in [1, 2, 3]]', 3],
    ['if (lr := 0.5) > 0.2:\n    lr = lr / 2', 0.25],
    ['lr = 1.0\nassert (lr := 0.5)', 0.5],
    ['lr = 1.0\nassert isinstance(lr, float)', 1],
    ['a = dict(lr=1)\na |= dict(lr=2)\nlr = a["lr"]', 2],
    ['a = b = dict(lr=1)\na |= {"lr": 3}\nlr = b["lr"]', 3],
    ['import copy\na = dict(lr=[1])\nb = copy.deepcopy(a)\nb["lr"][0] = 5\nlr = a["lr"][0]', 1],
    ['from copy import deepcopy\na = [[]]\na.append(a[0])\nb = deepcopy(a)\nb[0].append(1)\nlr = len(b[1])', 1],
    ['import copy as c\na = [dict(x=1)]\nb = c.copy(a)\nb[0]["x"] = 3\nb.append(1)\nlr = a[0]["x"] + len(a)', 4],
  ])('%s', (text, lr) => {
    expect(lrOf(text)).toBe(lr);
  });
});

it('a deep copy of what the base has leaves the base as it is', () => {
  const text = `_base_ = 'base.py'
import copy
other = copy.deepcopy(_base_.optim_wrapper)
other.optimizer.lr = 7
optim_wrapper = dict(clip_grad=dict(max_norm=other.optimizer.lr))`;
  expect(read(text)).toEqual({
    type: 'OptimWrapper',
    optimizer: { type: 'SGD', lr: 0.1 },
    clip_grad: { max_norm: 7 },
  });
});

it.each([
  ['import math\nlr = math.log(3)', 'config.py:2: calling math.log() would need running Python'],
  ['import math\nlr = math', 'config.py:3: the imported math is no value of a config'],
  ['import math\nlr = math.sqrt(-1)', 'config.py:2: sqrt() takes a number from 0'],
  ['a = dict(lr=1)\nassert a.pop("x", None)\nlr = a["lr"]', 'config.py:2: what this asserts is not so'],
  ['lr = 1\nraise ValueError("run make first")', 'config.py:2: this file raises an error whenever it is read'],
  [`import copy\na = [1]\n${'a = [a, a]\n'.repeat(60)}lr = copy.deepcopy(a)`, 'to be read'],
])('%s is refused', (text, reason) => {
  expect(() => lrOf(text)).toThrow(reason);
});
