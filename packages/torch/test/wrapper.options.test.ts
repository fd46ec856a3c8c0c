/** Options that a wrapper or a schedule does not have are refused, and nothing has changed then; odd schedules are told. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AmpOptimWrapper,
  buildOptimWrapper,
  buildParamScheduler,
  nn,
  OptimWrapper,
  optim,
  tensor,
} from '../src/index.ts';

const found: (Error & { code?: string })[] = [];
const listen = (warning: Error) => void found.push(warning);

beforeEach(() => {
  found.length = 0;
  process.on('warning', listen);
});

afterEach(() => {
  process.off('warning', listen);
});

const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

/** One weight 10 at rate 1. */
function single() {
  const w = new nn.Parameter(tensor([10]));
  const optimizer = new optim.SGD([w], { lr: 1, momentum: 0.9 });
  return { w, optimizer };
}

describe('a wrapper', () => {
  it.each([
    ['OptimWrapper', { clipGrad: { max_norm: 1 } }, 'clipGrad: unknown field; did you mean "clip_grad"?'],
    [
      'OptimWrapper',
      { accumulative_count: 4 },
      'accumulative_count: unknown field; did you mean "accumulative_counts"?',
    ],
    ['AmpOptimWrapper', { lossScale: 4 }, 'lossScale: unknown field'],
  ])('%s is not made with %j', (name, options, text) => {
    const { optimizer } = single();
    const Wrapper = (name === 'OptimWrapper' ? OptimWrapper : AmpOptimWrapper) as new (options: unknown) => unknown;
    expect(() => new Wrapper({ optimizer, ...options })).toThrow(text);
    expect([optimizer.stepCount, optimizer.state.size, optimizer.paramGroups[0]?.lr]).toEqual([0, 0, 1]);
  });

  it('takes the optimizer as an option', () => {
    const { optimizer } = single();
    expect(() => new OptimWrapper(optimizer as never)).toThrow(
      'OptimWrapper takes options, with an optimizer among them: new OptimWrapper({ optimizer, clip_grad, … })',
    );
  });

  it.each([
    ['updateParams', 8, 'updateParams: options are an object with items, setToNone or closure; found 8'],
    ['updateParams', { item: 8 }, 'updateParams: unknown option "item"; did you mean "items"?'],
    ['step', () => 0, 'step: options are an object with items, setToNone or closure; found a function'],
  ])('%s refuses %j', (method, options, text) => {
    const { w, optimizer } = single();
    const wrapper = new OptimWrapper({ optimizer });
    const call = () =>
      method === 'step' ? wrapper.step(options as never) : wrapper.updateParams(w.mul(2).sum(), options as never);
    expect(call).toThrow(text);
    expect([w.item(), w.grad, wrapper.updateCount, wrapper.innerCount, optimizer.stepCount]).toEqual([
      10,
      null,
      0,
      0,
      0,
    ]);
  });
});

describe('buildParamScheduler', () => {
  const unbounded = { type: 'CosineAnnealingLR', eta_min: 0 };

  it('warns the process, once', async () => {
    buildParamScheduler(single().optimizer, unbounded);
    await soon();
    expect(found.map(({ name, code }) => [name, code])).toEqual([['ParamwiseWarning', 'PARAMWISE_SCHEDULE']]);
  });

  it('tells onWarning instead where there is one', async () => {
    const told: string[] = [];
    buildParamScheduler(single().optimizer, unbounded, { onWarning: (warning) => told.push(warning) });
    await soon();
    expect([told.length, found]).toEqual([1, []]);
  });

  it.each([
    [{ maxEpoch: 50 }, 'maxEpoch: unknown field; did you mean "maxEpochs"?'],
    [50, 'buildParamScheduler: found 50; allowed is options: maxEpochs, maxIters, epochLength, onWarning'],
  ])('refuses %j as its options', (options, text) => {
    const { optimizer } = single();
    expect(() => buildParamScheduler(optimizer, unbounded, options as never)).toThrow(text);
    expect(optimizer.paramGroups[0]).not.toHaveProperty('initial_lr');
  });

  it("schedules the momentum of every group by the group's own algorithm", () => {
    const model = new nn.Sequential(new nn.Linear(4, 4), new nn.Linear(4, 4), new nn.LayerNorm(4));
    const wrapper = buildOptimWrapper(
      model,
      {
        optimizer: { type: 'AdamW', lr: 0.1 },
        paramwise_cfg: { matrix_algorithm: { type: 'Muon', exclude: ['1.'] } },
      },
      { onWarning: () => {} },
    );
    const moment = () =>
      wrapper.paramGroups.map(({ algorithm, momentum, betas }) => [algorithm ?? 'AdamW', momentum ?? betas]);
    const kinds = () => [...new Set(moment().map((each) => JSON.stringify(each)))].sort();
    expect(kinds()).toEqual(['["AdamW",[0.9,0.999]]', '["Muon",0.95]']);
    buildParamScheduler(wrapper, { type: 'ConstantMomentum', factor: 0.5, end: 4 });
    expect(kinds()).toEqual(['["AdamW",[0.45,0.999]]', '["Muon",0.475]']);
  });
});

it.each([{ initial_foo: 'abc' }, { max_lr: 'abc' }])('a custom key with %j is refused', (fields) => {
  const model = new nn.Sequential(new nn.Linear(2, 2));
  const config = { optimizer: { type: 'SGD', lr: 0.1 }, paramwise_cfg: { custom_keys: { '0': fields } } };
  expect(() => buildOptimWrapper(model, config, { onWarning: () => {} })).toThrow(Object.keys(fields)[0]);
});
