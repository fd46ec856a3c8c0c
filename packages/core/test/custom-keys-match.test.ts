/** `custom_keys_match: path`: keys as whole paths, globs and regular expressions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configJsonSchema, explainParam, type ModuleView, type ParamView, planParamGroups } from '../src/index.ts';
import { node, other, param } from './models.ts';

/** A model with parameters of these paths. */
function modelOf(paths: readonly string[]): ModuleView {
  const params: Record<string, ParamView> = {};
  const below = new Map<string, string[]>();
  for (const path of paths) {
    const dot = path.indexOf('.');
    if (dot < 0) params[path] = param();
    else below.set(path.slice(0, dot), [...(below.get(path.slice(0, dot)) ?? []), path.slice(dot + 1)]);
  }
  return node(other, params, Object.fromEntries([...below].map(([name, inner]) => [name, modelOf(inner)])));
}

const PATHS = [
  'cls_token',
  'conv1.weight',
  'layer1.0.conv1.weight',
  'layer1.0.conv1.bias',
  'layer1.1.conv2.weight',
  'layer10.0.conv1.weight',
  'fc.weight',
  'fc.bias',
  'mlp.fc.weight',
  'mlp.fc1.weight',
];
const planned = (custom_keys: object, more: object = {}) =>
  planParamGroups(
    modelOf(PATHS),
    { optimizer: { type: 'SGD', lr: 1 } },
    { custom_keys_match: 'path', custom_keys, ...more },
  );
const matchedBy = (key: string) =>
  planned({ [key]: { lr_mult: 0.1 } })
    .groups.filter(({ decidedBy }) => decidedBy.length > 0)
    .map(({ path }) => path);

describe('a key', () => {
  it.each([
    ['fc', ['fc.weight', 'fc.bias']],
    ['fc.weight', ['fc.weight']],
    ['cls_token', ['cls_token']],
    ['conv1', ['conv1.weight']],
    ['layer1', ['layer1.0.conv1.weight', 'layer1.0.conv1.bias', 'layer1.1.conv2.weight']],
    ['layer1.**', ['layer1.0.conv1.weight', 'layer1.0.conv1.bias', 'layer1.1.conv2.weight']],
    ['layer1.*.conv1', ['layer1.0.conv1.weight', 'layer1.0.conv1.bias']],
    ['layer*.0', ['layer1.0.conv1.weight', 'layer1.0.conv1.bias', 'layer10.0.conv1.weight']],
    ['**.bias', ['layer1.0.conv1.bias', 'fc.bias']],
    ['**.fc', ['fc.weight', 'fc.bias', 'mlp.fc.weight']],
    ['**.fc*', ['fc.weight', 'fc.bias', 'mlp.fc.weight', 'mlp.fc1.weight']],
    ['*.weight', ['conv1.weight', 'fc.weight']],
    ['*.fc', ['mlp.fc.weight']],
    ['**', PATHS],
    ['re:^conv1\\.', ['conv1.weight']],
    ['re:conv\\d\\.weight$', PATHS.filter((path) => /conv\d\.weight$/.test(path))],
  ])('%s', (key, paths) => {
    expect(matchedBy(key).sort()).toEqual([...paths].sort());
  });

  it('says in the reasons that it matches the path', () => {
    expect(explainParam(planned({ 'layer1.**': { lr_mult: 0.1 } }), 'layer1.0.conv1.bias')).toContain(
      'custom_keys["layer1.**"] matches "layer1.0.conv1.bias" and decides alone',
    );
  });

  it('is tried longest first, and composes', () => {
    const custom_keys = { fc: { lr_mult: 0.1 }, '**.bias': { decay_mult: 0, momentum: 0.5 } };
    const base = { optimizer: { type: 'SGD', lr: 1, weight_decay: 0.5 } };
    const optionsOf = (mode: string) =>
      planParamGroups(modelOf(PATHS), base, {
        custom_keys,
        custom_keys_match: 'path',
        custom_keys_mode: mode,
      }).groups.find(({ path }) => path === 'fc.bias')!.options;
    expect(optionsOf('replace')).toEqual({ lr: 1, weight_decay: 0, decay_mult: 0, momentum: 0.5 });
    expect(optionsOf('compose')).toEqual({ lr: 0.1, weight_decay: 0, lr_mult: 0.1, decay_mult: 0, momentum: 0.5 });
  });

  it('that matches nothing is warned of, with the one that was meant', () => {
    expect(planned({ fc1: { lr_mult: 1 }, layr1: { lr_mult: 1 }, 're:^x': { lr_mult: 1 } }).warnings).toEqual([
      'custom_keys["layr1"] matches no parameter; did you mean "layer1"?',
      'custom_keys["re:^x"] matches no parameter',
      'custom_keys["fc1"] matches no parameter; did you mean "**.fc1"?',
    ]);
    expect(() => planned({ fc1: { lr_mult: 1 } }, { strict: true })).toThrow('did you mean "**.fc1"?');
  });
});

