/** Plans of several optimizers are those of each alone, and what is built: by the library and by the command. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { MembersPlanJson } from '../../cli/src/index.ts';
import { run, scratchFolder } from '../../cli/test/run.ts';
import {
  buildOptimWrappers,
  ConfigError,
  nn,
  paramGroupsOf,
  planOptimWrappers,
  planParamGroups,
} from '../src/index.ts';
import { modelJson } from './support/model-file.ts';
import { configs, MODELS, refusalOr } from './support/random-configs.ts';

const RUNS = 600;

const models = fc.constantFrom(MODELS.plain, MODELS.tied, MODELS.vit);
const NAMES = ['generator', 'discriminator'] as const;

/** Issues as they are told of a member: under its name, in the words for one optimizer. */
const reasonsOf = (error: ConfigError) => error.issues.map(({ code, path }) => `${code} ${String(path.at(-1))}`);

it('for any two configs', async () => {
  const folder = scratchFolder();
  const [modelFile, configFile] = [join(folder, 'model.json'), join(folder, 'config.json')];
  const counted = { planned: 0, built: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(models, models, configs, configs, async (makeA, makeB, a, b) => {
      const parts = { generator: makeA(), discriminator: makeB() };
      const model = new nn.Sequential(parts);
      const config = { generator: a, discriminator: b };
      const alone = NAMES.map((name) => refusalOr(() => planParamGroups(parts[name], config[name])));
      const plans = refusalOr(() => planOptimWrappers(model, config));
      const built = refusalOr(() => buildOptimWrappers(model, config, { onWarning: () => {} }));
      writeFileSync(modelFile, JSON.stringify(modelJson(model)));
      writeFileSync(configFile, JSON.stringify({ optim_wrapper: config }));
      const { code, out } = await run('plan', modelFile, configFile, '--json');
      const faults = alone.filter((each) => each instanceof ConfigError);
      if (plans instanceof ConfigError) {
        counted.refused++;
        expect(built).toBeInstanceOf(ConfigError);
        // Faults of form are told before those of rules, of all members at once.
        const told = faults.flatMap(reasonsOf);
        for (const reason of reasonsOf(plans)) expect(told).toContain(reason);
        for (const { path } of plans.issues) expect(NAMES).toContain(path[1]);
        return;
      }
      expect(faults).toEqual([]);
      counted.planned++;
      const { members } = JSON.parse(code === 0 ? out : '{"members":{}}') as MembersPlanJson;
      for (const [index, name] of NAMES.entries()) {
        const [own, single] = [plans[name]!, alone[index]!];
        if (single instanceof ConfigError) throw single;
        expect(own.groups.map(({ path, options }) => ({ path, ...options }))).toEqual(
          single.groups.map(({ path, options }) => ({ path, ...options })),
        );
        expect(own.warnings).toEqual(single.warnings);
        if (built instanceof ConfigError) continue;
        const groups = built.get(name).paramGroups;
        expect(groups.map(({ params }) => params)).toEqual(paramGroupsOf(own).map(({ params }) => params));
        expect(members[name]!.groups.map(({ param: _, ...group }) => group)).toEqual(
          JSON.parse(JSON.stringify(own.groups.map(({ path, options }) => ({ path, ...options })))),
        );
      }
      if (built instanceof ConfigError) return;
      counted.built++;
      expect(code).toBe(0);
    }),
    { numRuns: RUNS },
  );
  // Both configs are good in about one run of twenty.
  for (const [name, count] of Object.entries(counted)) expect(count, name).toBeGreaterThan(RUNS / 100);
});
