import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AmpOptimWrapper,
  buildOptimWrapper,
  buildParamScheduler,
  CheckpointError,
  full,
  getRngState,
  keep,
  loadCheckpoint,
  loadSafetensors,
  manualSeed,
  nn,
  type OptimWrapper,
  OptimWrapperDict,
  randn,
  ScheduleDriver,
  saveCheckpoint,
  saveSafetensors,
  type Tensor,
  tensor,
  tidy,
} from '../src/index.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramwise-'));
  file = join(folder, 'run.safetensors');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytesOf = (model: nn.Module) =>
  [...model.stateDict()].map(([name, tensor]) => [name, Buffer.from(tensor.bytes()).toString('base64')]);

const config = {
  type: 'AmpOptimWrapper',
  dtype: 'bfloat16',
  loss_scale: { init_scale: 4, growth_interval: 3 },
  accumulative_counts: 3,
  clip_grad: { max_norm: 1 },
  optimizer: { type: 'AdamW', lr: 0.01, weight_decay: 0.05 },
  paramwise_cfg: { norm_decay_mult: 0, custom_keys: { '0': { lr_mult: 0.1 } } },
};

/** A run with dropout, batch norm, accumulation, clipping, loss scaling and two schedules. */
class Run {
  model: nn.Sequential;
  wrapper: AmpOptimWrapper;
  driver: ScheduleDriver;

  constructor() {
    this.model = new nn.Sequential(
      new nn.Linear(6, 8),
      new nn.BatchNorm1d(8),
      new nn.Dropout(0.3),
      new nn.Linear(8, 3),
    );
    this.wrapper = buildOptimWrapper<AmpOptimWrapper>(this.model, config);
    const schedules = [
      { type: 'LinearLR', end: 5, by_epoch: false },
      { type: 'CosineAnnealingLR', T_max: 20, by_epoch: false },
    ];
    this.driver = new ScheduleDriver(buildParamScheduler(this.wrapper, schedules), this.wrapper);
  }

  get parts() {
    return { model: this.model, wrapper: this.wrapper, schedulers: this.driver };
  }

  step(): void {
    tidy(() => {
      const loss = this.wrapper.optimContext(this.model, () =>
        this.model
          .forward(randn([5, 6]))
          .to('float32')
          .pow(2)
          .mean(),
      );
      this.wrapper.updateParams(loss);
    });
    this.driver.afterIteration();
  }
}

describe('a run that is killed and resumed', () => {
  const LENGTH = 60;

  it('ends with the very bits of the run that was not, at each of 50 random steps', () => {
    manualSeed(7);
    const whole = new Run();
    saveCheckpoint(file, whole.parts);
    const kills = new Set<number>();
    for (let seed = 11; kills.size < 50; seed = (seed * 48271) % 2147483647) kills.add(1 + (seed % (LENGTH - 1)));
    for (let step = 1; step <= LENGTH; step++) {
      whole.step();
      if (kills.has(step)) saveCheckpoint(join(folder, `${step}.safetensors`), whole.parts, { meta: { step } });
    }
    const expected = bytesOf(whole.model);
    expect([...kills].some((step) => step % 3 !== 0)).toBe(true);
    for (const kill of kills) {
      manualSeed(1000 + kill);
      const resumed = new Run();
      const report = loadCheckpoint(join(folder, `${kill}.safetensors`), resumed.parts);
      expect(report).toEqual({
        missing: [],
        unexpected: [],
        moved: [],
        reshaped: [],
        differing: [],
        meta: { step: kill },
      });
      for (let step = kill; step < LENGTH; step++) resumed.step();
      expect(bytesOf(resumed.model), `killed after step ${kill}`).toEqual(expected);
      expect(resumed.wrapper.getLr()).toEqual(whole.wrapper.getLr());
      expect(resumed.wrapper.lossScaler.scale).toBe(whole.wrapper.lossScaler.scale);
    }
  });
});

