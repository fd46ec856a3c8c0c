import { describe, expect, it } from 'vitest';
import { clipGradNorm, gradNorm, nn, ones, ops, tensor, zeros } from '../src/index.ts';

describe('a tensor as text', () => {
  it('shows every value as it is', () => {
    expect(String(tensor([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5]))).toBe(
      'Tensor([NaN,Infinity,-Infinity,1.5], shape=[4], dtype=float32)',
    );
    expect(String(tensor([[true], [false]]))).toBe('Tensor([[true],[false]], shape=[2, 1], dtype=bool)');
    expect(String(zeros([2, 600]))).toBe('Tensor(shape=[2, 600], dtype=float32)');
  });

  it('says at least the shape of what has no values to show', () => {
    expect(String(tensor([1, 0]).toSparse())).toBe('Tensor(shape=[2], dtype=float32)');
    expect(String(ops.empty([3], { device: 'meta' }))).toBe('Tensor(shape=[3], dtype=float32, device=meta)');
  });

  it('is its values in JSON', () => {
    expect(JSON.parse(JSON.stringify(tensor([[1, 2]])))).toEqual({ shape: [1, 2], dtype: 'float32', values: [[1, 2]] });
  });
});

describe('tensor()', () => {
  const refused: [string, () => unknown, string][] = [
    ['ragged arrays', () => tensor([[1, 2], [3]]), 'the nested arrays are ragged; expected shape [2, 2] throughout'],
    ['values of mixed kinds', () => tensor([1, true] as number[]), 'the values are of mixed kinds: number, boolean'],
    ['values that are none', () => tensor(['1'] as never), 'expected numbers, booleans or bigints, found string'],
    [
      'a shape that does not fit',
      () => tensor(new Float32Array(3), { shape: [2, 2] }),
      'shape [2, 2] has 4 elements, found 3',
    ],
    ['a fraction as int64', () => tensor([1.5], { dtype: 'int64' }), '1.5 is no integer, but dtype is int64'],
    ['integers beyond 64 bits', () => tensor([2n ** 64n + 5n]), '18446744073709551621 does not fit int64'],
    [
      'floats beyond 64 bits as int64',
      () => tensor([1e20], { dtype: 'int64' }),
      '100000000000000000000 does not fit int64',
    ],
  ];
  for (const [what, make, message] of refused) it(`refuses ${what}`, () => expect(make).toThrow(message));

  it('takes shared memory, and parts of a buffer', () => {
    const shared = new Float32Array(new SharedArrayBuffer(16)).fill(2);
    expect(tensor(shared.subarray(1, 3)).toArray()).toEqual([2, 2]);
  });
});

describe('the norm of gradients', () => {
  const withGrad = (values: number[]) => {
    const param = new nn.Parameter(zeros([values.length]));
    param.grad = tensor(values);
    return param;
  };

  it('is the norm of all of them as one vector, for any p', () => {
    const params = [withGrad([3, -4]), withGrad([12])];
    expect(gradNorm(params)).toBeCloseTo(13, 5);
    expect(gradNorm(params, 1)).toBeCloseTo(19, 5);
    expect(gradNorm(params, Number.POSITIVE_INFINITY)).toBe(12);
    expect(gradNorm([withGrad([3, -4]), withGrad([2])], Number.NEGATIVE_INFINITY)).toBe(2);
    expect(gradNorm([new nn.Parameter(zeros([1]))])).toBeUndefined();
  });

  it('takes magnitudes of complex gradients', () => {
    const param = new nn.Parameter(zeros([1], { dtype: 'complex64' }));
    param.grad = ops.complex(tensor([3]), tensor([4]));
    expect(gradNorm([param])).toBeCloseTo(5, 5);
  });

  it('accepts anything that can be iterated, and refuses what is no tensor', () => {
    const params = [withGrad([3]), withGrad([4])];
    expect(clipGradNorm(new Set(params).values(), 1)).toBeCloseTo(5, 5);
    expect(gradNorm(params)).toBeCloseTo(1, 5);
    expect(() => gradNorm([null] as never)).toThrow('expected tensors with gradients, found null');
    expect(params[0]?.shape).toEqual([1]);
  });
});

it('goes to a device given alone, to a dtype, or to both', () => {
  const x = ones([2]);
  expect(String(x.to('meta'))).toBe('Tensor(shape=[2], dtype=float32, device=meta)');
  expect(x.to('float64').dtype).toBe('float64');
  expect(String(x.to('meta', 'int64'))).toBe('Tensor(shape=[2], dtype=int64, device=meta)');
  expect(() => x.to('nowhere')).toThrow(/nowhere/);
});
