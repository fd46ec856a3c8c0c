import { expect, it } from 'vitest';
import { describeGolden, golden } from '../../../testing/golden.ts';
import { type ClipGradConfig, nn, OptimWrapper, optim, tensor, tidy } from '../src/index.ts';
import { expectClose } from './support/allclose.ts';

interface Step {
  x: number[];
  target: number[];
  loss: number;
  scaled_loss: number;
  should_sync: boolean;
  updated: boolean;
  inner_count: number;
  w: number[];
  b: number[];
}

interface Case {
  accumulative_counts: number;
  init_counts: number;
  max_counts: number;
  clip_grad: ClipGradConfig | null;
  w: number[];
  b: number[];
  steps: Step[];
}

class Affine extends nn.Module {
  w: nn.Parameter;
  b: nn.Parameter;

  constructor(w: number[], b: number[]) {
    super();
    this.w = new nn.Parameter(tensor(Float32Array.from(w), { shape: [3, 4] }));
    this.b = new nn.Parameter(tensor(Float32Array.from(b)));
  }

  forward(): never {
    throw new Error('not called');
  }
}

describeGolden('recorded accumulation and clipping', () => {
  const { cases } = golden<{ cases: Case[] }>('optim-wrapper.json.gz');

  it('has 100 cases', () => {
    expect(cases.length).toBe(100);
  });

  for (const [index, each] of cases.entries())
    it(`case ${index}: accumulate ${each.accumulative_counts}, from ${each.init_counts} of ${each.max_counts}, clip ${JSON.stringify(each.clip_grad)}`, () => {
      const model = new Affine(each.w, each.b);
      const optimizer = new optim.SGD([{ params: [model.w] }, { params: [model.b], lr: 0.3 }], {
        lr: 0.1,
        momentum: 0.9,
      });
      const { accumulative_counts, clip_grad } = each;
      const wrapper = new OptimWrapper({ optimizer, accumulative_counts, clip_grad });
      const warned = captureWarnings(() => wrapper.initializeCountStatus(model, each.init_counts, each.max_counts));
      expect(warned.length > 0).toBe(each.init_counts % accumulative_counts !== 0);
      for (const [at, step] of each.steps.entries()) check(wrapper, model, step, `step ${at}`);
    });

  function check(wrapper: OptimWrapper, { w, b }: Affine, step: Step, what: string) {
    tidy(() => {
      expect(wrapper.shouldSync(), `${what}: should_sync`).toBe(step.should_sync);
      const x = tensor(Float32Array.from(step.x), { shape: [5, 4] });
      const target = tensor(Float32Array.from(step.target), { shape: [5, 3] });
      const loss = x.matmul(w.t()).add(b).sub(target).pow(2).mean();
      expectClose([Number(loss.item())], [step.loss], `${what}: loss`);
      expectClose([Number(wrapper.scaleLoss(loss).item())], [step.scaled_loss], `${what}: scaled loss`);
      wrapper.updateParams(loss);
    });
    expect(wrapper.innerCount, `${what}: inner_count`).toBe(step.inner_count);
    expect(wrapper.shouldUpdate(), `${what}: updated`).toBe(step.updated);
    expectClose(w.data() as Float32Array, step.w, `${what}: w`);
    expectClose(b.data() as Float32Array, step.b, `${what}: b`);
  }
});

function captureWarnings(fn: () => void): string[] {
  const found: string[] = [];
  const emit = process.emitWarning;
  process.emitWarning = ((warning: string | Error) => found.push(String(warning))) as typeof process.emitWarning;
  try {
    fn();
  } finally {
    process.emitWarning = emit;
  }
  return found;
}
