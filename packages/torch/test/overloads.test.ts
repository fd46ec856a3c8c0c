import { describe, expect, it } from 'vitest';
import { callOperator, type Tensor, tensor } from '../src/index.ts';

const list = [tensor([1, 2])];

const foreach = (name: string, values: readonly unknown[]) =>
  (callOperator(`aten::_foreach_${name}`, list, values) as Tensor[]).map((each) => each.toArray());

/** Each kind of value that a list may hold, with the factors that it stands for; none where no overload takes it. */
const KINDS: [kind: string, value: unknown, factors?: number[]][] = [
  ['float', 1.5, [1.5, 1.5]],
  ['tensor', tensor([4, 8]), [4, 8]],
  ['integer', 2, [2, 2]],
  ['boolean', true, [1, 1]],
  ['bigint', 2n ** 60n, [2 ** 60, 2 ** 60]],
  ['null', null],
  ['text', 'text'],
  ['dtype', 'float32'],
  ['layout', 'strided'],
  ['device', 'cpu'],
  ['memory format', 'contiguous_format'],
  ['list', [1.5]],
];

/** Calls one operator with each kind in this order: of every two kinds one comes before the other. */
function expectOwnOverloads(name: string, kinds: typeof KINDS, expected: (value: number, factor: number) => number) {
  for (const [kind, value, factors] of kinds) {
    const call = () => foreach(name, [value]);
    if (factors) expect(call(), kind).toEqual([factors.map((factor, i) => Math.fround(expected(i + 1, factor)))]);
    else expect(call, kind).toThrow(/no overload takes these arguments/);
  }
}

describe('the overload that a list chooses', () => {
  it('is that of its own elements, whichever kinds came before', () => {
    expectOwnOverloads('mul', KINDS, (value, factor) => value * factor);
    expectOwnOverloads('div', KINDS.toReversed(), (value, factor) => value / factor);
  });

  it('is that of tensors after numbers, and of numbers after tensors', () => {
    expect(foreach('add', [1.5])).toEqual([[2.5, 3.5]]);
    expect(foreach('add', [tensor([3, 4])])).toEqual([[4, 6]]);
    expect(foreach('sub', [tensor([1, 4])])).toEqual([[0, -2]]);
    expect(foreach('sub', [0.5])).toEqual([[0.5, 1.5]]);
  });
});
