/** One file → what is wrong or odd about it. */
import { extname } from 'node:path';
import type { ModuleView } from '@paramwise/core';
import { inDefaultScope } from '@paramwise/core/internal';
import { type ConfigFile, configParts, readWhole } from '../config/load.ts';
import type { ConfigMapping } from '../config/python-values.ts';
import { readText } from '../files.ts';
import { loadModel } from '../model/load.ts';
import { Refusal, reasonOf } from '../refusal.ts';
import { basesIn, type FoundFile, looksLikeConfig } from './files.ts';
import { inspectParts } from './parts.ts';
import { placeOfRefusal } from './place.ts';
import type { CheckOptions, Inspection, Problem } from './problem.ts';

/**
 * Makes the function that checks a file; the model is read once.
 *
 * @throws Refusal where the model cannot be read.
 */
export async function makeInspector(options: CheckOptions): Promise<(file: FoundFile) => Inspection> {
  const model =
    options.model === undefined
      ? undefined
      : (await loadModel(options.model, options.key === undefined ? {} : { key: options.key })).root;
  return (file) => inspectFile(file, options, model);
}

const CONFIG_FIELDS = ['optim_wrapper', 'param_scheduler', 'train_cfg', 'auto_scale_lr'] as const;

function inspectFile({ path, isNamed }: FoundFile, options: CheckOptions, model?: ModuleView): Inspection {
  try {
    const text = readText(path);
    if (!isNamed && !looksLikeConfig(path, text)) return { path, kind: 'other', problems: [], bases: [] };
    return inspectText(path, text, options, model);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { path, kind: 'config', problems: [refused(error, path)], bases: [] };
  }
}

function inspectText(path: string, text: string, options: CheckOptions, model?: ModuleView): Inspection {
  const bases = basesIn(path, text);
  try {
    const content = readWhole(path, options);
    const isFragment = !['optim_wrapper', 'param_scheduler', 'optimizer'].some((field) => field in content);
    const kept = CONFIG_FIELDS.filter((field) => field in content).map((field) => [field, content[field]]);
    const values = options.values ? Object.fromEntries(kept) : undefined;
    if (isFragment) return { path, kind: 'fragment', problems: [], bases, values };
    const problems = inspectParts(partsOf(path, content), { path, text, model, run: options.run ?? {} });
    return { path, kind: 'config', problems, bases, values };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { path, kind: 'config', problems: [refused(error, path)], bases };
  }
}

/** Schedules without an optimizer are a config too, to inherit from. */
function partsOf(path: string, content: ConfigMapping): ConfigFile {
  if ('optim_wrapper' in content || 'optimizer' in content) return configParts(path, content);
  const { train_cfg, auto_scale_lr, default_scope } = content;
  const param_scheduler = inDefaultScope(content.param_scheduler ?? undefined, default_scope);
  return { optim_wrapper: undefined, param_scheduler, train_cfg, auto_scale_lr };
}

function refused(error: Refusal, path: string): Problem {
  return { rule: 'unreadable', level: 'error', ...placeOfRefusal(reasonOf(error), path) };
}

/** A config that ends in nothing to build, but that others inherit from, is one to be completed. */
export function withoutBaseFaults(
  inspections: readonly Inspection[],
  resolved: (path: string) => string,
): Inspection[] {
  const inherited = new Set(inspections.flatMap(({ bases }) => bases));
  return inspections.map((inspection) => {
    const { path, problems } = inspection;
    const isBase = inherited.has(resolved(path)) || /(?:^|[\\/])_base_[\\/]/.test(path);
    const lacks = problems.some(({ rule, message }) => rule === 'invalid-config' && /\bmissing; give\b/.test(message));
    return isBase && lacks && extname(path) !== '' ? { ...inspection, kind: 'fragment', problems: [] } : inspection;
  });
}
