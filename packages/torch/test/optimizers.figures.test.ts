/** Lion, LAMB, LARS, Adafactor and Muon against figures worked out here with plain numbers. */
import { describe, expect, it } from 'vitest';
import { manualSeed, nn, ops, optim, randn, type Tensor, tensor, tidy } from '../src/index.ts';
import { expectClose } from './support/allclose.ts';

type Matrix = number[][];

const START: Matrix = [
  [1, -2, 0.5],
  [0.25, 3, -1],
];
const GRADIENTS: Matrix[] = [
  [
    [0.5, -0.1, 2],
    [-1, 0.3, 0.7],
  ],
  [
    [-0.4, 0.8, 1],
    [0.6, -0.2, -1.5],
  ],
];

const flat = (matrix: Matrix) => matrix.flat();
const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Values after each gradient. */
function steps(
  optimizer: (params: Tensor[]) => optim.Optimizer,
  start: Matrix,
  gradients: readonly Matrix[],
): number[][] {
  const param = new nn.Parameter(tensor(start, { dtype: 'float64' }));
  const made = optimizer([param]);
  return gradients.map((gradient) => {
    param.grad = tensor(gradient, { dtype: 'float64' });
    made.step();
    return Array.from(param.data() as Float64Array);
  });
}

function expectSteps(found: number[][], expected: number[][]): void {
  for (const [i, values] of expected.entries())
    expectClose(found[i]!, values, `step ${i}`, { relative: 1e-12, absolute: 1e-14 });
}

