import { expect, it } from 'vitest';
import { describeGolden, golden } from '../../../testing/golden.ts';
import { nn, optim, tensor, tidy } from '../src/index.ts';
import { expectClose } from './support/allclose.ts';

interface Case {
  type: string;
  args: Record<string, unknown>;
  group1?: Record<string, unknown>;
  init: number[][];
  grads: (number[] | null)[][];
  params_after: number[][][];
}

const classes: Record<string, optim.OptimizerClass> = { SGD: optim.SGD, AdamW: optim.AdamW };

describeGolden('recorded optimizers', () => {
  const { shapes, cases } = golden<{ shapes: number[][]; cases: Case[] }>('optimizers.json.gz');
  const known = cases.filter((each) => each.type in classes);

  it('covers the cases of every optimizer that is here', () => {
    expect(known.length).toBe(8);
  });

  for (const [index, { type, args, group1, init, grads, params_after }] of known.entries())
    it(`${type} ${JSON.stringify(args)} (${index}) follows the reference for ${grads.length} steps`, () => {
      const params = init.map((values, i) => new nn.Parameter(tensor(Float32Array.from(values), { shape: shapes[i] })));
      // The second half of the parameters is the second group, with settings of its own.
      const made = classes[type] as optim.OptimizerClass;
      const optimizer = new made([{ params: params.slice(0, 2) }, { params: params.slice(2), ...group1 }], args);
      expect(grads.length).toBe(12);
      for (const [step, stepGrads] of grads.entries()) {
        tidy(() => {
          for (const [i, grad] of stepGrads.entries()) {
            const param = params[i] as nn.Parameter;
            param.grad = grad && tensor(Float32Array.from(grad), { shape: shapes[i] });
          }
          optimizer.step();
        });
        for (const [i, param] of params.entries())
          expectClose(
            param.data() as Float32Array,
            params_after[step]?.[i] as number[],
            `step ${step}, parameter ${i}`,
          );
      }
    });
});
