/** Names that only some groups carry, names that only planning would know, and expressions that only look quick. */
import { beforeAll, describe, expect, it } from 'vitest';
import { keyPattern, keyPatternProblem } from '../src/config/key-pattern.ts';
import {
  ConfigError,
  DefaultOptimWrapperConstructor,
  type ModuleView,
  OPTIM_WRAPPER_CONSTRUCTORS,
  type OptimWrapperConfig,
  type ParamGroup,
  planParamGroups,
  publicRegistries,
  Registry,
  type RegistryOptions,
} from '../src/index.ts';
import { prepare } from '../src/internal.ts';
import { layer, node, other, registerFakes, smallModel } from './models.ts';

const optimizer = { type: 'SGD', lr: 0.1, weight_decay: 0.01 };
beforeAll(registerFakes);

describe('groups of a subclass without names', () => {
  class Unnamed extends DefaultOptimWrapperConstructor {
    override addParams(groups: ParamGroup[], module: ModuleView): void {
      for (const [, child] of module.ownChildren()) this.addParams(groups, child);
      for (const [, param] of module.ownParams()) groups.push({ params: [param] });
    }
  }

  it('are merged into one without names', () => {
    const { groups } = new Unnamed({ optimizer }, { merge_groups: true }).prepare(smallModel());
    expect(groups).toHaveLength(1);
    expect(groups[0]!.params).toHaveLength(6);
    expect(groups[0]).not.toHaveProperty('paramNames');
  });
});

describe('an algorithm of a custom key', () => {
  it('goes by its own name, not by that of a registry', () => {
    const optimizers = new Registry('OPTIMIZERS', {
      scope: 'torch',
      entries: [['SGD', publicRegistries.optimizers.get('SGD')!]],
    } as RegistryOptions<never, never>);
    const registries = { ...publicRegistries, optimizers: optimizers as never };
    const plan = (algorithm: string) =>
      prepare(smallModel(), { optimizer }, registries, { paramwise: { custom_keys: { head: { algorithm } } } }).plan;
    expect(plan('SGD').groups.at(-1)!.options.algorithm).toBe('SGD');
    expect(() => plan('torch.SGD')).toThrow('no algorithm is named "torch.SGD"');
  });

  it('MADGRAD is no misspelt Adagrad', () => {
    const { plan } = prepare(smallModel(), { optimizer: { type: 'MADGRAD', lr: 0.1 } }, publicRegistries, {
      unknown: 'warn',
    });
    expect(plan.warnings.join()).toContain('no optimizer named "MADGRAD" is known here');
  });
});

it('what a constructor changes in the config that it is given is checked again', () => {
  const edits: ((config: OptimWrapperConfig) => unknown)[] = [
    (config) => Object.assign(config.optimizer, { lr: -1 }),
    (config) => Object.assign(config, { accumulative_counts: 0 }),
  ];
  for (const [index, edit] of edits.entries()) {
    const type = `Editing${index}`;
    OPTIM_WRAPPER_CONSTRUCTORS.register(type, ({ optim_wrapper_cfg, paramwise_cfg }) => {
      edit(optim_wrapper_cfg as OptimWrapperConfig);
      return new DefaultOptimWrapperConstructor(optim_wrapper_cfg, paramwise_cfg);
    });
    expect(() => planParamGroups(smallModel(), { optimizer, constructor: type }), type).toThrow(ConfigError);
  }
  expect(optimizer.lr).toBe(0.1);
});

it.each([
  ['head', 'decode_head'],
  ['bias', 'in_proj_bias'],
  ['token', 'cls_token'],
])('a key %s is meant for %s, and is not warned of', (key, name) => {
  const model = node(other, {}, { net: node(other, {}, { [name]: layer() }), stem: layer() });
  const { groups, warnings } = planParamGroups(model, { optimizer }, { custom_keys: { [key]: { lr_mult: 0.5 } } });
  expect(groups.some(({ options }) => options.lr_mult === 0.5)).toBe(true);
  expect(warnings).toEqual([]);
});

describe('an expression', () => {
  const path = 'a'.repeat(100);
  const digits = '1'.repeat(100);

  it.each([
    [`${'(a|a)'.repeat(20)}x`, path],
    [`${'\\d+'.repeat(6)}x`, digits],
    [`${'(a|a)'.repeat(12)}x`, path],
    [`${'\\d+'.repeat(4)}x`, digits],
    [`${'a*'.repeat(3)}x`, path],
    [`${'a?'.repeat(18)}x`, path],
    [`${'(a|a)'.repeat(12)}a*x`, path],
    [`${'(a|a)'.repeat(10)}\\d+\\d+x`, `${'a'.repeat(50)}${'1'.repeat(50)}`],
  ])('re:%s is refused or quick', (source, text) => {
    const key = `re:${source}`;
    if (keyPatternProblem(key) !== undefined) return;
    const matches = keyPattern(key);
    const times = [1, 2, 3].map(() => {
      const start = performance.now();
      expect(matches(text)).toBe(false);
      return performance.now() - start;
    });
    // The best of three, as other programs may be at work.
    expect(Math.min(...times)).toBeLessThan(100);
  });
});