describe('figures of two steps', () => {
  it('Lion', () => {
    const settings = { lr: 0.1, betas: [0.8, 0.9], weight_decay: 0.5 };
    // The first momentum is 0: the step follows the sign of the gradient, after decay by 1 - 0.1·0.5.
    const first = [0.95 - 0.1, -1.9 + 0.1, 0.475 - 0.1, 0.2375 + 0.1, 2.85 - 0.1, -0.95 - 0.1];
    const second = first.map((value, i) => {
      const m = 0.1 * flat(GRADIENTS[0]!)[i]!;
      return 0.95 * value - 0.1 * Math.sign(0.8 * m + 0.2 * flat(GRADIENTS[1]!)[i]!);
    });
    expectSteps(
      steps((params) => new optim.Lion(params, settings), START, GRADIENTS),
      [first, second],
    );
  });

  it('LAMB', () => {
    const [lr, beta1, beta2, eps, decay] = [0.1, 0.9, 0.99, 1e-6, 0.02];
    let [value, m, v] = [flat(START), Array(6).fill(0), Array(6).fill(0)] as number[][];
    const expected = GRADIENTS.map((gradient, i) => {
      const t = i + 1;
      m = m!.map((each, k) => beta1 * each + (1 - beta1) * flat(gradient)[k]!);
      v = v!.map((each, k) => beta2 * each + (1 - beta2) * flat(gradient)[k]! ** 2);
      const r = value!.map(
        (theta, k) => m![k]! / (1 - beta1 ** t) / (Math.sqrt(v![k]! / (1 - beta2 ** t)) + eps) + decay * theta,
      );
      const trust = norm(value!) / norm(r);
      value = value!.map((theta, k) => theta - lr * trust * r[k]!);
      return value;
    });
    const settings = { lr, betas: [beta1, beta2], eps, weight_decay: decay };
    expectSteps(
      steps((params) => new optim.LAMB(params, settings), START, GRADIENTS),
      expected,
    );
  });

  it('LAMB without decay is Adam, unless always_adapt', () => {
    const settings = { lr: 0.1, eps: 1e-6, weight_decay: 0 };
    const adam = steps((params) => new optim.Adam(params, settings), START, GRADIENTS);
    expectSteps(
      steps((params) => new optim.LAMB(params, settings), START, GRADIENTS),
      adam,
    );
    // In the first step every component of r is ±1, so ‖r‖ = √6.
    const trust = norm(flat(START)) / Math.sqrt(6);
    const expected = flat(START).map((value, i) => value - 0.1 * trust * Math.sign(flat(GRADIENTS[0]!)[i]!));
    const adapted = steps((params) => new optim.LAMB(params, { ...settings, always_adapt: true }), START, GRADIENTS);
    expectClose(adapted[0]!, expected, 'always_adapt', { relative: 1e-5 });
    const clipped = steps(
      (params) => new optim.LAMB(params, { ...settings, always_adapt: true, trust_clip: true }),
      START,
      GRADIENTS,
    );
    expectClose(clipped[0]!, adam[0]!, 'trust_clip', { relative: 1e-5 });
  });

  it('LARS', () => {
    const [lr, momentum, decay, eta, eps] = [2, 0.9, 0.1, 0.01, 1e-8];
    let [value, buffer] = [flat(START), Array(6).fill(0)] as number[][];
    const expected = GRADIENTS.map((gradient) => {
      const g = flat(gradient);
      const local = (eta * norm(value!)) / (norm(g) + decay * norm(value!) + eps);
      buffer = buffer!.map((b, k) => momentum * b + lr * local * (g[k]! + decay * value![k]!));
      value = value!.map((theta, k) => theta - buffer![k]!);
      return value;
    });
    const settings = { lr, momentum, weight_decay: decay, eta, eps };
    expectSteps(
      steps((params) => new optim.LARS(params, settings), START, GRADIENTS),
      expected,
    );
  });

  it('LARS takes the plain rate for lars_exclude, and where a norm is 0', () => {
    const settings = { lr: 0.1, momentum: 0.9, weight_decay: 0.1 };
    const sgd = steps((params) => new optim.SGD(params, settings), START, GRADIENTS);
    const excluded = steps((params) => new optim.LARS([{ params, lars_exclude: true }], settings), START, GRADIENTS);
    expectSteps(excluded, sgd);
    const zero = [[0, 0, 0]];
    const fromZero = steps((params) => new optim.LARS(params, { lr: 0.1 }), zero, [[[1, 2, 3]]]);
    expectSteps(fromZero, [[-0.1, -0.2, -0.3]]);
  });

  it('Adafactor, of a matrix', () => {
    const [lr, decay, eps1, eps2, d] = [0.3, 0.1, 2 ** -52, 1e-3, 1];
    let value = flat(START);
    let [rows, columns] = [
      [0, 0],
      [0, 0, 0],
    ];
    const expected = GRADIENTS.map((gradient, i) => {
      const t = i + 1;
      const w = t ** -0.8;
      const squares = gradient.map((row) => row.map((each) => each * each));
      rows = rows.map((each, r) => (1 - w) * each + w * mean(squares[r]!));
      columns = columns.map((each, c) => (1 - w) * each + w * mean(squares.map((row) => row[c]!)));
      const u = gradient.flatMap((row, r) =>
        row.map((g, c) => g / Math.sqrt(Math.max((rows[r]! * columns[c]!) / Math.max(mean(rows), eps1), eps1 ** 2))),
      );
      const alpha = Math.max(eps2, norm(value) / Math.sqrt(6)) * Math.min(lr, 1 / Math.sqrt(t));
      const clip = Math.max(1, norm(u) / Math.sqrt(6) / d);
      value = value.map((theta, k) => theta * (1 - lr * decay) - (alpha * u[k]!) / clip);
      return value;
    });
    const settings = { lr, weight_decay: decay };
    expectSteps(
      steps((params) => new optim.Adafactor(params, settings), START, GRADIENTS),
      expected,
    );
  });

  it('Adafactor, of a vector: the first step is α·sign(g)', () => {
    const param = new nn.Parameter(tensor([3, -4], { dtype: 'float64' }));
    const optimizer = new optim.Adafactor([param], { lr: 0.1 });
    param.grad = tensor([0.2, -7], { dtype: 'float64' });
    optimizer.step();
    const alpha = 0.1 * (5 / Math.sqrt(2));
    expectClose(param.data(), [3 - alpha, -4 + alpha], 'vector', { relative: 1e-12 });
    expect(Object.keys(optimizer.state.get(param)!.slots)).toEqual(['variance']);
  });

  it('Muon, of a diagonal gradient: the iteration acts on each singular value alone', () => {
    const [lr, momentum, decay] = [0.5, 0.9, 0.2];
    const diagonal = (a: number, b: number): Matrix => [
      [a, 0],
      [0, b],
      [0, 0],
    ];
    const gradients = [
      [3, -1],
      [0.5, 2],
    ] as const;
    const iterate = (x: number) => {
      let y = x;
      for (let i = 0; i < 5; i++) y = 3.4445 * y - 4.775 * y ** 3 + 2.0315 * y ** 5;
      return y;
    };
    let [value, buffer] = [
      [1, 1],
      [0, 0],
    ];
    const expected = gradients.map((g) => {
      buffer = buffer.map((b, k) => momentum * b + (1 - momentum) * g[k]!);
      const u = buffer.map((b, k) => (1 - momentum) * g[k]! + momentum * b);
      value = value.map((theta, k) => theta * (1 - lr * decay) - lr * Math.sqrt(3 / 2) * iterate(u[k]! / norm(u)));
      return flat(diagonal(value[0]!, value[1]!));
    });
    const settings = { lr, momentum, weight_decay: decay };
    const found = steps(
      (params) => new optim.Muon(params, settings),
      diagonal(1, 1),
      gradients.map(([a, b]) => diagonal(a, b)),
    );
    for (const [i, values] of expected.entries()) expectClose(found[i]!, values, `step ${i}`, { relative: 1e-9 });
  });
});

