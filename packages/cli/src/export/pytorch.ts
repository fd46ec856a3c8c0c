/** A plan as JSON, and the Python module that makes parameter groups of it and a model. */
import { readFileSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { effectiveGroups } from '@paramwise/core/internal';
import { forMember } from '../members.ts';
import type { PlannedConfig, PlannedMember } from '../planning.ts';
import { refuse } from '../refusal.ts';
import { refuseInexpressible, refuseUnknownConstructor } from './expand.ts';
import type { Exported } from './target.ts';

const MODULE = 'paramwise_groups.py';
/** One step above both the sources and the build. */
const ASSET_FOLDERS = ['../assets', '../../assets'];

/**
 * @param path of the JSON; the module is put beside it. Of several optimizers each has a file, with its name before the ending.
 * @throws Refusal where parameter groups cannot express the plan.
 */
export function exportPytorch({ isSeveral, members, config }: PlannedConfig, path: string): Exported {
  const plans = members.map((member) => {
    if (!isSeveral) return { path, text: planText(member) };
    return { path: pathOf(path, member.name), text: forMember(config, member.name, () => planText(member)) };
  });
  const notes = isSeveral ? members.map(({ name, module }) => `${pathOf(path, name)} is for ${placeOf(module)}`) : [];
  return { files: [...plans, { path: join(dirname(path), MODULE), text: asset(MODULE) }], notes };
}

const placeOf = (module: string) => (module === '' ? 'the whole model' : `the module ${module} of the model`);

/** `plan.generator.json` */
function pathOf(path: string, name: string): string {
  const { dir, name: base, ext } = parse(path);
  return join(dir, `${base}.${name.replaceAll(/[^\w.-]/g, '_')}${ext}`);
}

function planText(member: PlannedMember): string {
  const { plan, optimizer, modelName } = member;
  refuseUnknownConstructor(member);
  refuseInexpressible(plan);
  const [twice] = plan.duplicates;
  if (twice !== undefined) {
    refuse(
      `"${twice.first}" and "${twice.path}" are the same parameter, which PyTorch takes once; set bypass_duplicate: true in paramwise_cfg`,
    );
  }
  const groups = effectiveGroups(plan);
  const json = {
    format: 'paramwise-groups/1',
    model: modelName,
    optimizer,
    groups: groups.map(({ params: _, paramNames, name, ...settings }) => ({ name, ...settings, params: paramNames })),
    frozen: plan.frozen.map((entry) => entry.path),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

function asset(name: string): string {
  for (const folder of ASSET_FOLDERS) {
    try {
      return readFileSync(new URL(`${folder}/${name}`, import.meta.url), 'utf8');
    } catch {
      // The next folder is tried.
    }
  }
  throw new Error(`internal: ${name} is not where the package keeps it`);
}
