/** The update of an optimizer wrapper over an engine of plain numbers. */
import { describe, expect, it } from 'vitest';
import { configJsonSchema, parseOptimWrapper } from '../src/index.ts';
import {
  type AskReading,
  type GradientEngine,
  LossScaler,
  parseWrapperSettings,
  readGradients,
  takeStep,
  UpdateCycle,
} from '../src/internal.ts';

interface Weight {
  value: number;
  grad: number | undefined;
}

/** Plain SGD at rate 1 on numbers: no tensors, no tape. */
class NumberEngine implements GradientEngine<Weight> {
  readonly weights: Weight[];

  constructor(values: readonly number[]) {
    this.weights = values.map((value) => ({ value, grad: undefined }));
  }

  norm(weights: readonly Weight[], type: number): number | undefined {
    const found = weights.flatMap(({ grad }) => (grad === undefined ? [] : [Math.abs(grad)]));
    if (found.length === 0) return undefined;
    return type === Number.POSITIVE_INFINITY
      ? Math.max(...found)
      : found.reduce((sum, each) => sum + each ** type, 0) ** (1 / type);
  }

  finite(weights: readonly Weight[]): boolean {
    return weights.every(({ grad = 0 }) => Number.isFinite(grad));
  }

  step(ask: AskReading<Weight>): 'raw' {
    const reading = ask(this.weights);
    if (reading === null) return 'raw';
    const { factor, limit } = reading;
    for (const weight of this.weights) weight.value -= Math.max(-limit, Math.min(limit, (weight.grad ?? 0) * factor));
    return 'raw';
  }

  clear(): void {
    for (const weight of this.weights) weight.grad = undefined;
  }

  firstNonFinite(): string | undefined {
    const at = this.weights.findIndex((weight) => !this.finite([weight]));
    return at < 0 ? undefined : `weight ${at}`;
  }
}

const hooks = { watch: () => undefined, takes: (due: boolean) => due };
const policy = (settings: Parameters<typeof parseWrapperSettings>[0]) => {
  const { clip_grad, on_non_finite } = parseWrapperSettings(settings);
  return { clip: clip_grad, onNonFinite: on_non_finite };
};

describe('an update over an engine without tensors', () => {
  it('accumulates by items, un-scales, clips and counts', () => {
    const cycle = new UpdateCycle(2, new LossScaler(8));
    const engine = new NumberEngine([10]);
    const [weight] = engine.weights as [Weight];
    for (const [gradient, items] of [
      [3, 1],
      [7, 3],
    ] as const) {
      cycle.checkItems(items);
      weight.grad = (weight.grad ?? 0) + gradient * items * cycle.nextScale();
      cycle.passed();
      cycle.weighed(items);
      if (!cycle.isDue) continue;
      takeStep(cycle, engine, policy({}), hooks);
      engine.clear();
      cycle.cleared();
    }
    // (3 · 1 + 7 · 3) / 4
    expect([weight.value, cycle.innerCount, cycle.updateCount]).toEqual([4, 2, 1]);
    expect(cycle.unscale).toBe(1 / 8);
  });

  it('skips, takes or refuses gradients that are not finite', () => {
    for (const [on_non_finite, value, updates] of [
      ['step', Number.NaN, 1],
      ['skip', 1, 0],
    ] as const) {
      const [cycle, engine] = [new UpdateCycle(1), new NumberEngine([1])];
      (engine.weights[0] as Weight).grad = Number.NaN;
      takeStep(cycle, engine, policy({ on_non_finite }), hooks);
      expect([engine.weights[0]?.value, cycle.updateCount]).toEqual([value, updates]);
    }
    const engine = new NumberEngine([1, 2]);
    (engine.weights[1] as Weight).grad = Number.POSITIVE_INFINITY;
    expect(() => takeStep(new UpdateCycle(1), engine, policy({ on_non_finite: 'throw' }), hooks)).toThrow(
      'the gradient of "weight 1" is not finite',
    );
  });

  it('refuses an engine whose step never asks how to read', () => {
    const engine = new NumberEngine([1]);
    engine.step = () => 'raw';
    expect(() => takeStep(new UpdateCycle(1), engine, policy({}), hooks)).toThrow('never asked how');
  });
});

describe('reading gradients', () => {
  it('asks the other ranks for squares and flags', () => {
    const asked: [number, string][] = [];
    const collective = (own: number, how: 'sum' | 'max') => {
      asked.push([own, how]);
      return how === 'sum' ? own + 144 : own;
    };
    const engine = new NumberEngine([0]);
    (engine.weights[0] as Weight).grad = 5;
    const clip = { max_norm: 6.5 } as const;
    const read = readGradients(engine, engine.weights, { clip, collective });
    expect(read.norm).toBe(13);
    expect(read.factor).toBeCloseTo(0.5, 6);
    expect(readGradients(engine, engine.weights, { asksFinite: true, collective })).toMatchObject({ finite: true });
    expect(asked).toEqual([
      [25, 'sum'],
      [0, 'max'],
    ]);
  });

  it('takes the other ranks’ word that something is not finite', () => {
    const engine = new NumberEngine([0]);
    expect(readGradients(engine, engine.weights, { asksFinite: true, collective: () => 1 }).finite).toBe(false);
  });
});

