import { describe, expect, it } from 'vitest';
import { keep, liveBytes, liveTensors, nn, noGrad, optim, randn, tensor, tidy, zeros } from '../src/index.ts';

describe('tidy', () => {
  it('releases what was made inside, but for what it returns', () => {
    const before = liveTensors();
    const result = tidy(() => {
      const a = zeros([10]);
      const b = a.add(1);
      return { deep: [b.mul(2)], names: new Map([['x', b]]) };
    });
    expect(liveTensors()).toBe(before + 2);
    expect(result.deep[0]?.sum().item()).toBe(20);
    expect(result.names.get('x')?.disposed).toBe(false);
  });

  it('hands what an inner scope returns to the outer one', () => {
    const before = liveTensors();
    tidy(() => {
      const inner = tidy(() => zeros([1]).add(1));
      expect(inner.item()).toBe(1);
    });
    expect(liveTensors()).toBe(before);
  });

  it('releases everything when the function throws', () => {
    const before = liveTensors();
    expect(() =>
      tidy(() => {
        zeros([3]);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(liveTensors()).toBe(before);
  });

  it('leaves what was kept, parameters and optimizer state alone', () => {
    const { layer, optimizer, kept } = tidy(() => {
      const layer = new nn.Linear(2, 2);
      const optimizer = new optim.AdamW(layer.parameters(), {});
      const kept = keep(zeros([1]));
      layer
        .forward(randn([1, 2]))
        .sum()
        .backward();
      optimizer.step();
      return { layer, optimizer, kept };
    });
    expect(layer.weight.disposed).toBe(false);
    expect(kept.disposed).toBe(false);
    for (const { slots } of optimizer.state.values())
      for (const slot of Object.values(slots)) expect(slot.disposed).toBe(false);
  });

  it('refuses a function that returns a promise', () => {
    expect(() => tidy(async () => 1)).toThrow('fn returned a promise');
  });
});

describe('dispose', () => {
  it('drops the holder and nothing else: views and gradients stay', () => {
    const base = tensor([1, 2, 3], { requiresGrad: true });
    const view = base.narrow(0, 1, 2);
    const loss = base.mul(base).sum();
    base.dispose();
    expect(view.toArray()).toEqual([2, 3]);
    loss.backward();
    expect(view.requiresGrad).toBe(true);
  });

  it('is what `using` calls', () => {
    let seen: ReturnType<typeof zeros>;
    {
      using x = zeros([1]);
      seen = x;
      expect(x.disposed).toBe(false);
    }
    expect(seen.disposed).toBe(true);
  });
});

describe('memory', () => {
  it('counts tensors, and the bytes of each storage once: views, parameters and gradients read again and again', () => {
    const count = liveTensors();
    const bytes = liveBytes();
    const x = zeros([1000]);
    const view = x.narrow(0, 0, 10);
    expect(liveTensors() - count).toBe(2);
    expect(liveBytes() - bytes).toBe(4000);
    x.dispose();
    expect(liveBytes() - bytes).toBe(4000);
    view.dispose();
    expect(liveBytes()).toBe(bytes);
    const weight = tidy(() => new nn.Parameter(zeros([1000])));
    expect(liveBytes() - bytes).toBe(4000);
    tidy(() => {
      weight.sum().backward();
      for (let i = 0; i < 10; i++) weight.grad;
      expect(liveBytes() - bytes).toBeLessThanOrEqual(8100);
    });
    weight.dispose();
    expect(liveBytes()).toBe(bytes);
  });

  it('goes back when a worker thread ends', async () => {
    const { Worker } = await import('node:worker_threads');
    const addon = new URL('../build/Release/paramwise_torch.node', import.meta.url).pathname;
    const program = `
      const native = require(${JSON.stringify(addon)});
      const wire = new ArrayBuffer(32768);
      native.bindWire(wire);
      const words = new Float64Array(wire);
      words[0] = native.intern('float32'); words[1] = 1; words[2] = 25e6;
      native.fromBytes(new ArrayBuffer(1e8), 0, 1e8);`;
    const run = () =>
      new Promise((resolve, reject) => new Worker(program, { eval: true }).on('exit', resolve).on('error', reject));
    await run();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 6; i++) await run();
    expect(process.memoryUsage().rss - before).toBeLessThan(3e8);
  });

  it('is released by the garbage collector where no scope does', async () => {
    const before = liveTensors();
    const make = () => {
      for (let i = 0; i < 2000; i++) zeros([1]);
    };
    make();
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let tries = 0; tries < 20 && liveTensors() > before + 100; tries++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(liveTensors()).toBeLessThanOrEqual(before + 100);
  });
});

describe('gradients', () => {
  it('are recorded outside noGrad only', () => {
    const x = tensor([2], { requiresGrad: true });
    expect(noGrad(() => x.mul(2)).requiresGrad).toBe(false);
    const y = x.mul(x);
    y.backward();
    expect(x.grad?.item()).toBe(4);
    x.grad = null;
    expect(x.grad).toBeNull();
    expect(() => {
      x.grad = zeros([2]);
    }).toThrow('a gradient has the shape of its tensor');
    expect(() => y.detach().backward()).toThrow('does not require grad');
    expect(x.detach().isLeaf).toBe(true);
    expect(() => tensor([1], { dtype: 'int64', requiresGrad: true })).toThrow(
      'only floating-point tensors can require gradients',
    );
  });
});
