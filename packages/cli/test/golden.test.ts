/** Replays MMEngine's recorded parameter groups through files and the command. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeGolden, golden, goldenFolder } from '../../../testing/golden.ts';
import type { PlanJson } from '../src/index.ts';
import { run, runProcess, scratchFolder } from './run.ts';

interface Case {
  readonly optim_wrapper_cfg: object;
  readonly paramwise_cfg: unknown;
  readonly groups?: readonly ({ readonly param: number } & Readonly<Record<string, unknown>>)[];
}

const modelFile = (name: string) => join(goldenFolder, 'param-groups/models', `${name}.json.gz`);
const casesOf = (name: string) => golden<{ cases: Case[] }>(`param-groups/${name}.cases.json.gz`).cases;

function writeConfig(folder: string, { optim_wrapper_cfg, paramwise_cfg }: Case): string {
  const path = join(folder, 'config.json');
  writeFileSync(path, JSON.stringify({ optim_wrapper: { ...optim_wrapper_cfg, paramwise_cfg } }));
  return path;
}

function expectGroups(printed: string, { groups: expected = [] }: Case, at: string): void {
  const { groups } = JSON.parse(printed) as PlanJson;
  expect(groups.length, at).toBe(expected.length);
  for (const [index, { path, ...group }] of groups.entries()) {
    const wanted = expected[index]!;
    expect(Object.keys(group).sort(), `${at} ${path}`).toEqual(Object.keys(wanted).sort());
    for (const [name, value] of Object.entries(wanted)) {
      const found = group[name];
      const isNear =
        typeof value === 'number' ? Math.abs(Number(found) - value) <= 1e-12 * Math.abs(value) : found === value;
      if (!isNear) expect.fail(`${at} ${path}.${name}: ${String(found)}, MMEngine has ${String(value)}`);
    }
  }
}

describeGolden('paramwise plan --json', () => {
  const folder = join(goldenFolder, 'param-groups/models');
  // Tests are listed even where they are skipped.
  const files = existsSync(folder) ? readdirSync(folder) : ['all models.json.gz'];
  const names = files.map((name) => name.replace('.json.gz', ''));

  it.each(names)('%s: gives MMEngine’s groups, or refuses with the reason', async (name) => {
    const folder = scratchFolder();
    for (const [index, recorded] of casesOf(name).entries()) {
      const at = `${name} ${index}`;
      const { code, out, err } = await run('plan', modelFile(name), writeConfig(folder, recorded), '--json');
      if (recorded.groups === undefined) {
        expect({ code, out }, at).toEqual({ code: 2, out: '' });
        expect(err, at).toMatch(/decay_mult.*needs the optimizer's weight_decay/);
      } else {
        expect({ code, err }, at).toEqual({ code: 0, err: '' });
        expectGroups(out, recorded, at);
      }
    }
  });

  it.each(['resnet18', 'shared', 'maxvit_t'])('%s: the same from a process', async (name) => {
    const recorded = casesOf(name).find(({ groups }) => groups !== undefined)!;
    const config = writeConfig(scratchFolder(), recorded);
    const { code, out } = await runProcess(['plan', '--model', modelFile(name), '--config', config, '--json']);
    expect(code).toBe(0);
    expectGroups(out, recorded, name);
  });

  it('exits with 2 and the reason on standard error in a process too', async () => {
    const isRefused = ({ groups }: Case) => groups === undefined;
    const name = names.find((candidate) => casesOf(candidate).some(isRefused))!;
    const config = writeConfig(scratchFolder(), casesOf(name).find(isRefused)!);
    const result = await runProcess(['plan', modelFile(name), config, '--json']);
    expect(result).toEqual({ code: 2, out: '', err: expect.stringContaining("needs the optimizer's weight_decay") });
  });
});
