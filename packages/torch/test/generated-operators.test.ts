/** `ops.gen.ts` is one committed file for every libtorch: this one has what it names, or is known to have dropped it. */
import { expect, it } from 'vitest';
import { callOperator, engineVersions, ops, tensor } from '../src/index.ts';
import { native } from '../src/native.ts';
import { FUNCTIONS, METHODS } from '../src/ops.gen.ts';

/** Generated operators that newer versions lack. */
const DROPPED = ['symeig'];

const known = new Set(native.schemas().map((schema) => /^[\w:]+/.exec(schema)?.[0]));
const lacking = FUNCTIONS.map(([, operator]) => operator).filter((operator) => !known.has(`aten::${operator}`));
const { libtorch } = engineVersions();

it('names operators of this libtorch, but for a list', () => {
  expect(lacking.filter((operator) => !DROPPED.includes(operator))).toEqual([]);
  if (libtorch.startsWith('1.')) expect(lacking).toEqual([]);
});

it('names no method that is no function', () => {
  const functions = new Set(FUNCTIONS.map(([, operator]) => operator));
  expect(METHODS.filter(([, operator]) => !functions.has(operator))).toEqual([]);
});

it('refuses an operator that this libtorch lacks with its version', () => {
  const refusal = (operator: string) => `there is no operator 'aten::${operator}' in this libtorch (${libtorch})`;
  expect(() => callOperator('aten::of_the_future', tensor([1]))).toThrow(refusal('of_the_future'));
  if (lacking.includes('symeig')) expect(() => ops.symeig(tensor([[1]]))).toThrow(refusal('symeig'));
});