describe('counters', () => {
  const good = { inner_count: 3, max_counts: -1, update_count: 1, pending_items: null };

  it.each([
    [{ inner_count: Number.NaN }, 'counters.inner_count must be a whole number from 0 up, not NaN'],
    [{ inner_count: 1.5 }, 'counters.inner_count must be a whole number from 0 up, not 1.5'],
    [{ update_count: -1 }, 'counters.update_count must be a whole number from 0 up, not -1'],
    [{ max_counts: -2 }, 'counters.max_counts must be a whole number from -1 up, not -2'],
    [{ pending_items: 0 }, 'counters.pending_items must be null or a number above 0, not 0'],
    [{ pending_items: 'x' as never }, 'counters.pending_items must be null or a number above 0, not "x"'],
    [{ inner_count: undefined as never }, 'counters.inner_count must be a number, not undefined'],
  ])('are refused where they are none: %j', (wrong, message) => {
    const cycle = new UpdateCycle(2);
    cycle.loadStateDict(good);
    expect(() => cycle.loadStateDict({ ...good, inner_count: 4, ...wrong })).toThrow(message);
    expect(cycle.stateDict()).toEqual(good);
  });

  it.each([
    [Number.NaN, 10, 'initCounts is NaN; allowed is a whole number from 0 up'],
    [-1, 10, 'initCounts is -1'],
    [0, 'x', 'maxCounts is "x"; allowed is a whole number from initCounts (0) up'],
    [0, Number.NaN, 'maxCounts is NaN'],
    [4, 3, 'maxCounts is 3; allowed is a whole number from initCounts (4) up'],
  ])('a run does not begin at %s of %s', (init, max, message) => {
    expect(() => new UpdateCycle(1).start(init, max as number)).toThrow(message);
  });

  it('a run begins where it is not known how long it is, or at its end', () => {
    for (const [init, max] of [
      [3, -1],
      [3, 3],
    ] as const)
      expect(new UpdateCycle(1).start(init, max)).toBeUndefined();
  });
});

describe('loss_scale', () => {
  it.each([
    [{ growth_factor: 0.5 }, 'loss_scale.growth_factor: found 0.5; allowed is a number above 1'],
    [{ growth_factor: 1 }, 'loss_scale.growth_factor: found 1; allowed is a number above 1'],
    [{ backoff_factor: 1 }, 'loss_scale.backoff_factor: found 1; allowed is a number between 0 and 1'],
    [{ backoff_factor: 0 }, 'loss_scale.backoff_factor: found 0; allowed is a number'],
    [{ growth_interval: 1.5 }, 'loss_scale.growth_interval: found 1.5; allowed is a whole number from 1 up'],
    [{ init_scale: Number.POSITIVE_INFINITY }, 'loss_scale.init_scale: found Infinity; allowed is a'],
    [{ init_scael: 1 }, 'did you mean "init_scale"?'],
    [0, 'loss_scale: found 0; allowed is a number above 0'],
    ['dynamically', 'loss_scale: found "dynamically"; allowed is '],
  ])('%j is refused by the config and by the scaler in the same words', (loss_scale, message) => {
    const config = { type: 'AmpOptimWrapper', optimizer: { type: 'SGD' }, loss_scale };
    expect(() => parseOptimWrapper(config)).toThrow(`optim_wrapper.${message}`.replace(/^optim_wrapper.did/, 'did'));
    const refusal = (make: () => unknown) => {
      try {
        return make();
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(refusal(() => new LossScaler(loss_scale as never))).toBe(refusal(() => parseOptimWrapper(config)));
  });
});

describe('fields of the wrapper', () => {
  const optimizer = { type: 'SGD' };

  it('use_fsdp: true, which would have no effect, is refused', () => {
    expect(() => parseOptimWrapper({ type: 'AmpOptimWrapper', optimizer, use_fsdp: true })).toThrow(
      'optim_wrapper.use_fsdp: found true; allowed is false: it has no effect here',
    );
  });

  it('on_non_finite is one of three', () => {
    for (const on_non_finite of ['step', 'skip', 'throw'])
      expect(parseOptimWrapper({ optimizer, on_non_finite })).toMatchObject({ on_non_finite });
    expect(() => parseOptimWrapper({ optimizer, on_non_finite: 'stop' })).toThrow(
      'optim_wrapper.on_non_finite: found "stop"; allowed is "step", "skip" or "throw"',
    );
    expect(JSON.stringify(configJsonSchema())).toContain(
      '"on_non_finite":{"type":"string","enum":["step","skip","throw"]}',
    );
  });
});