describe('a checkpoint that is loaded in the middle of an accumulation', () => {
  it('fits a model of another dtype, its gradients included', () => {
    const first = new Run();
    for (let i = 0; i < 2; i++) first.step();
    saveCheckpoint(file, first.parts);
    const second = new Run();
    second.model.to('float64');
    loadCheckpoint(file, second.parts);
    const grads = ({ model }: Run) => model.parameters().map(({ grad }) => Array.from(grad?.data() as Float32Array));
    expect(second.model.parameters()[0]?.grad?.dtype).toBe('float64');
    expect(grads(second)).toEqual(grads(first));
  });

  const broken: [
    string,
    (saved: { schedulers: object[]; wrappers: Record<string, object> }, tensors: Record<string, Tensor>) => void,
    string,
  ][] = [
    [
      'a schedule of other groups',
      ({ schedulers }) => void Object.assign(schedulers[1] as object, { base_values: [] }),
      'the state is of 0 groups',
    ],
    ['a driver without count', (saved) => void Object.assign(saved, { driver: {} }), 'update_count is needed'],
    [
      'a random state that is none',
      (_, tensors) => void Object.assign(tensors, { 'rng/cpu': full([3], 1) }),
      'RNG state must be',
    ],
    [
      'a gradient of another shape',
      (_, tensors) => void Object.assign(tensors, { 'grad/0.weight': full([3], 1) }),
      'a gradient of shape [3] for 0.weight, which has shape [8,6]',
    ],
    [
      'a counter that is none',
      ({ wrappers }) => void Object.assign(wrappers[''] as object, { rest: { counters: { inner_count: 'x' } } }),
      'counters.inner_count must be a number, not "x"',
    ],
  ];
  for (const [what, spoil, message] of broken)
    it(`is refused for ${what}, and changes nothing`, () => {
      const first = new Run();
      for (let i = 0; i < 5; i++) first.step();
      saveCheckpoint(file, first.parts);
      const { tensors, metadata } = loadSafetensors(file);
      const saved = JSON.parse(metadata.paramwise as string);
      spoil(saved, tensors);
      saveSafetensors(file, tensors, { paramwise: JSON.stringify(saved) });
      const second = new Run();
      second.step();
      const everything = () => [
        bytesOf(second.model),
        second.model.parameters().map(({ grad }) => grad?.toArray()),
        second.wrapper.optimizer.state.size,
        second.wrapper.innerCount,
        second.driver.schedulers.map((each) => each.stateDict()),
        second.driver.stateDict(),
        getRngState().toArray(),
      ];
      const before = everything();
      expect(() => loadCheckpoint(file, second.parts)).toThrow(message);
      expect(everything()).toEqual(before);
    });
});

describe('sparse gradients that wait for a step', () => {
  for (const type of ['SparseAdam', 'SGD'])
    it(`come back as they were: ${type} ends with the same bits`, () => {
      const build = () => {
        const model = new nn.Embedding(6, 3, { sparse: true });
        const wrapper = buildOptimWrapper(model, { accumulative_counts: 3, optimizer: { type, lr: 0.1 } });
        return { model, wrapper };
      };
      const step = ({ model, wrapper }: ReturnType<typeof build>, i: number) =>
        tidy(() => {
          const rows = tensor([i % 6, (i * 2) % 6, 1, 1], { dtype: 'int64' });
          wrapper.updateParams(
            model
              .forward(rows)
              .mul(randn([4, 3]))
              .mean(),
            { items: 1 + (i % 3) },
          );
        });
      manualSeed(3);
      const whole = build();
      const kills = [1, 2, 4, 5];
      for (let i = 1; i <= 9; i++) {
        step(whole, i);
        if (kills.includes(i)) saveCheckpoint(join(folder, `${i}.safetensors`), whole);
      }
      for (const kill of kills) {
        const resumed = build();
        loadCheckpoint(join(folder, `${kill}.safetensors`), resumed);
        for (let i = kill + 1; i <= 9; i++) step(resumed, i);
        expect(bytesOf(resumed.model)).toEqual(bytesOf(whole.model));
      }
    });
});

