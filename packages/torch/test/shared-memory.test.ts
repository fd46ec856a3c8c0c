import { describe, expect, it } from 'vitest';
import { full, nn, optim, type Tensor, zeros } from '../src/index.ts';

/** Long enough for several threads. */
const LENGTH = 100_000;

/** How a view of [2, LENGTH] is taken that shares memory with another. */
const VIEWS: Record<string, (memory: Tensor) => Tensor[]> = {
  'the same memory': (memory) => [memory.detach(), memory.detach()],
  'overlapping rows': (memory) => [memory.flatten().narrow(0, 0, LENGTH + 9), memory.flatten().narrow(0, 9, LENGTH)],
  'a block and its columns': (memory) => [memory.detach(), memory.t().narrow(0, 0, 1000)],
  'columns and a block': (memory) => [memory.t().narrow(0, 0, 1000), memory.detach()],
  'three, of which two do not meet': (memory) => [memory.narrow(0, 0, 1), memory.detach(), memory.narrow(0, 1, 1)],
};

/** The memory after two steps, in which its views are parameters among others. */
function stepped(name: string, path: optim.StepPath, dtype: 'float32' | 'bfloat16'): Buffer {
  const memory = full([2, LENGTH], 1, { dtype });
  const params = VIEWS[name]!(memory).flatMap((view) => [new nn.Parameter(view), new nn.Parameter(zeros([70_000]))]);
  const optimizer = new optim.SGD(params, { lr: 0.5, weight_decay: 0.25, momentum: 0.5 });
  optimizer.path = path;
  for (let step = 0; step < 2; step++) {
    params.forEach((param, i) => {
      param.grad = full(param.shape, i + 1, { dtype: param.dtype });
    });
    optimizer.step();
  }
  return Buffer.from(memory.bytes());
}

describe('parameters that share memory', () => {
  for (const name of Object.keys(VIEWS))
    it(`are stepped one after the other: ${name}`, () => {
      for (const dtype of ['float32', 'bfloat16'] as const)
        expect(stepped(name, 'kernel', dtype).equals(stepped(name, 'operators', dtype)), dtype).toBe(true);
    });
});
