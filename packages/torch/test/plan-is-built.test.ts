/** A plan is what is built: refused alike, and otherwise the very groups, by the library and by the command. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PlanJson } from '../../cli/src/index.ts';
import { run, scratchFolder } from '../../cli/test/run.ts';
import {
  buildOptimWrapper,
  ConfigError,
  type OptimWrapper,
  type ParamPlan,
  paramGroupsOf,
  planOf,
  planParamGroups,
} from '../src/index.ts';
import { modelJson } from './support/model-file.ts';
import { configs, MODELS, refusalOr } from './support/random-configs.ts';

const RUNS = 1500;

const SHOWN: readonly string[] = ['duplicate_parameter', 'no_parameters'];

/** Plan and wrapper agree: the same refusal, or the same groups. */
function expectAgreement(plan: ParamPlan | ConfigError, built: OptimWrapper | ConfigError): void {
  if (plan instanceof ConfigError) {
    expect(built).toBeInstanceOf(ConfigError);
    expect((built as ConfigError).message).toBe(plan.message);
    return;
  }
  // What a plan shows and does not refuse: MMEngine plans it too.
  const isShown = plan.duplicates.length > 0 || plan.groups.length === 0;
  if (built instanceof ConfigError) {
    expect(isShown, built.message).toBe(true);
    expect(built.issues.filter(({ code }) => !SHOWN.includes(code))).toEqual([]);
    return;
  }
  expect(isShown).toBe(false);
  const planned = paramGroupsOf(plan);
  expect(built.paramGroups.map(({ paramNames }) => paramNames)).toEqual(planned.map(({ paramNames }) => paramNames));
  for (const [index, { params, paramNames: _, ...settings }] of planned.entries()) {
    const group = built.paramGroups[index]!;
    expect(group.params.every((param, i) => param === params[i]) && group.params.length === params.length).toBe(true);
    expect(group).toMatchObject(settings);
  }
  expect(planOf(built)?.warnings).toEqual(plan.warnings);
}

it('for any config, by the library and by the command', async () => {
  const folder = scratchFolder();
  const [model, config] = [join(folder, 'model.json'), join(folder, 'config.json')];
  const counted = { built: 0, refused: 0, warned: 0, shown: 0 };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.values(MODELS)), configs, async (makeNet, cfg) => {
      const net = makeNet();
      writeFileSync(model, JSON.stringify(modelJson(net)));
      writeFileSync(config, JSON.stringify({ optim_wrapper: cfg }));
      const { code, out, err } = await run('plan', model, config, '--json');
      const plan = refusalOr(() => planParamGroups(net, cfg));
      const built = refusalOr(() => buildOptimWrapper(net, cfg, { onWarning: () => {} }));
      expectAgreement(plan, built);
      expect([0, 2]).toContain(code);
      if (code === 2) {
        expect(built).toBeInstanceOf(ConfigError);
        counted.refused++;
        return;
      }
      const { groups, warnings } = JSON.parse(out) as PlanJson;
      if (warnings.some((text) => text.includes('known here'))) {
        expect(String(built)).toMatch(/named|Apex/);
        counted.warned++;
        return;
      }
      expect(plan, `${err}${String(built)}`).not.toBeInstanceOf(ConfigError);
      const expected = (plan as ParamPlan).groups.map(({ path, options }) => ({ path, ...options }));
      expect(groups.map(({ param: _, ...group }) => group)).toEqual(JSON.parse(JSON.stringify(expected)));
      if (built instanceof ConfigError) counted.shown++;
      else counted.built++;
    }),
    { numRuns: RUNS },
  );
  // Neither side is the only one that was tried.
  for (const [name, count] of Object.entries(counted)) expect(count, name).toBeGreaterThan(0);
  expect(Math.min(counted.built, counted.refused)).toBeGreaterThan(RUNS / 20);
});

it('what the command refuses it says in the words of building', async () => {
  const folder = scratchFolder();
  const [model, config] = [join(folder, 'model.json'), join(folder, 'config.json')];
  const net = MODELS.plain();
  writeFileSync(model, JSON.stringify(modelJson(net)));
  for (const cfg of [
    { optimizer: { type: 'AdmaW', lr: 0.1, momentun: 0.9 } },
    { optimizer: { type: 'AdamW', lr: 0.1, momentun: 0.9 } },
    { optimizer: { type: 'AdamW', lr: 0.001, weight_decay: 0.05, paramwise_cfg: { norm_decay_mult: 0 } } },
    { optimizer: { type: 'AdamW', lr: 0.1 }, paramwise_cfg: { custom_keys: { head: { foo: 1 } } } },
  ]) {
    writeFileSync(config, JSON.stringify({ optim_wrapper: cfg }));
    const built = refusalOr(() => buildOptimWrapper(net, cfg));
    const { code, err } = await run('plan', model, config);
    expect(code).toBe(2);
    expect(err).toContain((built as ConfigError).message.split('\n').at(-1));
  }
});