describe('loading by name', () => {
  class Pair extends nn.Module {
    forward(x: Tensor): Tensor {
      return x;
    }
  }
  const build = (order: readonly string[], sizes: Record<string, number> = {}) => {
    const model = new Pair();
    for (const name of order) model.registerParameter(name, new nn.Parameter(full([sizes[name] ?? 2], 1)));
    const wrapper = buildOptimWrapper(model, {
      optimizer: { type: 'AdamW', lr: 1 },
      paramwise_cfg: { custom_keys: { b: { lr_mult: 0.5 } } },
    });
    return { model, wrapper };
  };
  const train = ({ model, wrapper }: { model: nn.Module; wrapper: OptimWrapper }) => {
    for (const [i, param] of model.parameters().entries()) param.grad = full(param.shape, i + 1);
    wrapper.step();
    wrapper.zeroGrad();
  };
  const slot = ({ model, wrapper }: ReturnType<typeof build>, name: string) =>
    [...(wrapper.optimizer.state.get(model.getParameter(name))?.slots.exp_avg?.data() ?? [])].map(Number);

  it('finds the state of reordered parameters, and says which groups moved', () => {
    const first = build(['a', 'b']);
    train(first);
    saveCheckpoint(file, first);
    const second = build(['b', 'a']);
    const report = loadCheckpoint(file, second);
    expect(report).toMatchObject({ missing: [], unexpected: [], reshaped: [], moved: ['b', 'a'] });
    for (const name of ['a', 'b']) expect(slot(second, name)).toEqual(slot(first, name));
    expect(second.wrapper.paramGroups.map((group) => group.lr)).toEqual([0.5, 1]);
  });

  it('refuses what does not fit, changing nothing, and takes what fits where asked', () => {
    const first = build(['a', 'b', 'c'], { c: 3 });
    train(first);
    saveCheckpoint(file, first, { meta: 'kept' });
    const second = build(['a', 'c', 'd'], { c: 4 });
    const before = bytesOf(second.model);
    let refused: unknown;
    try {
      loadCheckpoint(file, second);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(CheckpointError);
    expect((refused as Error).message).toContain('missing: d, optimizer/d');
    expect((refused as Error).message).toContain('unexpected: b, optimizer/b');
    expect((refused as Error).message).toContain('reshaped: c');
    expect(bytesOf(second.model)).toEqual(before);
    expect(second.wrapper.optimizer.state.size).toBe(0);

    const report = loadCheckpoint(file, second, { strict: false });
    expect(report).toEqual({
      missing: ['d', 'optimizer/d'],
      unexpected: ['b', 'optimizer/b'],
      moved: ['c'],
      reshaped: ['c'],
      differing: [],
      meta: 'kept',
    });
    expect([...second.model.getParameter('a').data()]).toEqual([...first.model.getParameter('a').data()]);
    expect([...second.model.getParameter('c').data()]).toEqual([1, 1, 1, 1]);
    expect(slot(second, 'a')).toEqual(slot(first, 'a'));
    expect(slot(second, 'c')).toEqual([]);
  });

  it('holds several wrappers under their names', () => {
    const first = build(['a', 'b']);
    const wrapper = new OptimWrapperDict({ x: first.wrapper });
    train(first);
    saveCheckpoint(file, { model: first.model, wrapper });
    const second = build(['a', 'b']);
    loadCheckpoint(file, { model: second.model, wrapper: new OptimWrapperDict({ x: second.wrapper }) });
    expect(slot(second, 'b')).toEqual(slot(first, 'b'));
    expect(() =>
      loadCheckpoint(file, { model: second.model, wrapper: new OptimWrapperDict({ y: second.wrapper }) }),
    ).toThrow('missing: optimizer/y');
  });

  it('refuses the state of another algorithm, wrapper or driver, and where asked takes what is no state of theirs', () => {
    const first = build(['a', 'b']);
    train(first);
    const schedulers = buildParamScheduler(first.wrapper, { type: 'ConstantLR', by_epoch: false });
    saveCheckpoint(file, { ...first, schedulers: new ScheduleDriver(schedulers, first.wrapper) });
    const { model } = build(['a', 'b']);
    const wrapper = buildOptimWrapper(model, {
      type: 'AmpOptimWrapper',
      optimizer: { type: 'SGD', lr: 3, momentum: 0.9 },
      paramwise_cfg: { custom_keys: { b: { lr_mult: 0.5 } } },
    });
    const parts = { model, wrapper, schedulers: buildParamScheduler(wrapper, { type: 'ConstantLR', by_epoch: false }) };
    const unexpected = ['optimizer: AdamW, not SGD', 'wrapper: OptimWrapper, not AmpOptimWrapper', 'schedulers/driver'];
    expect(() => loadCheckpoint(file, parts)).toThrow(`unexpected: ${unexpected.join(', ')}`);
    expect([...model.getParameter('a').data()]).toEqual([1, 1]);
    expect(loadCheckpoint(file, parts, { strict: false }).unexpected).toEqual(unexpected);
    expect(wrapper.optimizer.state.size).toBe(0);
    expect(wrapper.paramGroups[0]).not.toHaveProperty('betas');
    expect(wrapper.getLr()).toEqual({ base_lr: [1], lr: [1, 0.5] });
    expect(wrapper.updateCount).toBe(1);
    expect([...model.getParameter('a').data()]).toEqual([...first.model.getParameter('a').data()]);
  });

  it('gives back what was saved as meta, whatever its keys and numbers', () => {
    const meta = {
      best: Number.NEGATIVE_INFINITY,
      list: [{ $number: 'x' }, { $$number: 'Infinity', $: [null, { $number: '3', more: 1 }] }],
    };
    const parts = build(['a']);
    saveCheckpoint(file, parts, { meta });
    expect(loadCheckpoint(file, parts).meta).toEqual(meta);
  });

  it('refuses a file that is no checkpoint', () => {
    saveSafetensors(file, { x: keep(full([1], 1)) });
    expect(() => loadCheckpoint(file, build(['a']))).toThrow('holds tensors but is no checkpoint');
  });
});