describe('Muon', () => {
  const shapes = [
    [8, 20],
    [20, 8],
    [6, 6],
    [4, 3, 2, 2],
  ];
  for (const [index, shape] of shapes.entries())
    it(`moves a weight of shape [${shape}] by a nearly orthogonal matrix`, () => {
      tidy(() => {
        manualSeed(index);
        const param = new nn.Parameter(randn(shape));
        const before = param.detach().clone();
        param.grad = randn(shape);
        const [rows, columns] = [shape[0]!, before.numel / shape[0]!];
        const isMatched = index % 2 === 1;
        const scale = isMatched ? 0.2 * Math.sqrt(Math.max(rows, columns)) : Math.sqrt(Math.max(1, rows / columns));
        const adjust_lr_fn = isMatched ? 'match_rms_adamw' : 'original';
        new optim.Muon([param], { lr: 0.1, weight_decay: 0, adjust_lr_fn }).step();
        const update = before
          .sub(param)
          .div(0.1 * scale)
          .flatten(1);
        const values = ops.linalgSvdvals(update).data() as Float32Array;
        for (const value of values) {
          expect(value).toBeGreaterThan(0.6);
          expect(value).toBeLessThan(1.3);
        }
      });
    });

  it('takes more steps closer to an orthogonal matrix, with coefficients that converge', () => {
    tidy(() => {
      manualSeed(3);
      const near = optim.orthogonalize(randn([5, 7]), { coefficients: [1.875, -1.25, 0.375], steps: 20 });
      const product = near.matmul(near.t()).data() as Float32Array;
      for (const [i, value] of product.entries()) expect(value).toBeCloseTo(i % 6 === 0 ? 1 : 0, 4);
    });
  });
});

describe('a quadratic', () => {
  const choices: [string, optim.OptimizerClass, optim.Settings, number][] = [
    ['Lion', optim.Lion, { lr: 0.05 }, 400],
    ['LAMB', optim.LAMB, { lr: 0.02, weight_decay: 0, always_adapt: true }, 600],
    ['LARS', optim.LARS, { lr: 2, momentum: 0.9, eta: 0.01 }, 400],
    ['Adafactor', optim.Adafactor, { lr: 0.02 }, 600],
    ['Muon', optim.Muon, { lr: 0.05, weight_decay: 0 }, 400],
  ];
  for (const [name, made, settings, rounds] of choices)
    it(`is solved by ${name}`, () => {
      tidy(() => {
        manualSeed(5);
        const target = randn([6, 4]);
        const param = new nn.Parameter(randn([6, 4]));
        const optimizer = new made([param], settings);
        const lossNow = () => param.sub(target).square().sum();
        const before = Number(lossNow().item());
        for (let round = 0; round < rounds; round++)
          tidy(() => {
            optimizer.zeroGrad();
            lossNow().backward();
            optimizer.step();
            for (const group of optimizer.paramGroups) group.lr = Number(settings.lr) * (1 - round / rounds);
          });
        expect(Number(lossNow().item())).toBeLessThan(1e-3 * before);
      });
    });
});