it('a glob matches what an independent reading says, in no time', () => {
  const naive = (glob: readonly string[], path: readonly string[]): boolean => {
    const [part, ...rest] = glob;
    if (part === undefined) return true;
    if (part === '**') return path.some((_, at) => naive(rest, path.slice(at))) || naive(rest, []);
    if (path.length === 0) return false;
    const name = new RegExp(`^${part.replaceAll('*', '.*')}$`);
    return name.test(path[0]!) && naive(rest, path.slice(1));
  };
  const names = fc.array(fc.constantFrom('a', 'ab', 'b', 'ba'), { minLength: 1, maxLength: 5 });
  const globs = fc.array(fc.constantFrom('a', 'ab', '*', '**', 'a*', '*a', '*b*'), { minLength: 1, maxLength: 4 });
  const property = fc.property(names, globs, (path, glob) => {
    const plan = planParamGroups(
      modelOf([path.join('.')]),
      { optimizer: { type: 'SGD', lr: 1 } },
      { custom_keys_match: 'path', custom_keys: { [glob.join('.')]: { lr_mult: 0.5 } } },
    );
    expect(plan.groups[0]!.options.lr === 0.5).toBe(naive(glob, path));
  });
  fc.assert(property, { numRuns: 500 });
});

describe('refused, with the key', () => {
  it.each([
    ['re:(', 'no regular expression'],
    ['re:(a+)+$', 'a repeat of what repeats or chooses'],
    ['re:(a|a)*$', 'a repeat of what repeats or chooses'],
    ['re:(?:a?){50}', 'a repeat of what repeats or chooses'],
    ['re:((a{2,})){3}', 'a repeat of what repeats or chooses'],
    [`re:${'.*'.repeat(4)}x`, 'too many repeats and choices'],
    [`re:${'a?'.repeat(30)}`, 'too many repeats and choices'],
    [`re:${'(a|a)'.repeat(30)}`, 'too many repeats and choices'],
    ['x'.repeat(201), '201 characters'],
    ['.bias', 'an empty name beside a dot'],
    ['a..b', 'an empty name beside a dot'],
    ['', 'an empty name beside a dot'],
  ])('%s', (key, found) => {
    const where = `paramwise_cfg.custom_keys${/^x+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`}: found ${found}`;
    expect(() => planned({ [key]: { lr_mult: 1 } })).toThrow(where);
  });

  it('but not what is quick', () => {
    const quick = [
      '^(backbone\\.)?layer[12]\\.\\d+\\.conv\\d+\\.',
      '\\.(weight|bias)$',
      '[(*+)]+\\(a+\\)+',
      '^.*a.*b.*$',
    ];
    for (const key of quick) expect(() => planned({ [`re:${key}`]: { lr_mult: 1 } }), key).not.toThrow();
  });

  it('and any other way to match', () => {
    expect(() => planned({}, { custom_keys_match: 'glob' })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: paramwise_cfg.custom_keys_match: found "glob"; allowed is "substring" or "path"]`,
    );
  });

  it('while parts of names, which are the default, may hold anything', () => {
    expect(() => planned({ 're:(': { lr_mult: 1 }, '': { lr_mult: 1 } }, { custom_keys_match: null })).not.toThrow();
  });
});

it('is in the JSON Schema', () => {
  expect(JSON.stringify(configJsonSchema())).toContain(
    '"custom_keys_match":{"anyOf":[{"type":"string","enum":["substring","path"]}',
  );
});
