/** What the native step does beyond its algorithms: half types, vector code. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { engineVersions, gradNorm, nn, optim, type Tensor, tensor, tidy, zeros } from '../src/index.ts';
import { fromBytes } from '../src/tensor.ts';

const PATTERNS = 2 ** 16;
/** Every value that a half type has, each once. */
const everyHalf = (dtype: 'float16' | 'bfloat16') =>
  fromBytes(
    Uint16Array.from({ length: PATTERNS }, (_, bits) => bits),
    [PATTERNS],
    dtype,
  );

function parameter(values: Tensor, gradient: Tensor): nn.Parameter {
  const param = new nn.Parameter(values);
  param.grad = gradient;
  return param;
}

for (const dtype of ['float16', 'bfloat16'] as const) {
  it(`widens and rounds every ${dtype} as libtorch converts it`, () => {
    tidy(() => {
      const gradient = everyHalf(dtype);
      for (const lr of [1, 0.3, 1 / 3, 1e-3, 2 ** -12, 2 ** -20, 7e3, 3e38]) {
        const param = parameter(zeros([PATTERNS], { dtype }), gradient);
        new optim.SGD([param], { lr }).step();
        const expected = gradient.to('float32').mul(-lr).to(dtype).to('float32').data();
        const found = param.detach().to('float32').data();
        // -0 and 0 are told apart: 0 + -0 is 0, so zeros are compared without their sign.
        for (let i = 0; i < PATTERNS; i++)
          if (!Object.is(found[i], expected[i]) && !(found[i] === 0 && expected[i] === 0))
            expect.fail(`pattern ${i} times ${lr}: ${found[i]} instead of ${expected[i]}`);
      }
    });
  });

  it(`takes the norm of ${dtype} gradients in float32`, () => {
    tidy(() => {
      const gradient = tensor(Array.from({ length: 5003 }, (_, i) => Math.sin(i) * 300)).to(dtype);
      const param = parameter(zeros([5003], { dtype }), gradient);
      const expected = Math.hypot(...(gradient.to('float32').data() as Float32Array));
      expect(gradNorm([param])! / expected).toBeCloseTo(1, 6);
    });
  });
}

it.each(['kernel', 'foreach', 'operators'] as const)('un-scales a float16 gradient in float32: %s', (path) => {
  tidy(() => {
    const gradient = () => tensor([1e-2, 3e-3, 65504]).to('float16');
    const params = [1, 2].map(() => parameter(zeros([3], { dtype: 'float16' }), gradient()));
    new optim.SGD(params, { lr: 1e5 }, { path }).step(undefined, { factor: 2 ** -16, limit: 0.5 });
    const expected = gradient()
      .to('float32')
      .mul(2 ** -16)
      .clamp(-0.5, 0.5)
      .mul(-1e5)
      .to('float16');
    for (const param of params) expect(param.detach().toArray()).toEqual(expected.toArray());
  });
});

const { vectorLevel } = engineVersions();
const hasLevels = vectorLevel.startsWith('x86-64');
const withoutLevels = ' (skipped: not on x86-64, or compiled by something else than g++ 12 or newer)';

it.skipIf(!hasLevels)(`steps with the widest vector code there is${hasLevels ? '' : withoutLevels}`, () => {
  const flags =
    readFileSync('/proc/cpuinfo', 'utf8')
      .match(/^flags\s*:.*$/m)?.[0]
      .split(' ') ?? [];
  const has = (...names: string[]) => names.every((name) => flags.includes(name));
  const v3 = has('abm', 'avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'movbe');
  const v4 = v3 && has('avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl');
  expect(vectorLevel).toBe(v4 ? 'x86-64-v4' : v3 ? 'x86-64-v3' : 'x86-64');
});

// A fused multiply-add rounds once. Without it a step gives the same bits on every processor.
it('rounds after each operation, whatever the processor could do', () => {
  const lr = Math.fround(0.3);
  const cases = Array.from({ length: 4000 }, (_, i) => ({
    theta: Math.fround(Math.cos(i)),
    g: Math.fround(Math.sin(i)),
  }))
    .map(({ theta, g }) => ({ theta, g, expected: Math.fround(theta - Math.fround(lr * g)) }))
    // Products of two float32 are exact in a double, so that this is what rounding once would give.
    .filter(({ theta, g, expected }) => Math.fround(theta - lr * g) !== expected);
  expect(cases.length).toBeGreaterThan(100);
  tidy(() => {
    const param = parameter(tensor(cases.map(({ theta }) => theta)), tensor(cases.map(({ g }) => g)));
    new optim.SGD([param], { lr }).step();
    expect([...param.detach().data()]).toEqual(cases.map(({ expected }) => expected));
  });
});

it('takes limits beyond the largest float32 as no limit', () => {
  for (const limit of [1e39, 3.5e38, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
    const param = parameter(zeros([3]), tensor([3e38, Number.NEGATIVE_INFINITY, 1]));
    new optim.SGD([param], { lr: 1 }).step(undefined, { factor: 1, limit });
    expect(param.toArray()).toEqual([Math.fround(-3e38), Number.POSITIVE_INFINITY, -1]);
  }
});
