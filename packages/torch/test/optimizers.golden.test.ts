import { expect, it } from 'vitest';
import { describeGolden, golden } from '../../../testing/golden.ts';
import { nn, ops, optim, tensor, tidy } from '../src/index.ts';
import { expectClose } from './support/allclose.ts';
import { OPTIMIZERS_BY_NAME, PATHS } from './support/optimizers.ts';

interface Common {
  type: string;
  args: Record<string, unknown>;
}
interface Dense extends Common {
  group1?: Record<string, unknown>;
  init: number[][];
  grads: (number[] | null)[][];
  params_after: number[][][];
}
interface Bowl extends Common {
  A: number[];
  b: number[];
  init: number[];
  losses: number[];
  params_after: number[][];
}
interface Rows extends Common {
  init: number[];
  rows: number[][];
  params_after: number[][];
}

const parameter = (values: readonly number[], shape: number[] | undefined) =>
  new nn.Parameter(tensor(Float32Array.from(values), { shape }));

describeGolden('recorded optimizers', () => {
  const { shapes, cases } = golden<{ shapes: number[][]; cases: (Dense | Bowl | Rows)[] }>('optimizers.json.gz');
  const named = cases.map((each, index) => ({ ...each, what: `${each.type} ${JSON.stringify(each.args)} (${index})` }));
  const dense = named.filter((each): each is Dense & { what: string } => 'grads' in each);
  const bowls = named.filter((each): each is Bowl & { what: string } => 'A' in each);
  const rows = named.filter((each): each is Rows & { what: string } => 'rows' in each);

  it('are all replayed', () => {
    expect([dense.length, bowls.length, rows.length]).toEqual([30, 2, 1]);
    expect(cases.length).toBe(33);
    expect(new Set(cases.map(({ type }) => type)).size).toBe(13);
  });

  for (const path of PATHS)
    for (const { what, type, args, group1, init, grads, params_after } of dense)
      it(`${what} follows the reference for ${grads.length} steps, by ${path}`, () => {
        const params = init.map((values, i) => parameter(values, shapes[i]));
        // The second half of the parameters is the second group, with settings of its own.
        const groups = [{ params: params.slice(0, 2) }, { params: params.slice(2), ...group1 }];
        const optimizer = new OPTIMIZERS_BY_NAME[type]!(groups, args, { path });
        expect(grads.length).toBe(12);
        for (const [step, stepGrads] of grads.entries()) {
          tidy(() => {
            for (const [i, grad] of stepGrads.entries())
              params[i]!.grad = grad && tensor(Float32Array.from(grad), { shape: shapes[i] });
            optimizer.step();
          });
          for (const [i, param] of params.entries())
            expectClose(param.data(), params_after[step]![i]!, `step ${step}, parameter ${i}`);
        }
      });

  for (const { what, args, A, b, init, losses, params_after } of bowls)
    it(`${what} finds the bottom of the bowl as the reference does`, () => {
      const x = parameter(init, [init.length]);
      const [matrix, shift] = [tensor(Float32Array.from(A), { shape: [b.length, b.length] }), tensor(b)];
      const optimizer = new optim.LBFGS([x], args);
      const bowl = () => x.mul(0.5).matmul(matrix).matmul(x).sub(shift.matmul(x));
      expect(params_after.length).toBe(5);
      for (const [step, expected] of params_after.entries()) {
        const loss = tidy(() =>
          optimizer.step(() => {
            optimizer.zeroGrad();
            const value = bowl();
            value.backward();
            return Number(value.item());
          }),
        );
        expectClose([loss as number], [losses[step]!], `loss of step ${step}`);
        expectClose(x.data(), expected, `step ${step}`);
      }
    });

  for (const { what, args, init, rows: looked, params_after } of rows)
    it(`${what} moves the rows that were looked up`, () => {
      const table = parameter(init, [init.length / 3, 3]);
      const optimizer = new optim.SparseAdam([table], args);
      expect(params_after.length).toBe(8);
      for (const [step, expected] of params_after.entries()) {
        tidy(() => {
          optimizer.zeroGrad();
          const found = ops.embedding(table, tensor(looked[step]!, { dtype: 'int64' }), -1, false, true);
          found.square().sum().backward();
          optimizer.step();
        });
        expectClose(table.data(), expected, `step ${step}`);
      }
    });
});
