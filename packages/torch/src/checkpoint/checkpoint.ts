/**
 * Checkpoints: everything a run needs to go on as if it had not stopped, in one safetensors file. Tensors are stored as
 * such, all else as JSON in the file's metadata; reading one runs no code.
 */
import type { ParamScheduler, ScheduleDriver } from '@paramwise/core';
import { noGrad } from '../autograd.ts';
import { writeOnce } from '../distributed/write-once.ts';
import { tidy } from '../handle.ts';
import type { OptimWrapperStateDict } from '../optim/wrapper-options.ts';
import { setRngState } from '../runtime.ts';
import { loadSafetensors, saveSafetensors } from '../safetensors.ts';
import type { Tensor } from '../tensor.ts';
import { below, compare, type LoadPlan, namesOf, optimizerOf, prefixOf, type Tensors, typeOf } from './compare.ts';
import { parseSaved, type Saved, writeSaved } from './format.ts';
import { loadGradients, saveGradients } from './gradients.ts';
import { saveOptimizer } from './optimizer.ts';
import { type CheckpointParts, checkOptions, checkParts, type Member, type Parts } from './parts.ts';
import { randomIn, saveRandom } from './random.ts';
import { type LoadReport, refuseMisfit } from './report.ts';

export interface SaveOptions {
  /** Anything that JSON holds: epoch, best accuracy, the config. */
  meta?: unknown;
}

export interface LoadOptions {
  /** Refuse a checkpoint that does not fit in every name and shape (default); false takes what fits. */
  strict?: boolean;
  /** Also restore the random state. Default true. */
  rng?: boolean;
}

/**
 * Writes a checkpoint: model, optimizer state by parameter name, counters and gradients of an unfinished accumulation,
 * loss scale, schedules, extra state, random state, metadata. The file appears whole or not at all. Where the process is a
 * rank of a run every rank calls it: rank 0 writes, the others return once the file is there.
 *
 * @throws TypeError for a part or an option of an unknown name, and for a part of another type; nothing is written then
 */
export function saveCheckpoint(path: string, given: CheckpointParts, options: SaveOptions = {}): void {
  const parts = checkParts('saveCheckpoint', given);
  checkOptions('saveCheckpoint', options, ['meta']);
  const { model, members = new Map<string, Member>(), schedulers = new Map(), driver, extra = new Map() } = parts;
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const [name, tensor] of model.stateDict()) tensors[`model/${name}`] = tensor;
  for (const [name, tensor] of extra) tensors[name] = tensor;
  const names = namesOf(parts);
  tidy(() => {
    const wrappers: Saved['wrappers'] = Object.create(null);
    for (const [name, member] of members) {
      const dict = member.stateDict();
      const { state: _, param_groups: __, ...rest } = dict;
      const optimizer = saveOptimizer(optimizerOf(member), dict, names, prefixOf(name), tensors);
      wrappers[name] = { type: typeOf(member), optimizer, rest };
    }
    const sparse = saveGradients(model, tensors);
    const random = saveRandom(tensors);
    const paramwise = writeSaved({
      wrappers,
      schedulers: [...schedulers.values()].map((each) => each.stateDict()),
      ...namesToSave(schedulers),
      driver: driver?.stateDict() ?? null,
      sparse,
      meta: options.meta ?? null,
    });
    writeOnce('saveCheckpoint', () => saveSafetensors(path, tensors, { paramwise }));
    random.dispose();
  });
}

function namesToSave(schedulers: ReadonlyMap<string, ParamScheduler>): Pick<Saved, 'scheduleNames'> {
  const names = [...schedulers.keys()];
  return names.every((name, index) => name === String(index)) ? {} : { scheduleNames: names };
}

/**
 * Reads a checkpoint into the parts that are here, in place. Names decide, not positions: reordered layers and regrouped
 * parameters find their state.
 *
 * @throws TypeError for a part or an option of an unknown name, and for a part of another type
 * @throws CheckpointError where names, shapes, algorithms or kinds of schedules differ and `strict` is not false; nothing
 * was changed then
 * @throws Error where a part refuses its state; nothing was changed then
 */
export function loadCheckpoint(path: string, given: CheckpointParts, options: LoadOptions = {}): LoadReport {
  const parts = checkParts('loadCheckpoint', given);
  checkOptions('loadCheckpoint', options, ['strict', 'rng']);
  const { tensors, metadata } = loadSafetensors(path);
  try {
    const saved = parseSaved(path, metadata.paramwise);
    const plan = compare(parts, saved, tensors);
    if (options.strict ?? true) refuseMisfit(path, plan.report);
    apply(parts, saved, tensors, plan, options.rng ?? true);
    return plan.report;
  } finally {
    for (const tensor of Object.values(tensors)) tensor.dispose();
  }
}

/** Takes everything over. What can be refused comes first: it is checked, or undone. */
function apply(parts: Parts, saved: Saved, tensors: Tensors, plan: LoadPlan, rng: boolean): void {
  const { model, driver, extra = new Map<string, Tensor>() } = parts;
  const reshaped = new Set(plan.report.reshaped);
  const values = [...below(tensors, 'model/')].filter(([name]) => !reshaped.has(name));
  const dicts = [...plan.fits].map(
    ([member, { dict, rest }]) => [member, { ...dict, ...rest } as OptimWrapperStateDict] as const,
  );
  for (const [member, dict] of dicts) member.checkStateDict(dict);
  tidy(() => {
    const gradients = loadGradients(model, tensors, saved.sparse ?? {}, reshaped);
    applySmall(parts, plan, rng ? randomIn(tensors) : undefined);
    for (const [member, dict] of dicts) member.loadStateDict(dict);
    if (!plan.driver) driver?.sync();
    model.loadStateDict(new Map(values), { strict: false });
    noGrad(() => {
      for (const [name, target] of extra) if (tensors[name] && !reshaped.has(name)) target.copy_(tensors[name]);
    });
    for (const [param, grad] of gradients) param.grad = grad;
  });
}

/** Schedules and random state: loading them tells whether they fit, and loading them back costs nothing. */
function applySmall({ driver }: Parts, plan: LoadPlan, rng: Tensor | undefined): void {
  const undo: (() => void)[] = [];
  const load = (target: ParamScheduler | ScheduleDriver, state: Record<string, unknown>) => {
    const before: Record<string, unknown> = target.stateDict();
    undo.unshift(() => target.loadStateDict(before));
    target.loadStateDict(state);
  };
  try {
    for (const [scheduler, state] of plan.schedules) load(scheduler, state);
    if (driver && plan.driver) load(driver, plan.driver);
    // Refused whole, so that there is nothing to undo.
    if (rng) setRngState(rng);
  } catch (error) {
    for (const back of undo) back();
    throw error;
  }
}
