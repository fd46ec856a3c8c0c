/** A plan as JSON, and the Python module that makes parameter groups of it and a model. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { effectiveGroups } from '@paramwise/core/internal';
import type { Planned } from '../planning.ts';
import { refuse } from '../refusal.ts';
import { refuseInexpressible, refuseUnknownConstructor } from './expand.ts';
import type { Exported } from './target.ts';

const MODULE = 'paramwise_groups.py';
/** One step above both the sources and the build. */
const ASSET_FOLDERS = ['../assets', '../../assets'];

/** @param path of the JSON; the module is put beside it. @throws Refusal where parameter groups cannot express the plan. */
export function exportPytorch(planned: Planned, path: string): Exported {
  const { plan, optimizer, modelName } = planned;
  refuseUnknownConstructor(planned);
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
  const files = [
    { path, text: `${JSON.stringify(json, null, 2)}\n` },
    { path: join(dirname(path), MODULE), text: asset(MODULE) },
  ];
  return { files, notes: [] };
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
