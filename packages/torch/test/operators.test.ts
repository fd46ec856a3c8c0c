import { describe, expect, it } from 'vitest';
import { arange, callOperator, cat, full, nn, ops, stack, tensor, zeros } from '../src/index.ts';

describe('operators', () => {
  it('choose the overload by the arguments', () => {
    const x = tensor([1, 2, 3]);
    expect(x.add(1).toArray()).toEqual([2, 3, 4]);
    expect(x.add(x).toArray()).toEqual([2, 4, 6]);
    expect(x.sum().item()).toBe(6);
    expect(x.reshape([3, 1]).sum(1).toArray()).toEqual([1, 2, 3]);
    expect(
      x
        .reshape([3, 1])
        .max(0)
        .map((each) => each.toArray()),
    ).toEqual([[3], [2]]);
  });

  it('take keyword arguments in camelCase or as the schema spells them', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(x.sum(1, { keepdim: true }).shape).toEqual([2, 1]);
    expect(x.add(x, { alpha: 10 }).toArray()).toEqual([
      [11, 22],
      [33, 44],
    ]);
    expect(callOperator('aten::nan_to_num', tensor([Number.NaN]), { posinf: 1, nan: 5 })).toBeInstanceOf(Object);
    const memory = ops.emptyLike(x, { memoryFormat: 'contiguous_format' });
    expect(memory.shape).toEqual([2, 2]);
  });

  it('return the very object that they changed in place', () => {
    const x = tensor([1]);
    expect(x.add_(1)).toBe(x);
    const out = zeros([1]);
    expect(callOperator('aten::add', x, x, { out })).toBe(out);
    expect(out.item()).toBe(4);
  });

  it('return lists, tuples and plain values', () => {
    const parts = arange(0, 6).chunk(3);
    expect(parts.map((part) => part.toArray())).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(ops.isFloatingPoint(tensor([1]))).toBe(true);
    expect(zeros([2, 5]).size(1)).toBe(5);
    expect(cat([full([1], 1), full([1], 2)]).toArray()).toEqual([1, 2]);
    expect(stack([tensor([1]), tensor([2])], 1).shape).toEqual([1, 2]);
  });

  it('carry 64-bit integers exactly', () => {
    const big = 2n ** 62n + 1n;
    expect(tensor([big]).item()).toBe(big);
    expect(tensor([-big]).item()).toBe(-big);
    expect(
      tensor([0n])
        .add(big as never)
        .item(),
    ).toBe(big);
  });

  it('carry lists longer than the call buffer, both ways', () => {
    const many = Array.from({ length: 5000 }, (_, i) => full([1], i));
    expect(cat(many).sum().item()).toBe((5000 * 4999) / 2);
    expect(cat(many).split(1).length).toBe(5000);
  });
});

describe('the call buffer', () => {
  it('survives thousands of different strings', () => {
    for (let i = 0; i < 6000; i++) expect(() => callOperator(`aten::no_such_${i}`)).toThrow('there is no operator');
    expect(zeros([1], { dtype: 'float64' }).lgamma().dtype).toBe('float64');
  });

  it('is not disturbed by arguments that call operators while they are read', () => {
    const [a, b, c] = [full([1], 1), full([1], 1), full([1], 100)];
    const options = {
      get alpha() {
        c.add(c);
        return 1;
      },
    };
    expect(ops.add(a, b, options).item()).toBe(2);
    const sizes = [1, 1];
    Object.defineProperty(sizes, 0, { get: () => c.add(c).numel, enumerable: true });
    expect(() => a.reshape(sizes)).toThrow('called the engine while the arguments of an operator were read');
    expect(a.add(b).item()).toBe(2);
  });
});

describe('a wrong call', () => {
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);
  const refusal = (fn: () => unknown): string => {
    try {
      fn();
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was not refused');
  };
  const loose =
    (name: string, ...args: unknown[]) =>
    () =>
      callOperator(name, ...args);

  it('carries the message of libtorch, the schema, and the full text as cause', () => {
    let caught: Error | undefined;
    try {
      ops.mm(x, tensor([1, 2]));
    } catch (error) {
      caught = error as Error;
    }
    expect(caught?.message).toBe('aten::mm(Tensor self, Tensor mat2) -> Tensor: mat2 must be a matrix');
    expect(String(caught?.cause)).toContain('mat2 must be a matrix');
    expect(caught?.stack).toContain('operators.test.ts');
  });

  it('says which argument is missing, of the wrong type, unknown or one too many', () => {
    expect(refusal(loose('aten::relu'))).toContain("argument 'self' (Tensor) is missing");
    expect(refusal(loose('aten::relu', 'x'))).toContain("argument 'self' must be Tensor, not 'x'");
    expect(refusal(loose('aten::relu', x, { colour: 1 }))).toContain("it has no argument 'colour'");
    expect(refusal(loose('aten::relu', x, x))).toContain('it takes at most 1 positional arguments, not 2');
    expect(refusal(loose('aten::reshape', x, 'two'))).toContain('shape');
    expect(refusal(loose('aten::nothing_like_this', x))).toContain(
      "there is no operator 'aten::nothing_like_this' in this libtorch (",
    );
  });

  it('refuses values that no operator takes', () => {
    for (const value of [Symbol('x'), () => 1, new Map(), new Date(), new DataView(new ArrayBuffer(8)), new WeakMap()])
      expect(refusal(loose('aten::relu', value))).toMatch(/cannot be an argument of an operator/);
    expect(refusal(loose('aten::relu', { id: x.id }))).toContain("no argument 'id'");
    expect(refusal(loose('aten::add', x, 2n ** 70n))).toContain('does not fit a 64-bit integer');
  });

  it('refuses what libtorch would not survive: lists that are too short, operators without checks of their own', () => {
    expect(refusal(loose('aten::reflection_pad1d', x, []))).toContain(
      "argument 'padding' must be one value or a list of 2, not of 0",
    );
    expect(refusal(loose('aten::to_sparse_bsr', x, []))).toContain('must be one value or a list of 2, not of 0');
    expect(refusal(loose('aten::_local_scalar_dense', zeros([0])))).toContain(
      'trusts its arguments: wrong ones would end the process',
    );
    expect(refusal(loose('aten::max_pool2d_with_indices_backward.grad_input', x))).toContain('trusts its arguments');
    expect(refusal(loose('aten::align_tensors', []))).toContain('expected at least one tensor');
    const labels = (label: number) => () =>
      new nn.CTCLoss().forward(zeros([5, 1, 3]).logSoftmax(2), tensor([[label]], { dtype: 'int64' }), [5], [1]);
    expect(refusal(labels(3))).toContain('targets must be classes from 0 to 2, found 3');
    expect(refusal(labels(100000000))).toContain('found 100000000');
    expect(Number.isFinite(labels(2)().item())).toBe(true);
    expect(ops.maxPool2d(zeros([1, 1, 4, 4]), 2, []).shape).toEqual([1, 1, 2, 2]);
  });

  it('refuses a disposed tensor, also after its slot was taken by another', () => {
    const gone = tensor([1]);
    gone.dispose();
    const heir = tensor([2]);
    expect(refusal(() => gone.add(1))).toContain("argument 'self' was disposed");
    expect(refusal(() => gone.item())).toContain('was disposed');
    expect(refusal(() => gone.shape)).toContain('was disposed');
    expect(refusal(() => nn.functional.crossEntropy(gone, heir))).toContain('disposed');
    expect(String(gone)).toBe('Tensor(disposed)');
    gone.dispose();
    expect(heir.item()).toBe(2);
  });
});
