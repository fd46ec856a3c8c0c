/** Warnings of a built plan reach the user; names in a config are the engine's own. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  AmpOptimWrapper,
  buildOptimWrapper,
  DefaultOptimWrapperConstructor,
  nn,
  OPTIM_WRAPPERS,
  OPTIMIZERS,
  OptimWrapper,
  optim,
  PARAM_SCHEDULERS,
  planOf,
  torchRegistries,
} from '../src/index.ts';

const cfg = { optimizer: { type: 'SGD', lr: 0.1 }, paramwise_cfg: { custom_keys: { hed: { lr_mult: 2 } } } };
const model = () => new nn.Sequential({ head: new nn.Linear(2, 2) });

describe('warnings of a plan', () => {
  beforeEach(() => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  });

  it('are warnings of the process, each once', () => {
    const wrapper = buildOptimWrapper(model(), cfg);
    const [text] = planOf(wrapper)!.warnings;
    const options = { type: 'ParamwiseWarning', code: 'PARAMWISE_PLAN' };
    expect(vi.mocked(process.emitWarning).mock.calls).toEqual([[text, options]]);
    expect(text).toContain('did you mean "head"?');
  });

  it('go to onWarning instead where it is given', () => {
    const told: string[] = [];
    buildOptimWrapper(model(), cfg, { onWarning: (text) => told.push(text) });
    expect(told).toHaveLength(1);
    expect(process.emitWarning).not.toHaveBeenCalled();
  });

  it('are none for a plan without', () => {
    buildOptimWrapper(model(), { optimizer: cfg.optimizer });
    expect(process.emitWarning).not.toHaveBeenCalled();
  });
});

describe('names in a config', () => {
  it('stand for what is registered publicly with force, and by their scope still for the engine’s', () => {
    const taken = { paramGroups: [], defaults: {} };
    const other = () => taken;
    const before = OPTIMIZERS.get('RMSprop')!;
    OPTIMIZERS.register('RMSprop', other, { force: true });
    try {
      const build = (type: string) => buildOptimWrapper(model(), { optimizer: { type, lr: 0.1 } }).optimizer;
      expect(build('RMSprop')).toBe(taken);
      expect(build('torch.RMSprop')).toBeInstanceOf(optim.RMSprop);
    } finally {
      OPTIMIZERS.register('RMSprop', before, { force: true });
    }
  });

  it('can be replaced in the engine’s registries, and asked for by their scope', () => {
    class Mine extends OptimWrapper {}
    const before = torchRegistries.wrappers.get('OptimWrapper')!;
    torchRegistries.wrappers.register(
      'OptimWrapper',
      ({ optimizer }) => new Mine({ optimizer: optimizer as optim.Optimizer }),
      {
        force: true,
      },
    );
    expect(buildOptimWrapper(model(), { optimizer: cfg.optimizer })).toBeInstanceOf(Mine);
    torchRegistries.wrappers.register('OptimWrapper', before, { force: true });
    expect(OPTIMIZERS.get('torch.Lion')).toBe(torchRegistries.optimizers.get('Lion'));
  });

  it('are found by a constructor that is made in code, too', () => {
    const maker = new DefaultOptimWrapperConstructor({ type: 'AmpOptimWrapper', optimizer: cfg.optimizer });
    expect(maker.build(model())).toBeInstanceOf(AmpOptimWrapper);
    expect(OPTIM_WRAPPERS.names()).toEqual(['OptimWrapper', 'AmpOptimWrapper']);
    expect(torchRegistries.schedulers).toBe(PARAM_SCHEDULERS);
  });

  it('of settings are checked for an algorithm that a user defines', () => {
    optim.defineOptimizer({
      name: 'PlainDescent',
      defaults: { lr: 0.5, push: 1 },
      rules: { push: { allowed: 'a number above 0', holds: (value) => Number(value) > 0 } },
      slots: () => ({}),
      reference: ({ lr }, { param, grad }) => void param.add_(grad, { alpha: -Number(lr) }),
    });
    const build = (more: object, key: object = {}) =>
      buildOptimWrapper(model(), {
        optimizer: { type: 'PlainDescent', lr: 1, ...more },
        paramwise_cfg: { custom_keys: { head: key } },
      });
    expect(build({ push: 2 }, { push: 3 }).paramGroups[0]?.push).toBe(3);
    expect(() => build({ pull: 1 })).toThrow('optim_wrapper.optimizer.pull: unknown field');
    expect(() => build({}, { pusch: 1 })).toThrow('custom_keys.head.pusch: unknown field; did you mean "push"?');
    expect(() => build({}, { push: -1 })).toThrow('custom_keys.head.push: found -1; allowed is a number above 0');
    expect(() =>
      buildOptimWrapper(model(), { ...cfg, paramwise_cfg: { custom_keys: { head: { algorithm: 'PlainDescnt' } } } }),
    ).toThrow('no algorithm is named "PlainDescnt"');
  });
});
