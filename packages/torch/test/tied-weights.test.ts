/** Weights that stand under two names, of which a file holds one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { full, loadCheckpoint, nn, saveCheckpoint, type Tensor, zeros } from '../src/index.ts';

class Tied extends nn.Module {
  readonly wte = new nn.Embedding(3, 2);
  readonly head = new nn.Linear(2, 3, { bias: false });

  constructor(tie = true) {
    super();
    if (tie) this.head.weight = this.wte.weight;
  }

  forward(x: Tensor): Tensor {
    return x;
  }
}

const both = ({ wte, head }: Tied) => [wte.weight, head.weight].map((weight) => weight.toArray());

it('a state that holds one of two names of a tensor lacks nothing', () => {
  for (const name of ['wte.weight', 'head.weight']) {
    const model = new Tied();
    expect(model.loadStateDict({ [name]: full([3, 2], 7) })).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(both(model)).toEqual(Array(2).fill(full([3, 2], 7).toArray()));
  }
});

it('a model whose weights are not tied lacks the other name', () => {
  expect(() => new Tied(false).loadStateDict({ 'wte.weight': zeros([3, 2]) })).toThrow('missing: head.weight');
  expect(new Tied().loadStateDict({}, { strict: false }).missingKeys).toEqual(['wte.weight', 'head.weight']);
});

it('a checkpoint of a model without the second name fits one with it', () => {
  class Embedder extends nn.Module {
    readonly wte = new nn.Embedding(3, 2);

    forward(x: Tensor): Tensor {
      return x;
    }
  }
  const folder = mkdtempSync(join(tmpdir(), 'paramwise-'));
  const file = join(folder, 'run.safetensors');
  const first = new Embedder();
  saveCheckpoint(file, { model: first });
  const second = new Tied();
  expect(loadCheckpoint(file, { model: second })).toMatchObject({ missing: [], unexpected: [] });
  expect(both(second)).toEqual(Array(2).fill(first.wte.weight.toArray()));
  expect(() => loadCheckpoint(file, { model: new Tied(false) })).toThrow('missing: head.weight');
  rmSync(folder, { recursive: true });
});
